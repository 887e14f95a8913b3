-- The common first part of every script. Arguments 1 to 4 are the limits of the caller:
--   1 concurrent sessions per worker   2 sessions per worker run   3 lease TTL in ms
--   4 shutdown command TTL and recycle wait in ms, `<ttl>,<wait>`
-- The first two end with `*` where they are defaults that nobody set.
-- In all scripts `w` is a worker id, `<browser>:<name>`, `b` a browser type, and `info` what load_worker() returned.
-- All times are those of the Redis server.
local order_ttl, recycle_wait = string.match(ARGV[4], '^(%d+),(%d+)$')
local rules = {
  concurrent = tonumber((string.gsub(ARGV[1], '%*', ''))), concurrent_set = not string.find(ARGV[1], '*', 1, true),
  lifetime = tonumber((string.gsub(ARGV[2], '%*', ''))), lifetime_set = not string.find(ARGV[2], '*', 1, true),
  lease = tonumber(ARGV[3]), order = tonumber(order_ttl), wait = tonumber(recycle_wait)
}
local time = redis.call('TIME')
local micros = tonumber(time[1]) * 1000000 + tonumber(time[2])
local now = math.floor(micros / 1000)

local ACTIVE, LIFETIME = 'cluster:active_connections', 'cluster:lifetime_connections'
local LEASES, HOLDERS = 'grid:leases', 'grid:sid'
local SESSIONS, TO_END, ENDED = 'grid:sessions', 'grid:ending', 'grid:ended'
local SUSPECT, FAILURE_COUNTS, INCARNATIONS = 'grid:suspect', 'grid:strikes', 'grid:incarnations'
local FENCE, SCHEMA, MAX_SCHEMA = 'grid:fence', 1, 1000
local BROWSERS = { 'chromium', 'firefox', 'webkit' }
-- Browser types with slots that this call freed; the number of live workers, as far as it was read.
local freed, live_counts = {}, {}

-- Whoever writes to Redis can damage a number. One that nobody of this grid can have written counts as missing, is
-- written anew, and is reported by the next sweep.
--   MAX_INT: no setting is larger   FAR_MS: nothing here is due later than that
local MAX_INT, FAR_MS = 2147483647, 86400000

-- A whole number within bounds; nil for anything else.
local function whole_number(text, low, high)
  local n = tonumber(text or '')
  if n and n >= low and n <= high and n == math.floor(n) then return n end
  return nil
end

-- The same holds for texts: a longer one counts as missing, and is never part of an answer.
local MAX_TEXT = 512

local function short(text)
  if text and #text <= MAX_TEXT then return text end
  return nil
end

local function report_damage(what)
  local known = redis.pcall('HGET', 'grid:scan', 'damaged')
  if type(known) ~= 'string' then known = '' end
  if #known < 500 and not string.find(',' .. known, ',' .. what .. ',', 1, true) then
    redis.pcall('HSET', 'grid:scan', 'damaged', known .. what .. ',')
  end
end

-- Reads a count that operators or foreign workers may have written; 0 for anything that is not one.
local function parse_count(text)
  local n = tonumber(text or 0)
  if not n or n ~= n or n < 0 or n > MAX_INT then return 0 end
  return math.min(math.floor(n), 1000000000)
end

-- Redis lets a script go on writing when it is out of memory if its first write only deletes. Servers from 7.0 on are
-- told in the first line of the script too (`allow-oom`).
local function allow_when_out_of_memory() redis.call('HDEL', HOLDERS, '') end

-- The limits of the grid are those of its proxies; workers and tools read them here. When proxies are configured with
-- different limits, the first ones hold until no proxy has confirmed them for this long.
local RULES_TTL_MS, MAX_WAIT_MS = 10000, 31536000000

-- Returns whether there are limits, none of which is damaged.
local function load_rules()
  local known = redis.pcall('HMGET', 'grid:limits', 'maxConcurrent', 'maxLifetime', 'concurrentSet', 'lifetimeSet',
    'recycleWait')
  if known.err or not known[1] then return false end
  local concurrent, lifetime = whole_number(known[1], 1, MAX_INT), whole_number(known[2], 1, MAX_INT)
  local wait = whole_number(known[5], 0, MAX_WAIT_MS)
  if not concurrent or not lifetime or (known[5] and not wait) then return false end
  rules.concurrent, rules.concurrent_set = concurrent, known[3] ~= '0'
  rules.lifetime, rules.lifetime_set = lifetime, known[4] ~= '0'
  rules.wait = wait or rules.wait
  return true
