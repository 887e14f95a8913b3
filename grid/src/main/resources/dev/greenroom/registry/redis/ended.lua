-- Keeps what became of sessions. Arguments: 5 how long (ms), 6 how many at most, 7.. for each session: id, its JSON.
-- The oldest go first, in time and in number.
local keep, most = tonumber(ARGV[5]), tonumber(ARGV[6])
for n = 7, #ARGV, 2 do
  redis.call('SET', 'grid:ended:' .. ARGV[n], ARGV[n + 1], 'PX', keep)
  redis.call('ZADD', ENDED, micros, ARGV[n])
end
local function forget(sessions)
  for _, session in ipairs(sessions) do
    redis.call('ZREM', ENDED, session)
    redis.call('DEL', 'grid:ended:' .. session)
  end
end
forget(redis.call('ZRANGEBYSCORE', ENDED, '-inf', string.format('%.0f', micros - keep * 1000), 'LIMIT', 0, 1000))
local surplus = redis.call('ZCARD', ENDED) - most
if surplus > 0 then forget(redis.call('ZRANGE', ENDED, 0, math.min(surplus, 1000) - 1)) end
redis.call('PEXPIRE', ENDED, keep)
return { 1 }
