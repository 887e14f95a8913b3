-- Takes places at the end of the queue, or where sessions that have waited already belong. Arguments: 5.. of each session
-- its browser, its id, '<version>|<excluded>,..|<proxy>' and ms waited so far. Answers each, in their order, with
-- {'waiting', sessions before it} or {'full', limit}. A session that holds a slot is given no place, nor is one whose
-- proxy does not keep its places: that proxy gives it back when it keeps them again.
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
    if keeps_places(proxy_of(ARGV[n + 2])) and not redis.call('HGET', HOLDERS, session) then
      -- Those who come in one call have come one after the other.
      if not known then redis.call('ZADD', queue, micros + #answers - tonumber(ARGV[n + 3]) * 1000, session) end
      redis.call('HSET', 'grid:wish:' .. b, session, ARGV[n + 2])
      redis.call('PEXPIRE', queue, EXPIRY_MS)
      redis.call('PEXPIRE', 'grid:wish:' .. b, EXPIRY_MS)
    end
    answers[#answers + 1] = { 'waiting', redis.call('ZRANK', queue, session) or redis.call('ZCARD', queue) }
  end
end
tell_freed()
return answers
