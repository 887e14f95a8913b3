-- Keeps all places of a proxy. Arguments: 5 proxy, 6.. the browsers and the ids of some of its sessions that wait. Answers
-- {1 when nobody had kept its places up to now, how many of these sessions have neither a place nor a slot, those, and its
-- sessions whose turn it is}.
local proxy = ARGV[5]
local answer = { (tonumber(redis.call('ZSCORE', QUEUE_PROXIES, proxy) or 0) or 0) > now and 0 or 1, 0 }
redis.call('ZADD', QUEUE_PROXIES, now + KEPT_MS, proxy)
redis.call('PEXPIRE', QUEUE_PROXIES, DEAD_PROXY_MS + EXPIRY_MS)
for n = 6, #ARGV, 2 do
  local session = ARGV[n + 1]
  if not redis.call('ZSCORE', 'grid:queue:' .. ARGV[n], session) and not redis.call('HGET', HOLDERS, session) then
    answer[#answer + 1] = session
  end
end
answer[2] = #answer - 2
for _, b in ipairs(BROWSERS) do
  if redis.call('PEXPIRE', 'grid:queue:' .. b, EXPIRY_MS) == 1 then
    redis.call('PEXPIRE', 'grid:wish:' .. b, EXPIRY_MS)
    local refused = tick(b)
    if refused then return refused end
    for _, session in ipairs(turns(b)) do
      if proxy_of(redis.call('HGET', 'grid:wish:' .. b, session) or '') == proxy then answer[#answer + 1] = session end
    end
  end
end
tell_freed()
return answer
