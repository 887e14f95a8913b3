-- A worker run's sign of life. Arguments: 5 worker, 6 incarnation, 7 endpoint, 8 status, 9 started (seconds), 10 versions,
-- 11 its own slot limit or '', 12 interval (seconds), 13 ttl (ms), 14 software, 15 the lifetime it was last told, '' for a
-- run that was never told one, 16 whether it has outgrown its memory (1 or 0), 17 its own lifetime limit or '', 18 slots
-- that its earlier runs use, 19 'renew' or 'exit', 20 the run that it replaces or ''.
-- Answers {'duplicate'}, or {'shutdown', 'recycle' or 'continue', active, lifetime, slots, lifetime limit, what was found
-- in place of an order and deleted, '' for nothing}.
local w, incarnation, status = ARGV[5], ARGV[6], ARGV[8]
local occupied, replaces = count(ARGV[18]), ARGV[20]
local record, b = 'worker:' .. w, browser_of(w)
local known = redis.call('HMGET', record, 'incarnation', 'replacedBy')
local other = known[1]
if other and other ~= '' and other ~= incarnation then return { 'duplicate' } end

despite_full_memory()
if other == incarnation and known[2] then status = 'draining' end
local before = redis.call('HGET', INCARNATIONS, w)
local fresh = before ~= incarnation
if fresh then
  index_drop(w)
  redis.call('HDEL', STRIKES, w)
  redis.call('ZREM', SUSPECT, w)
  redis.call('ZREM', 'grid:due:' .. b, w)
  redis.call('SREM', 'grid:foreign:' .. b, w)
  -- The order was for the one before. Where nothing is known Redis may have been emptied, and the order is for us.
  if before then redis.call('DEL', 'worker:cmd:' .. w) end
  redis.call('HSET', INCARNATIONS, w, incarnation)
  redis.call('HSET', LIFETIME, w, 0)
  redis.call('SET', 'grid:schema', SCHEMA, 'NX')
end
if fresh and browser_of(replaces) == b then
  -- The run before stops taking sessions in the same moment. Some of its own may still be on their way to it.
  occupied = math.max(occupied, redis.call('SCARD', 'grid:sess:' .. replaces))
  if alive(replaces) then redis.call('HSET', 'worker:' .. replaces, 'status', 'draining', 'replacedBy', w) end
  index_drop(replaces)
  redis.call('ZREM', 'grid:due:' .. b, replaces)
end
-- Whoever writes an order by hand may forget when it expires, or misspell it.
local order_key, no_order = 'worker:cmd:' .. w, ''
if ordered(w) then
  if redis.call('PTTL', order_key) == -1 then redis.call('PEXPIRE', order_key, rules.order) end
elseif redis.call('EXISTS', order_key) == 1 then
  local found = redis.pcall('GET', order_key)
  no_order = type(found) == 'string' and '"' .. string.sub(found, 1, 64) .. '"' or 'a key of another type'
  redis.call('DEL', order_key)
end
audit(w)
redis.call('HSET', record, 'id', string.sub(w, #b + 2), 'browserType', b, 'wsEndpoint', ARGV[7], 'endpoint', ARGV[7],
  'status', status, 'startedAt', ARGV[9], 'lastHeartbeat', math.floor(now / 1000), 'incarnation', incarnation,
  'playwrightVersions', ARGV[10], 'maxConcurrent', ARGV[11], 'maxLifetime', ARGV[17], 'heartbeatInterval', ARGV[12],
  'software', ARGV[14], 'outgrown', ARGV[16], 'recycle', ARGV[19], 'occupied', occupied)
redis.call('PEXPIRE', record, ARGV[13])
redis.call('PEXPIRE', 'grid:sess:' .. w, KEEP_MS)
keep_keys()
redis.call('ZADD', 'grid:workers:' .. b, now + tonumber(ARGV[13]), w)
lives[b] = nil

local i = look(w)
i.life = math.max(i.life, i.active, count(ARGV[15]))
write_counters(w, i)
if fresh and ARGV[15] == '' then end_turn_for(w, b, replaces) end
if status == 'draining' then redis.call('DEL', 'worker:cmd:' .. w) end
local turn = turn_of(b)
if not turn and fresh and ARGV[15] ~= '' and status == 'draining' and ARGV[19] == 'exit' then
  -- Redis was emptied while it drains.
  redis.call('HSET', turn_key(b), 'holder', w, 'mode', 'exit', 'since', now, 'started', ARGV[9])
  turn = turn_of(b)
end
if turn and turn.holder == w then
  keep_turn(w)
end
note_whether_due(w, i)
give_turn(b)
give_turn_early(b)
reindex(w, i)
tell_freed()
local order = 'continue'
if status == 'available' then
  turn = turn_of(b)
  if turn and turn.holder == w and (turn.mode == 'exit' or not ordered(w)) then
    order = 'recycle'
  elseif ordered(w) then
    order = 'shutdown'
  end
end
return { order, i.active, i.life, i.cap, i.limit, no_order }
