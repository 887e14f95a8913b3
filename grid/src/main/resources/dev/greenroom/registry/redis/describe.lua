-- Puts sessions on the list of those that run. Arguments: 5.. of each session its id, worker, proxy, when it started (ms),
-- the client's version or '', the client's address, and its tenant or ''. Answers how many hold a lease.
local KEPT_MS = 600000
local described = 0
for n = 5, #ARGV, 7 do
  local session, w = ARGV[n], ARGV[n + 1]
  if redis.call('HGET', HOLDERS, session) == w then
    local key = 'grid:session:' .. session
    -- Whatever somebody made of it.
    redis.call('DEL', key)
    redis.call('HSET', key, 'id', session, 'browser', browser_of(w), 'worker', w, 'proxy', ARGV[n + 2],
      'startedAt', ARGV[n + 3], 'playwright', ARGV[n + 4], 'remote', ARGV[n + 5],
      'tenant', ARGV[n + 6])
    redis.call('PEXPIRE', key, KEPT_MS)
    redis.call('ZADD', SESSIONS, 0, session)
    described = described + 1
  end
end
return { described }
