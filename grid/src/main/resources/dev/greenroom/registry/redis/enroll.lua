-- Takes a place at the end of the line, or keeps the one there is. Arguments: 5 browser, 6 session,
-- 7 '<version>|<excluded>,..', 8 ms waited so far. Answers {'waiting', sessions before it} or {'full', limit}.
local b, session = ARGV[5], ARGV[6]
learn_rules()
drop_places(b)
if not redis.call('ZSCORE', 'grid:queue:' .. b, session) then
  if redis.call('ZCARD', 'grid:queue:' .. b) >= MOST_WAITING then return { 'full', MOST_WAITING } end
  redis.call('ZADD', 'grid:queue:' .. b, micros - tonumber(ARGV[8]) * 1000, session)
end
redis.call('ZADD', 'grid:waiting:' .. b, now + KEPT_MS, session)
redis.call('HSET', 'grid:wish:' .. b, session, ARGV[7])
tell_freed()
return { 'waiting', redis.call('ZRANK', 'grid:queue:' .. b, session) }
