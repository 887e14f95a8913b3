-- Records when clients sent their last call. Arguments: 5.. for each session: id, milliseconds since the call. Sessions
-- that are not on the list are skipped, and so are earlier calls than the one that is known: several proxies may relay
-- connections to one session.
for n = 5, #ARGV, 2 do
  local key = 'grid:session:' .. ARGV[n]
  if redis.call('ZSCORE', SESSIONS, ARGV[n]) then
    local at = now - tonumber(ARGV[n + 1])
    -- A key of another type is replaced when the session is described again.
    local known = redis.pcall('HGET', key, 'lastCallAt')
    if type(known) == 'table' or at > (whole_number(known or nil, 0, now) or -1) then
      redis.pcall('HSET', key, 'lastCallAt', string.format('%.0f', at))
    end
  end
end
return { 1 }
