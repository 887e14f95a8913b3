-- Renews leases, and restores lost ones. Arguments: 5.. `<worker>|<session>`. Returns how many were restored, the
-- restored sessions, and the sessions that have to end.
allow_when_out_of_memory()
local answer = { 0 }
for n = 5, #ARGV do
  local w, session = split_lease(ARGV[n])
  local holder = redis.call('HGET', HOLDERS, session)
  if not holder or holder == w then
    redis.call('ZADD', LEASES, now + rules.lease, ARGV[n])
    if not holder then redis.call('HSET', HOLDERS, session, w) end
    if redis.call('SADD', 'grid:sess:' .. w, session) == 1 then
      answer[#answer + 1] = session
      reconcile(w, 1)
    end
  end
end
answer[1] = #answer - 1
if redis.call('EXISTS', TO_END) == 1 then
  for n = 5, #ARGV do
    local _, session = split_lease(ARGV[n])
    if redis.call('ZSCORE', TO_END, session) then answer[#answer + 1] = session end
  end
end
return answer
