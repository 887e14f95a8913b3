-- Puts sessions on the list of those that run. Arguments: 5.. of each session its id, worker, proxy, when it started (ms),
-- the client's version or '', the client's address, and its tenant or ''. Answers how many hold a lease.
local described = 0
for n = 5, #ARGV, 7 do
  local session, w = ARGV[n], ARGV[n + 1]
  if redis.call('HGET', HOLDERS, session) == w then
    describe(session, w, ARGV[n + 2], ARGV[n + 3], ARGV[n + 4], ARGV[n + 5], ARGV[n + 6])
    described = described + 1
  end
end
return { described }
