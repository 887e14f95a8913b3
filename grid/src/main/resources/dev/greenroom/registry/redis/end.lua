-- Orders a session to end. Arguments: 5 session. Returns 0 when nobody holds a lease for it.
local END_ORDER_TTL_MS = 600000
local session = ARGV[5]
if not redis.call('HGET', HOLDERS, session) then return { 0 } end
redis.call('ZADD', TO_END, now + END_ORDER_TTL_MS, session)
redis.call('PUBLISH', 'grid:end:' .. session, '')
return { 1 }
