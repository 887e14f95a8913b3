-- Adds sessions to the queue, in the order of their arrival. Arguments: 5.. for each session: browser, id,
-- '<version>|<excluded>,..|<proxy>', milliseconds waited so far. Returns one reply for each, in order: {'waiting',
-- sessions before it} or {'full', limit}. A session that holds a slot is not added. Nor is one whose proxy does not
-- refresh its places: the proxy adds it again when it refreshes them.
local answers, dropped = {}, {}
load_rules()
for n = 5, #ARGV, 4 do
  local b, session = ARGV[n], ARGV[n + 1]
  local queue = 'grid:queue:' .. b
  if not dropped[b] then drop_dead_places(b) end
  dropped[b] = true
  local known = redis.call('ZSCORE', queue, session)
  if not known and redis.call('ZCARD', queue) >= MAX_WAITING then
    answers[#answers + 1] = { 'full', MAX_WAITING }
  else
    if is_live_proxy(proxy_of(ARGV[n + 2])) and not redis.call('HGET', HOLDERS, session) then
      -- Sessions of one call have arrived one after another.
      if not known then redis.call('ZADD', queue, micros + #answers - tonumber(ARGV[n + 3]) * 1000, session) end
      redis.call('HSET', 'grid:wish:' .. b, session, ARGV[n + 2])
      redis.call('PEXPIRE', queue, EXPIRY_MS)
      redis.call('PEXPIRE', 'grid:wish:' .. b, EXPIRY_MS)
    end
    answers[#answers + 1] = { 'waiting', redis.call('ZRANK', queue, session) or redis.call('ZCARD', queue) }
  end
end
notify_freed()
return answers