end

load_rules()

local function store_rules()
  local known = redis.call('HMGET', 'grid:limits', 'of', 'at')
  local own = ARGV[1] .. ' ' .. ARGV[2] .. ' ' .. recycle_wait
  local at = whole_number(known[2], 0, now)
  if known[1] and (not at or not load_rules()) then
    report_damage('grid:limits')
  elseif known[1] and known[1] ~= own and at + RULES_TTL_MS > now then
    return
  end
  redis.call('HSET', 'grid:limits', 'maxConcurrent', (string.gsub(ARGV[1], '%*', '')),
    'maxLifetime', (string.gsub(ARGV[2], '%*', '')), 'concurrentSet', string.find(ARGV[1], '*', 1, true) and '0' or '1',
    'lifetimeSet', string.find(ARGV[2], '*', 1, true) and '0' or '1', 'recycleWait', recycle_wait, 'of', own, 'at', now)
  load_rules()
end

-- The limit that applies: the smaller one where worker and grid both set it, else the one that was set.
local function effective(own, grid, grid_set)
  if own > 0 and (not grid_set or own < grid) then return own end
  return grid
end

local function browser_of(w) return string.match(w, '^(%l+):') end
local function is_alive(w) return redis.call('EXISTS', 'worker:' .. w) == 1 end
local function live_workers(b)
  live_counts[b] = live_counts[b] or redis.call('ZCOUNT', 'grid:workers:' .. b, '(' .. now, '+inf')
  return live_counts[b]
end
-- Whether a worker was ordered to shut down. The worker's next heartbeat deletes any other value.
local function is_ordered(w) return redis.pcall('GET', 'worker:cmd:' .. w) == 'shutdown' end
local MAX_EJECTION_MS = 60000
local function is_suspect(w)
  return whole_number(redis.call('ZSCORE', SUSPECT, w), now + 1, now + MAX_EJECTION_MS) ~= nil
end

local function offer_of(text)
  if text and #text <= 128 and string.find(text, '^%d[%d.,]*$') then return text end
  return 'any'
end

local function supports(offer, version)
  return version == '' or offer == 'any' or string.find(',' .. offer .. ',', ',' .. version .. ',', 1, true) ~= nil
end

-- The last result of load_worker() for each worker, with what this call has changed since.
local loaded = {}

-- Reads a worker's record and counters; nil when it is gone. A foreign worker's count of sessions is kept by others:
-- `change` is added to it.
local function load_worker(w, change)
  loaded[w] = nil
  local f = redis.call('HMGET', 'worker:' .. w, 'browserType', 'status', 'wsEndpoint', 'playwrightVersions',
    'maxConcurrent', 'incarnation', 'maxLifetime', 'occupied', 'recycle', 'outgrown', 'startedAt')
  if not short(w) or not short(f[3]) or f[1] ~= browser_of(w) then return nil end
  local active = redis.call('SCARD', 'grid:sess:' .. w)
  local native = f[6] and f[6] ~= ''
  local lifetime = redis.call('HGET', LIFETIME, w)
  if native and lifetime and not whole_number(lifetime, 0, MAX_INT) then report_damage(LIFETIME) end
  if not native then active = math.max(active, parse_count(redis.call('HGET', ACTIVE, w)) + (change or 0)) end
  local info = {
    browser = f[1], status = f[2], endpoint = f[3], offer = offer_of(f[4]), native = native, incarnation = f[6],
    slots = math.max(0, effective(parse_count(f[5]), rules.concurrent, rules.concurrent_set) - parse_count(f[8])),
    active = active, lifetime = parse_count(lifetime),
    limit = effective(parse_count(f[7]), rules.lifetime, rules.lifetime_set),
    renews = native and f[9] == 'renew', outgrown = f[10] == '1', started = short(f[11]) or ''
  }
  loaded[w] = info
  return info
end

local function cached_worker(w) return loaded[w] or load_worker(w) end

-- Whether a worker has to be recycled when its turn comes. Until then it serves, as the last choice.
local function is_due(info) return info.outgrown or info.lifetime >= info.limit end

-- The selection index: a sorted set for each browser type and set of supported versions, so that no request searches.
local function index_key(b, offer)
  if offer == 'any' then return 'grid:idx:' .. b end
  return 'grid:idx:' .. b .. ':' .. offer
