-- Records when clients sent their last call. Arguments: 5.. for each session: id, milliseconds since the call. Sessions
-- that are not on the list are skipped.
for n = 5, #ARGV, 2 do
  local key = 'grid:session:' .. ARGV[n]
  if redis.call('ZSCORE', SESSIONS, ARGV[n]) then
    -- A key of another type is replaced when the session is described again.
    redis.pcall('HSET', key, 'lastCallAt', string.format('%.0f', now - tonumber(ARGV[n + 1])))
  end
end
return { 1 }
