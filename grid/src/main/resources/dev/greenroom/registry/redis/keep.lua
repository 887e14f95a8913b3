-- Refreshes all places of a proxy in the queue. Arguments: 5 proxy, 6.. for some of its queued sessions: browser, id.
-- Returns {1 when its places had not been refreshed in time, else 0; how many of these sessions have neither a place
-- nor a slot; those sessions; its sessions that have a slot to take now}.
local proxy = ARGV[5]
local answer = { is_live_proxy(proxy) and 0 or 1, 0 }
live_proxies[proxy] = true
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
    local refused = run_maintenance(b)
    if refused then return refused end
    for _, session in ipairs(sessions_on_turn(b)) do
      if proxy_of(redis.call('HGET', 'grid:wish:' .. b, session)) == proxy then answer[#answer + 1] = session end
    end
  end
end
notify_freed()
return answer
