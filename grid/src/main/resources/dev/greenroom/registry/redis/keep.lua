-- Keeps places. Arguments: 5 browser, 6.. sessions.
-- Answers {session, sessions before it, 1 when it is its turn, ..}; a session without a place is left out.
local b = ARGV[5]
local refused = tick(b)
if refused then return refused end
drop_places(b)
local answer, on_turn = {}, {}
for _, session in ipairs(turns(b)) do on_turn[session] = true end
for n = 6, #ARGV do
  local rank = redis.call('ZRANK', 'grid:queue:' .. b, ARGV[n])
  if rank then
    redis.call('ZADD', 'grid:waiting:' .. b, now + KEPT_MS, ARGV[n])
    answer[#answer + 1] = ARGV[n]
    answer[#answer + 1] = rank
    answer[#answer + 1] = on_turn[ARGV[n]] and 1 or 0
  end
end
tell_freed()
return answer
