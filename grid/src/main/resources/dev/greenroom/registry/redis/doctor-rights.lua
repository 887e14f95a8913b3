-- Tries each command that the registry's scripts use, on a key of its own that it deletes again. Argument: 1 a name for
-- the key. Returns the commands that were refused, with the error.
local key = 'grid:doctor:' .. ARGV[1]
local refused = {}
local function try(command, ...)
  local reply = redis.pcall(command, ...)
  if type(reply) == 'table' and reply.err then refused[#refused + 1] = command .. ': ' .. reply.err end
end
try('TIME')
try('SET', key, '1', 'PX', 1000)
try('GET', key)
try('INCRBY', key, 1)
try('EXISTS', key)
try('TYPE', key)
try('PEXPIRE', key, 1000)
try('PTTL', key)
try('DEL', key)
try('HSET', key, 'a', '1')
try('HGET', key, 'a')
try('HMGET', key, 'a')
try('HSCAN', key, '0')
try('HDEL', key, 'a')
try('SADD', key, 'a')
try('SCARD', key)
try('SMEMBERS', key)
try('SRANDMEMBER', key)
try('SREM', key, 'a')
try('ZADD', key, 1, 'a')
try('ZCARD', key)
try('ZCOUNT', key, '-inf', '+inf')
try('ZRANGE', key, 0, 1)
try('ZRANGEBYSCORE', key, 0, 1)
try('ZREVRANGEBYSCORE', key, 1, 0)
try('ZRANK', key, 'a')
try('ZSCAN', key, '0')
try('ZSCORE', key, 'a')
try('ZREM', key, 'a')
try('SCAN', '0', 'MATCH', key)
try('PUBLISH', 'grid:turn:doctor', '')
try('PUBLISH', 'worker:cmd:doctor', '')
for _, other in ipairs({ 'worker:chromium:doctor', 'worker:cmd:chromium:doctor', 'cluster:active_connections',
  'cluster:lifetime_connections' }) do
  try('EXISTS', other)
end
return refused
