-- Takes places at the end of the line, or keeps those there are. Arguments: 5.. of each session its browser, its id,
-- '<version>|<excluded>,..' and ms waited so far. Answers each, in their order, with {'waiting', sessions before it} or
-- {'full', limit}.
local answers, dropped = {}, {}
learn_rules()
for n = 5, #ARGV, 4 do
  local b, session = ARGV[n], ARGV[n + 1]
  local queue = 'grid:queue:' .. b
  if not dropped[b] then drop_places(b) end
  dropped[b] = true
  local known = redis.call('ZSCORE', queue, session)
  if not known and redis.call('ZCARD', queue) >= MOST_WAITING then
    answers[#answers + 1] = { 'full', MOST_WAITING }
  else
    -- Those who come in one call have come one after the other.
    if not known then redis.call('ZADD', queue, micros + #answers - tonumber(ARGV[n + 3]) * 1000, session) end
    redis.call('ZADD', 'grid:waiting:' .. b, now + KEPT_MS, session)
    redis.call('HSET', 'grid:wish:' .. b, session, ARGV[n + 2])
    answers[#answers + 1] = { 'waiting', redis.call('ZRANK', queue, session) }
  end
end
tell_freed()
return answers