end

-- The score in the index: higher for fewer sessions left, then for fewer sessions now. Workers that are due have 0 or
-- more; among them the lowest score is the one with the fewest sessions beyond its limit.
local function score(info)
  local beyond = info.lifetime - info.limit
  if info.outgrown then beyond = math.max(beyond, 0) end
  return beyond * 4096 + 4095 - math.min(info.active, 4095)
end

local function index_add(w, info)
  local key = index_key(info.browser, info.offer)
  if info.offer ~= 'any' then redis.call('SADD', 'grid:offers:' .. info.browser, info.offer) end
  if redis.call('ZADD', key, score(info), w) == 1 then freed[info.browser] = true end
end

-- Removes a worker from one index. A set of versions without a worker that has a free slot is removed too.
local function index_remove(b, offer, w)
  local key = index_key(b, offer)
  redis.call('ZREM', key, w)
  if offer ~= 'any' and redis.call('EXISTS', key) == 0 then redis.call('SREM', 'grid:offers:' .. b, offer) end
end

local function index_remove_all(w)
  local b = browser_of(w)
  index_remove(b, 'any', w)
  for _, offer in ipairs(redis.call('SMEMBERS', 'grid:offers:' .. b)) do index_remove(b, offer, w) end
end

-- Remembers since when a worker is due: the order of the turns.
local function update_due(w, info)
  if is_due(info) then redis.call('ZADD', 'grid:due:' .. info.browser, 'NX', now, w) end
end

local function reindex(w, info)
  info = info or load_worker(w)
  if info and info.status == 'available' and info.active < info.slots and not is_suspect(w)
    and not is_ordered(w) then
    index_add(w, info)
  else
    index_remove_all(w)
  end
  if info then update_due(w, info) end
end

local function write_counters(w, info)
  redis.call('HSET', ACTIVE, w, info.active)
  redis.call('HSET', LIFETIME, w, info.lifetime)
  if info.native then
    redis.call('HSET', 'worker:' .. w, 'activeConnections', info.active, 'lifetimeConnections', info.lifetime)
  end
end

-- Updates counters and index of a worker after leases were added (`change` > 0) or removed (`change` < 0).
local function reconcile(w, change)
  local info = load_worker(w, change)
  if not info then return end
  info.lifetime = math.max(info.lifetime, info.active)
  write_counters(w, info)
  reindex(w, info)
end

-- Adds a session to the list of those that run.
local DESCRIPTION_TTL_MS = 600000

local function describe(session, w, proxy, started, playwright, remote, tenant, protocol, name, labels)
  local key = 'grid:session:' .. session
  -- The key may be of another type.
  redis.call('DEL', key)
  redis.call('HSET', key, 'id', session, 'browser', browser_of(w), 'worker', w, 'proxy', proxy, 'startedAt', started,
    'playwright', playwright, 'remote', remote, 'tenant', tenant, 'protocol', protocol, 'name', name, 'labels', labels)
  redis.call('PEXPIRE', key, DESCRIPTION_TTL_MS)
  redis.call('ZADD', SESSIONS, 0, session)
end

-- Removes a session from the list of those that run.
local function remove_description(session)
  if redis.call('ZREM', SESSIONS, session) == 1 then redis.call('DEL', 'grid:session:' .. session) end
end

local function drop_lease(w, session)
  redis.call('ZREM', LEASES, w .. '|' .. session)
  if redis.call('HGET', HOLDERS, session) == w then redis.call('HDEL', HOLDERS, session) end
  remove_description(session)
  if redis.call('SREM', 'grid:sess:' .. w, session) == 0 then return 0 end
  reconcile(w, -1)
  freed[browser_of(w)] = true
  return 1
end

local function split_lease(member)
  local bar = string.find(member, '|', 1, true)
  if not bar or not browser_of(member) then return nil end
  return string.sub(member, 1, bar - 1), string.sub(member, bar + 1)
end

local function reclaim_expired(limit)
  local dropped = 0
  for _, member in ipairs(redis.call('ZRANGEBYSCORE', LEASES, '-inf', now, 'LIMIT', 0, limit)) do
    local w, session = split_lease(member)
    if w then dropped = dropped + drop_lease(w, session) else redis.call('ZREM', LEASES, member) end
  end
  return dropped
