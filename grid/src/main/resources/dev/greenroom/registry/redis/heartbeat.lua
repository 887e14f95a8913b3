-- A worker's sign of life. Arguments: 5 worker, 6 incarnation, 7 endpoint, 8 status, 9 started (seconds), 10 versions,
-- 11 its own cap, 12 interval (seconds), 13 ttl (ms), 14 software, 15 lifetime it was last told,
-- 16 whether it has outgrown its memory (1 or 0).
-- Answers {'duplicate'}, {'shutdown', active, lifetime} or {'carry', active, lifetime}.
local w, incarnation, status = ARGV[5], ARGV[6], ARGV[8]
local record, b = 'worker:' .. w, browser_of(w)
local other = redis.call('HGET', record, 'incarnation')
if other and other ~= '' and other ~= incarnation then return { 'duplicate' } end

despite_full_memory()
learn_rules()
local before = redis.call('HGET', INCARNATIONS, w)
local fresh = before ~= incarnation
if fresh then
  index_drop(w)
  redis.call('HDEL', STRIKES, w)
  redis.call('ZREM', SUSPECT, w)
  redis.call('SREM', 'grid:spent:' .. b, w)
  redis.call('SREM', 'grid:foreign:' .. b, w)
  -- The order was for the one before. Where nothing is known Redis may have been emptied, and the order is for us.
  if before then redis.call('DEL', 'worker:cmd:' .. w) end
  redis.call('HSET', INCARNATIONS, w, incarnation)
  redis.call('HSET', LIFETIME, w, 0)
  redis.call('SET', 'grid:schema', SCHEMA, 'NX')
end
audit(w)
redis.call('HSET', record, 'id', string.sub(w, #b + 2), 'browserType', b, 'wsEndpoint', ARGV[7], 'endpoint', ARGV[7],
  'status', status, 'startedAt', ARGV[9], 'lastHeartbeat', math.floor(now / 1000), 'incarnation', incarnation,
  'playwrightVersions', ARGV[10], 'maxConcurrent', ARGV[11], 'heartbeatInterval', ARGV[12], 'software', ARGV[14])
redis.call('PEXPIRE', record, ARGV[13])
redis.call('ZADD', 'grid:workers:' .. b, now + tonumber(ARGV[13]), w)

local i = look(w)
i.life = math.max(i.life, i.active, tonumber(ARGV[15]))
write_counters(w, i)
if fresh then end_recycling(w) end
if status == 'draining' then
  redis.call('DEL', 'worker:cmd:' .. w)
  if redis.call('GET', 'grid:recycling:' .. b) == w then
    redis.call('PEXPIRE', 'grid:recycling:' .. b, math.max(rules.order, tonumber(ARGV[13])))
  end
else
  reissue(w, i, ARGV[16] == '1')
end
reindex(w, i)
tell_freed()
local ordered = redis.call('GET', 'worker:cmd:' .. w) == 'shutdown'
return { ordered and 'shutdown' or 'carry', i.active, i.life }
