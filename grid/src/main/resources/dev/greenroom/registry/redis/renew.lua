-- Extends leases, and restores the lost ones. Arguments: 5.. `<worker>|<session>`. Answers how many were restored, these,
-- and the sessions that are to end.
despite_full_memory()
local answer = { 0 }
for n = 5, #ARGV do
  local w, session = split(ARGV[n])
  local holder = redis.call('HGET', HOLDERS, session)
  if not holder or holder == w then
    redis.call('ZADD', LEASES, now + rules.lease, ARGV[n])
    if not holder then redis.call('HSET', HOLDERS, session, w) end
    if redis.call('SADD', 'grid:sess:' .. w, session) == 1 then
      answer[#answer + 1] = session
      settle(w, 1)
    end
  end
end
answer[1] = #answer - 1
if redis.call('EXISTS', TO_END) == 1 then
  for n = 5, #ARGV do
    local _, session = split(ARGV[n])
    if redis.call('ZSCORE', TO_END, session) then answer[#answer + 1] = session end
  end
end
return answer
