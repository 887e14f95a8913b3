-- Extends leases, and restores the lost ones. Arguments: 5.. `<worker>|<session>`. Answers how many were restored.
despite_full_memory()
local restored = 0
for n = 5, #ARGV do
  local w, session = split(ARGV[n])
  local holder = redis.call('HGET', HOLDERS, session)
  if not holder or holder == w then
    redis.call('ZADD', LEASES, now + rules.lease, ARGV[n])
    if not holder then redis.call('HSET', HOLDERS, session, w) end
    if redis.call('SADD', 'grid:sess:' .. w, session) == 1 then
      if restored == 0 then learn_rules() end
      restored = restored + 1
      settle(w, 1)
    end
  end
end
return { restored }
