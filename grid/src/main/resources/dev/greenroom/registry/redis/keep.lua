-- Keeps places, and gives back those that were lost, where they were. Arguments: 5 browser, 6.. of each session its id,
-- '<version>|<excluded>,..' and ms waited so far. Answers {session, sessions before it, 1 when it is its turn, ..}; a
-- session that holds a slot, or that found the line full, is left out.
local b = ARGV[5]
local refused = tick(b)
if refused then return refused end
local waiting, queue = 'grid:waiting:' .. b, 'grid:queue:' .. b
for n = 6, #ARGV, 3 do
  local session = ARGV[n]
  if redis.call('ZADD', waiting, now + KEPT_MS, session) == 1 and not redis.call('ZSCORE', queue, session) then
    if redis.call('HGET', HOLDERS, session) or redis.call('ZCARD', queue) >= MOST_WAITING then
      redis.call('ZREM', waiting, session)
    else
      redis.call('ZADD', queue, micros - tonumber(ARGV[n + 2]) * 1000, session)
      redis.call('HSET', 'grid:wish:' .. b, session, ARGV[n + 1])
    end
  end
end
drop_places(b)
local answer, on_turn = {}, {}
for _, session in ipairs(turns(b)) do on_turn[session] = true end
for n = 6, #ARGV, 3 do
  local rank = redis.call('ZRANK', queue, ARGV[n])
  if rank then
    answer[#answer + 1] = ARGV[n]
    answer[#answer + 1] = rank
    answer[#answer + 1] = on_turn[ARGV[n]] and 1 or 0
  end
end
tell_freed()
return answer
