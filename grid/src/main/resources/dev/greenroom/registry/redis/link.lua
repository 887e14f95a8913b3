-- Records where the browsers of CDP sessions are. Arguments: 5.. for each: digest of its id, `<worker>|<session>`. The
-- key outlives the session for some minutes, so that a late connection is told that the browser is gone.
for n = 5, #ARGV, 2 do
  redis.call('SET', 'grid:cdp:' .. ARGV[n], ARGV[n + 1], 'PX', DESCRIPTION_TTL_MS)
end
return { 1 }
