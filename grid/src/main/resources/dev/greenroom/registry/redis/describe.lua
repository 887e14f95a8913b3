-- Adds sessions to the list of those that run. Arguments: 5.. for each session: id, worker, proxy, start time (ms),
-- client version or '', client address, tenant or '', protocol, name or '', labels or ''. Returns how many of them hold a lease.
local described = 0
for n = 5, #ARGV, 10 do
  local session, w = ARGV[n], ARGV[n + 1]
  if redis.call('HGET', HOLDERS, session) == w then
    describe(session, w, ARGV[n + 2], ARGV[n + 3], ARGV[n + 4], ARGV[n + 5], ARGV[n + 6], ARGV[n + 7],
      ARGV[n + 8], ARGV[n + 9])
    described = described + 1
  end
end
return { described }