end

-- Gives a lease to every session of a worker that is counted but has none, so that it is renewed or expires like every
-- other. Of a large set, a random part is checked each time.
local MAX_CHECKED_SESSIONS = 512

local function ensure_leases(w)
  local key = 'grid:sess:' .. w
  local sessions
  if redis.call('SCARD', key) > MAX_CHECKED_SESSIONS then
    sessions = redis.call('SRANDMEMBER', key, MAX_CHECKED_SESSIONS)
  else
    sessions = redis.call('SMEMBERS', key)
  end
  for _, session in ipairs(sessions) do
    if not redis.call('ZSCORE', LEASES, w .. '|' .. session) then
      redis.call('ZADD', LEASES, now + rules.lease, w .. '|' .. session)
    end
  end
end

local function order_shutdown(w)
  redis.call('SET', 'worker:cmd:' .. w, 'shutdown', 'PX', rules.order)
  redis.call('PUBLISH', 'worker:cmd:' .. w, 'shutdown')
  index_remove_all(w)
end

-- The recycle turn: at most one worker of a type is recycled at a time, until it has been replaced.
--   grid:recycle:<browser>  holder, mode ('renew', 'exit' or 'foreign'), since (ms), started (from its record)
-- It expires `rules.wait` after the holder's record. Workers that exit, and foreign ones, get the documented shutdown
-- command. A worker that renews itself is told at its heartbeat, and serves until it has been replaced.
local function turn_key(b) return 'grid:recycle:' .. b end

local function current_turn(b)
  local f = redis.call('HMGET', turn_key(b), 'holder', 'mode', 'since', 'started')
  if not f[1] or not browser_of(f[1]) then return nil end
  local since = whole_number(f[3], 0, now)
  return { holder = f[1], mode = f[2], since = since or 0, started = f[4] or '', damaged = since == nil }
end

local function extend_turn(w)
  local left = redis.call('PTTL', 'worker:' .. w)
  redis.call('PEXPIRE', turn_key(browser_of(w)), math.max(left, 0) + rules.wait)
end

local function start_turn(w, info)
  local mode = info.renews and 'renew' or info.native and 'exit' or 'foreign'
  redis.call('HSET', turn_key(info.browser), 'holder', w, 'mode', mode, 'since', now, 'started', info.started)
  extend_turn(w)
  if info.renews then redis.call('PUBLISH', 'worker:cmd:' .. w, 'recycle') else order_shutdown(w) end
end

-- Whether the holder of the turn still serves although it was told long ago.
local function has_not_started(turn)
  if turn.since + math.max(rules.wait, rules.order) > now then return false end
  local info = load_worker(turn.holder)
  return info ~= nil and info.status == 'available' and is_alive(turn.holder)
end

-- Assigns the turn to the worker that has been due for longest, if nobody holds it. A shutdown command that expired
-- before its worker read it is sent again.
local function assign_turn(b)
  local turn, left = current_turn(b), redis.call('PTTL', turn_key(b))
  if turn and turn.damaged then
    redis.call('HSET', turn_key(b), 'since', 0)
    report_damage(turn_key(b))
  end
  if left == -1 or left > FAR_MS + rules.wait then
    -- It would never pass on.
    redis.call('PEXPIRE', turn_key(b), rules.wait)
    report_damage(turn_key(b))
  end
  if turn and not has_not_started(turn) then
    if turn.mode ~= 'renew' and not is_ordered(turn.holder)
      and redis.call('HGET', 'worker:' .. turn.holder, 'status') == 'available' then
      order_shutdown(turn.holder)
    end
    return
  end
  local due = 'grid:due:' .. b
  for _, w in ipairs(redis.call('ZRANGE', due, 0, 31)) do
    local info = load_worker(w)
    if not info or info.status ~= 'available' or not is_due(info) then
      redis.call('ZREM', due, w)
    elseif not (turn and turn.holder == w) and not is_ordered(w) then
      if turn then redis.call('ZADD', due, now, turn.holder) end
      start_turn(w, info)
      return
    end
  end
end

-- A new worker run has registered. It ends the turn if it replaces the holder: as the next run of the same process or,
-- once the holder is gone, as any new worker.
local function end_turn(w, b, replaces)
  local turn = current_turn(b)
  if turn and (turn.holder == w or turn.holder == replaces or not is_alive(turn.holder)) then
    redis.call('DEL', turn_key(b))
  end
