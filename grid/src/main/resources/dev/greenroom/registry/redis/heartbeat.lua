-- Registers a worker run, and keeps it registered. Arguments: 5 worker, 6 incarnation, 7 endpoint, 8 status, 9 start
-- time (seconds), 10 versions, 11 its own slot limit or '', 12 heartbeat interval (seconds), 13 TTL (ms), 14
-- software, 15 the lifetime count of the last reply, '' before the first one, 16 whether it is over its memory limit
-- (1 or 0), 17 its own lifetime limit or '', 18 slots that earlier runs of the process use, 19 'renew' or 'exit', 20
-- the run that it replaces or '', 21 drivers that do not answer, 22 how
-- sessions came by their browsers, three numbers. Returns {'duplicate'}, or {'shutdown', 'recycle' or 'continue', active, lifetime,
-- slots, lifetime limit, an unknown order that was found and deleted, else ''}.
local w, incarnation, status = ARGV[5], ARGV[6], ARGV[8]
local occupied, replaces = parse_count(ARGV[18]), ARGV[20]
local record, b = 'worker:' .. w, browser_of(w)
local known = redis.call('HMGET', record, 'incarnation', 'replacedBy')
local other = known[1]
if other and other ~= '' and other ~= incarnation then return { 'duplicate' } end

allow_when_out_of_memory()
if other == incarnation and known[2] then status = 'draining' end
local previous = redis.call('HGET', INCARNATIONS, w)
local is_new_run = previous ~= incarnation
if is_new_run then
  index_remove_all(w)
  redis.call('HDEL', FAILURE_COUNTS, w)
  redis.call('ZREM', SUSPECT, w)
  redis.call('ZREM', 'grid:due:' .. b, w)
  redis.call('SREM', 'grid:foreign:' .. b, w)
  -- The order was for the previous run. Without a previous run Redis may have been emptied: the order is for this one.
  if previous then redis.call('DEL', 'worker:cmd:' .. w) end
  redis.call('HSET', INCARNATIONS, w, incarnation)
  redis.call('HSET', LIFETIME, w, 0)
  redis.call('SET', 'grid:schema', SCHEMA, 'NX')
end
if is_new_run and browser_of(replaces) == b then
  -- The replaced run takes no more sessions from now on. Some that were granted may not have reached it yet.
  occupied = math.max(occupied, redis.call('SCARD', 'grid:sess:' .. replaces))
  if is_alive(replaces) then redis.call('HSET', 'worker:' .. replaces, 'status', 'draining', 'replacedBy', w) end
  index_remove_all(replaces)
  redis.call('ZREM', 'grid:due:' .. b, replaces)
end
-- An order that was written by hand may lack an expiry, or be misspelt.
local order_key, unknown_order = 'worker:cmd:' .. w, ''
if is_ordered(w) then
  if redis.call('PTTL', order_key) == -1 then redis.call('PEXPIRE', order_key, rules.order) end
elseif redis.call('EXISTS', order_key) == 1 then
  local found = redis.pcall('GET', order_key)
  unknown_order = type(found) == 'string' and '"' .. string.sub(found, 1, 64) .. '"' or 'a key of another type'
  redis.call('DEL', order_key)
end
ensure_leases(w)
redis.call('HSET', record, 'id', string.sub(w, #b + 2), 'browserType', b, 'wsEndpoint', ARGV[7], 'endpoint', ARGV[7],
  'status', status, 'startedAt', ARGV[9], 'lastHeartbeat', math.floor(now / 1000), 'incarnation', incarnation,
  'playwrightVersions', ARGV[10], 'maxConcurrent', ARGV[11], 'maxLifetime', ARGV[17], 'heartbeatInterval', ARGV[12],
  'software', ARGV[14], 'outgrown', ARGV[16], 'recycle', ARGV[19], 'occupied', occupied)
local hung = parse_count(ARGV[21])
if hung > 0 then redis.call('HSET', record, 'hungDrivers', hung) else redis.call('HDEL', record, 'hungDrivers') end
redis.call('HSET', record, 'browsersTaken', ARGV[22])
redis.call('PEXPIRE', record, ARGV[13])
redis.call('PEXPIRE', 'grid:sess:' .. w, DERIVED_TTL_MS)
extend_expiry()
redis.call('ZADD', 'grid:workers:' .. b, now + tonumber(ARGV[13]), w)
live_counts[b] = nil

local info = load_worker(w)
info.lifetime = math.max(info.lifetime, info.active, parse_count(ARGV[15]))
write_counters(w, info)
if is_new_run and ARGV[15] == '' then end_turn(w, b, replaces) end
if status == 'draining' then redis.call('DEL', 'worker:cmd:' .. w) end
local turn = current_turn(b)
if not turn and is_new_run and ARGV[15] ~= '' and status == 'draining' and ARGV[19] == 'exit' then
  -- Redis was emptied while the worker drained.
  redis.call('HSET', turn_key(b), 'holder', w, 'mode', 'exit', 'since', now, 'started', ARGV[9])
  turn = current_turn(b)
end
if turn and turn.holder == w then
  extend_turn(w)
end
update_due(w, info)
assign_turn(b)
assign_turn_early(b)
reindex(w, info)
notify_freed()
local order = 'continue'
if status == 'available' then
  turn = current_turn(b)
  if turn and turn.holder == w and (turn.mode == 'exit' or not is_ordered(w)) then
    order = 'recycle'
  elseif is_ordered(w) then
    order = 'shutdown'
  end
end
return { order, info.active, info.lifetime, info.slots, info.limit, unknown_order }