end

-- Assigns the turn to a worker before it is due, where workers would otherwise become due one right after another.
-- Assuming that n workers serve equally many sessions from now on, the second one should become due 1/n of a lifetime
-- after the first, the third one 2/n, and so on. If one would be due earlier than three quarters of that, the first
-- one is recycled now.
local MAX_STAGGERED = 128

local function assign_turn_early(b)
  local all = live_workers(b)
  if all < 2 or all > MAX_STAGGERED or redis.call('EXISTS', turn_key(b)) == 1 then return end
  local serving = {}
  for _, w in ipairs(redis.call('ZRANGEBYSCORE', 'grid:workers:' .. b, '(' .. now, '+inf')) do
    local info = load_worker(w)
    if info and info.status == 'available' and not is_due(info) and not is_ordered(w) then
      serving[#serving + 1] = { name = w, info = info, left = info.limit - info.lifetime }
    end
  end
  table.sort(serving, function(one, other)
    local a, c = one.left / one.info.limit, other.left / other.info.limit
    if a == c then return one.name < other.name end
    return a < c
  end)
  for n = 2, #serving do
    if serving[n].left * all * 4 <= (n - 1) * serving[n].info.limit * 3 then
      start_turn(serving[1].name, serving[1].info)
      return
    end
  end
end

-- Derived keys expire after a day without a proxy or a worker, so that an abandoned Redis does not keep them for
-- ever. The documented counters may be used by others, and never expire.
local DERIVED_TTL_MS, EXTEND_EVERY_MS = 86400000, 60000

-- Whether something was last done longer ago than `ms`; if so, it counts as done now.
local function is_interval_over(what, ms)
  local last = redis.call('HGET', 'grid:scan', what)
  if last and not whole_number(last, 0, now) then report_damage('grid:scan') end
  if (whole_number(last, 0, now) or 0) + ms > now then return false end
  redis.call('HSET', 'grid:scan', what, now)
  return true
end

-- Whether a tick is due, of which there is one in `ms`.
local function is_tick(key, ms)
  if redis.call('SET', key, '1', 'NX', 'PX', ms) then return true end
  local left = redis.call('PTTL', key)
  if left == -1 or left > ms then
    redis.call('PEXPIRE', key, ms)
    report_damage(key)
  end
  return false
end

local function extend_expiry()
  if not is_interval_over('keptAt', EXTEND_EVERY_MS) then return end
  local keys = {
    LEASES, HOLDERS, SESSIONS, TO_END, SUSPECT, FAILURE_COUNTS, INCARNATIONS, 'grid:scan', 'grid:limits', 'grid:fence',
    'grid:schema', 'grid:queue-proxies'
  }
  for _, b in ipairs(BROWSERS) do
    for _, kind in ipairs({ 'workers', 'idx', 'offers', 'due', 'foreign', 'queue', 'wish' }) do
      keys[#keys + 1] = 'grid:' .. kind .. ':' .. b
    end
    for _, offer in ipairs(redis.call('SMEMBERS', 'grid:offers:' .. b)) do keys[#keys + 1] = index_key(b, offer) end
  end
  for _, key in ipairs(keys) do redis.call('PEXPIRE', key, DERIVED_TTL_MS) end
end

-- Removes all data of a worker that is gone, except its leases: their holders release them, or they expire.
local function remove_worker(w)
  local b = browser_of(w)
  index_remove_all(w)
  ensure_leases(w)
  redis.call('ZREM', 'grid:workers:' .. b, w)
  live_counts[b] = nil
  redis.call('HDEL', ACTIVE, w)
  redis.call('HDEL', LIFETIME, w)
  redis.call('HDEL', INCARNATIONS, w)
  redis.call('HDEL', FAILURE_COUNTS, w)
  redis.call('ZREM', SUSPECT, w)
  redis.call('ZREM', 'grid:due:' .. b, w)
  redis.call('SREM', 'grid:foreign:' .. b, w)
  redis.call('DEL', 'worker:cmd:' .. w)
  redis.call('PEXPIRE', 'grid:sess:' .. w, DERIVED_TTL_MS)
  if redis.call('HGET', turn_key(b), 'holder') == w and redis.call('PTTL', turn_key(b)) > rules.wait then
    redis.call('PEXPIRE', turn_key(b), rules.wait)
  end
end

