-- The shared beginning of every script. Arguments 1 to 4 are the rules of the caller:
--   1 sessions at once per worker   2 sessions per worker run   3 lease ttl in ms
--   4 order ttl and recycle wait in ms, `<ttl>,<wait>`
-- The first two end with `*` where they are defaults that nobody set.
-- A worker is named `<browser>:<name>` throughout. Time is Redis' own.
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
local SESSIONS, TO_END = 'grid:sessions', 'grid:ending'
local SUSPECT, STRIKES, INCARNATIONS = 'grid:suspect', 'grid:strikes', 'grid:incarnations'
local SCHEMA = 1
local BROWSERS = { 'chromium', 'firefox', 'webkit' }
-- What this call freed, and how many workers there are as far as it asked already.
local freed, lives = {}, {}

-- What operators and foreign workers write is read as a count whatever it is.
local function count(text)
  local n = tonumber(text or 0)
  if not n or n ~= n or n < 0 then return 0 end
  return math.min(math.floor(n), 1000000000)
end

-- From the first write on, a script may write although memory is used up, if that write only takes away. Servers from
-- 7.0 on are told so in the first line too.
local function despite_full_memory() redis.call('HDEL', HOLDERS, '') end

-- The rules are the proxies'; other processes learn them here, and so do proxies that were told others: while they
-- disagree, the rules that were there first hold as long as a proxy says them.
local RULES_OF_THE_GONE_MS = 10000

local function learn_rules()
  local known = redis.pcall('HMGET', 'grid:limits', 'maxConcurrent', 'maxLifetime', 'concurrentSet', 'lifetimeSet',
    'recycleWait')
  if known.err or not known[1] then return end
  rules.concurrent, rules.concurrent_set = tonumber(known[1]) or rules.concurrent, known[3] ~= '0'
  rules.lifetime, rules.lifetime_set = tonumber(known[2]) or rules.lifetime, known[4] ~= '0'
  rules.wait = tonumber(known[5]) or rules.wait
end

learn_rules()

local function tell_rules()
  local known = redis.call('HMGET', 'grid:limits', 'of', 'at')
  local mine = ARGV[1] .. ' ' .. ARGV[2] .. ' ' .. recycle_wait
  if known[1] and known[1] ~= mine and (tonumber(known[2]) or 0) + RULES_OF_THE_GONE_MS > now then return end
  redis.call('HSET', 'grid:limits', 'maxConcurrent', (string.gsub(ARGV[1], '%*', '')),
    'maxLifetime', (string.gsub(ARGV[2], '%*', '')), 'concurrentSet', string.find(ARGV[1], '*', 1, true) and '0' or '1',
    'lifetimeSet', string.find(ARGV[2], '*', 1, true) and '0' or '1', 'recycleWait', recycle_wait, 'of', mine, 'at', now)
  learn_rules()
end

-- Which limit holds: what both set explicitly is compared, else the explicit one holds.
local function effective(own, grid, grid_set)
  if own > 0 and (not grid_set or own < grid) then return own end
  return grid
end

local function browser_of(w) return string.match(w, '^(%l+):') end
local function alive(w) return redis.call('EXISTS', 'worker:' .. w) == 1 end
local function live(b)
  lives[b] = lives[b] or redis.call('ZCOUNT', 'grid:workers:' .. b, '(' .. now, '+inf')
  return lives[b]
end
-- Whether a worker was told to shut down. No other value is an order; the worker's next heartbeat deletes it.
local function ordered(w) return redis.pcall('GET', 'worker:cmd:' .. w) == 'shutdown' end
local function suspect(w) return (tonumber(redis.call('ZSCORE', SUSPECT, w) or 0) or 0) > now end

local function offer_of(text)
  if text and #text <= 128 and string.find(text, '^%d[%d.,]*$') then return text end
  return 'any'
end

local function serves(offer, version)
  return version == '' or offer == 'any' or string.find(',' .. offer .. ',', ',' .. version .. ',', 1, true) ~= nil
end

-- What `look` found last, as far as this call changed it since.
local looked = {}

-- What is known of a worker, its lease count moved by `change` where only others keep count; nil for one that is gone.
local function look(w, change)
  looked[w] = nil
  local f = redis.call('HMGET', 'worker:' .. w, 'browserType', 'status', 'wsEndpoint', 'playwrightVersions',
    'maxConcurrent', 'incarnation', 'maxLifetime', 'occupied', 'recycle', 'outgrown', 'startedAt')
  if not f[3] or f[1] ~= browser_of(w) then return nil end
  local active = redis.call('SCARD', 'grid:sess:' .. w)
  local native = f[6] and f[6] ~= ''
  if not native then active = math.max(active, count(redis.call('HGET', ACTIVE, w)) + (change or 0)) end
  local i = {
    browser = f[1], status = f[2], endpoint = f[3], offer = offer_of(f[4]), native = native, incarnation = f[6],
    cap = math.max(0, effective(count(f[5]), rules.concurrent, rules.concurrent_set) - count(f[8])),
    active = active, life = count(redis.call('HGET', LIFETIME, w)),
    limit = effective(count(f[7]), rules.lifetime, rules.lifetime_set),
    renews = native and f[9] == 'renew', outgrown = f[10] == '1', started = f[11] or ''
  }
  looked[w] = i
  return i
end

local function look_again(w) return looked[w] or look(w) end

-- Whether a worker is to be recycled when its turn comes. It serves until then, as the last choice.
local function is_due(i) return i.outgrown or i.life >= i.limit end

-- The selection index: one sorted set per browser and kind of version offer, so that no wish has to search.
local function index_key(b, offer)
  if offer == 'any' then return 'grid:idx:' .. b end
  return 'grid:idx:' .. b .. ':' .. offer
end

-- The fewer sessions a worker has left the higher; then the fewer it has now. Of those that are due, who has served
-- the fewest beyond its limit is the lowest, and none is below 0.
local function score(i)
  local beyond = i.life - i.limit
  if i.outgrown then beyond = math.max(beyond, 0) end
  return beyond * 4096 + 4095 - math.min(i.active, 4095)
end

local function index_add(w, i)
  local key = index_key(i.browser, i.offer)
  if i.offer ~= 'any' then redis.call('SADD', 'grid:offers:' .. i.browser, i.offer) end
  if redis.call('ZADD', key, score(i), w) == 1 then freed[i.browser] = true end
end

-- Takes a worker out of one index; an offer that no worker with room makes any more is forgotten.
local function index_remove(b, offer, w)
  local key = index_key(b, offer)
  redis.call('ZREM', key, w)
  if offer ~= 'any' and redis.call('EXISTS', key) == 0 then redis.call('SREM', 'grid:offers:' .. b, offer) end
end

local function index_drop(w)
  local b = browser_of(w)
  index_remove(b, 'any', w)
  for _, offer in ipairs(redis.call('SMEMBERS', 'grid:offers:' .. b)) do index_remove(b, offer, w) end
end

-- Those that are due, in the order of their turns.
local function note_whether_due(w, i)
  if is_due(i) then redis.call('ZADD', 'grid:due:' .. i.browser, 'NX', now, w) end
end

local function reindex(w, i)
  i = i or look(w)
  if i and i.status == 'available' and i.active < i.cap and not suspect(w)
    and not ordered(w) then
    index_add(w, i)
  else
    index_drop(w)
  end
  if i then note_whether_due(w, i) end
end

local function write_counters(w, i)
  redis.call('HSET', ACTIVE, w, i.active)
  redis.call('HSET', LIFETIME, w, i.life)
  if i.native then
    redis.call('HSET', 'worker:' .. w, 'activeConnections', i.active, 'lifetimeConnections', i.life)
  end
end

-- Brings counters and index of a worker in line after leases came (1 each) or went (-1 each).
local function settle(w, change)
  local i = look(w, change)
  if not i then return end
  i.life = math.max(i.life, i.active)
  write_counters(w, i)
  reindex(w, i)
end

-- Puts a session on the list of those that run.
local DESCRIBED_MS = 600000

local function describe(session, w, proxy, started, playwright, remote, tenant)
  local key = 'grid:session:' .. session
  -- Whatever somebody made of it.
  redis.call('DEL', key)
  redis.call('HSET', key, 'id', session, 'browser', browser_of(w), 'worker', w, 'proxy', proxy, 'startedAt', started,
    'playwright', playwright, 'remote', remote, 'tenant', tenant)
  redis.call('PEXPIRE', key, DESCRIBED_MS)
  redis.call('ZADD', SESSIONS, 0, session)
end

-- What the list of sessions knew of it.
local function undescribe(session)
  if redis.call('ZREM', SESSIONS, session) == 1 then redis.call('DEL', 'grid:session:' .. session) end
end

local function drop_lease(w, session)
  redis.call('ZREM', LEASES, w .. '|' .. session)
  if redis.call('HGET', HOLDERS, session) == w then redis.call('HDEL', HOLDERS, session) end
  undescribe(session)
  if redis.call('SREM', 'grid:sess:' .. w, session) == 0 then return 0 end
  settle(w, -1)
  freed[browser_of(w)] = true
  return 1
end

local function split(member)
  local bar = string.find(member, '|', 1, true)
  if not bar or not browser_of(member) then return nil end
  return string.sub(member, 1, bar - 1), string.sub(member, bar + 1)
end

local function reclaim(limit)
  local dropped = 0
  for _, member in ipairs(redis.call('ZRANGEBYSCORE', LEASES, '-inf', now, 'LIMIT', 0, limit)) do
    local w, session = split(member)
    if w then dropped = dropped + drop_lease(w, session) else redis.call('ZREM', LEASES, member) end
  end
  return dropped
end

-- A session that counts but has no lease any more gets one, so that it is renewed or expires like every other. Of a
-- large set some are looked at each time.
local MOST_AUDITED = 512

local function audit(w)
  local key = 'grid:sess:' .. w
  local sessions
  if redis.call('SCARD', key) > MOST_AUDITED then
    sessions = redis.call('SRANDMEMBER', key, MOST_AUDITED)
  else
    sessions = redis.call('SMEMBERS', key)
  end
  for _, session in ipairs(sessions) do
    if not redis.call('ZSCORE', LEASES, w .. '|' .. session) then
      redis.call('ZADD', LEASES, now + rules.lease, w .. '|' .. session)
    end
  end
end

local function command(w)
  redis.call('SET', 'worker:cmd:' .. w, 'shutdown', 'PX', rules.order)
  redis.call('PUBLISH', 'worker:cmd:' .. w, 'shutdown')
  index_drop(w)
end

-- Whose turn it is to be recycled: at most one worker of a type at a time, until it has been replaced.
--   grid:recycle:<browser>  holder, mode ('renew', 'exit' or 'foreign'), since (ms), started (what its record says)
-- It lives as long as the holder's record and `rules.wait` more. Workers that exit, and foreign ones, are told with the
-- documented command; one that renews itself is told at its heartbeat, and serves until it has been replaced.
local function turn_key(b) return 'grid:recycle:' .. b end

local function turn_of(b)
  local f = redis.call('HMGET', turn_key(b), 'holder', 'mode', 'since', 'started')
  if not f[1] or not browser_of(f[1]) then return nil end
  return { holder = f[1], mode = f[2], since = tonumber(f[3]) or 0, started = f[4] or '' }
end

local function keep_turn(w)
  local left = redis.call('PTTL', 'worker:' .. w)
  redis.call('PEXPIRE', turn_key(browser_of(w)), math.max(left, 0) + rules.wait)
end

local function begin_turn(w, i)
  local mode = i.renews and 'renew' or i.native and 'exit' or 'foreign'
  redis.call('HSET', turn_key(i.browser), 'holder', w, 'mode', mode, 'since', now, 'started', i.started)
  keep_turn(w)
  if i.renews then redis.call('PUBLISH', 'worker:cmd:' .. w, 'recycle') else command(w) end
end

-- Whether the worker whose turn it is goes on serving although it was told long ago.
local function has_not_begun(turn)
  if turn.since + math.max(rules.wait, rules.order) > now then return false end
  local i = look(turn.holder)
  return i ~= nil and i.status == 'available' and alive(turn.holder)
end

-- Gives the turn to the worker that has been due for longest, if nobody has it. A command that expired unheard is given
-- again.
local function give_turn(b)
  local turn = turn_of(b)
  if turn and not has_not_begun(turn) then
    if turn.mode ~= 'renew' and not ordered(turn.holder)
      and redis.call('HGET', 'worker:' .. turn.holder, 'status') == 'available' then
      command(turn.holder)
    end
    return
  end
  local due = 'grid:due:' .. b
  for _, w in ipairs(redis.call('ZRANGE', due, 0, 31)) do
    local i = look(w)
    if not i or i.status ~= 'available' or not is_due(i) then
      redis.call('ZREM', due, w)
    elseif not (turn and turn.holder == w) and not ordered(w) then
      if turn then redis.call('ZADD', due, now, turn.holder) end
      begin_turn(w, i)
      return
    end
  end
end

-- A worker run that was not there before has registered. It may be what all waited for: the next run of the process, or,
-- once the holder is gone, any.
local function end_turn_for(w, b, replaces)
  local turn = turn_of(b)
  if turn and (turn.holder == w or turn.holder == replaces or not alive(turn.holder)) then
    redis.call('DEL', turn_key(b))
  end
end

-- Gives the turn to a worker that is not due yet where that keeps the others from becoming due right after one another.
-- Supposing that from now on all serve equally many, the second one to become due should do so 1/n of a lifetime after
-- the first one, the third one 2/n, and so on. When one of them would come sooner than three quarters of that, the first
-- one goes now.
local MOST_STAGGERED = 128

local function give_turn_early(b)
  local all = live(b)
  if all < 2 or all > MOST_STAGGERED or redis.call('EXISTS', turn_key(b)) == 1 then return end
  local serving = {}
  for _, w in ipairs(redis.call('ZRANGEBYSCORE', 'grid:workers:' .. b, '(' .. now, '+inf')) do
    local i = look(w)
    if i and i.status == 'available' and not is_due(i) and not ordered(w) then
      serving[#serving + 1] = { name = w, seen = i, left = i.limit - i.life }
    end
  end
  table.sort(serving, function(one, other)
    local a, c = one.left / one.seen.limit, other.left / other.seen.limit
    if a == c then return one.name < other.name end
    return a < c
  end)
  for n = 2, #serving do
    if serving[n].left * all * 4 <= (n - 1) * serving[n].seen.limit * 3 then
      begin_turn(serving[1].name, serving[1].seen)
      return
    end
  end
end

-- What is derived lives for a day without a proxy or a worker: an abandoned Redis does not keep it for ever. The documented
-- counters are others' too, and stay.
local KEEP_MS, KEEP_AGAIN_MS = 86400000, 60000

-- Whether something was not done for so long; it counts as done then.
local function is_time_for(what, ms)
  if (tonumber(redis.call('HGET', 'grid:scan', what) or 0) or 0) + ms > now then return false end
  redis.call('HSET', 'grid:scan', what, now)
  return true
end

local function keep_keys()
  if not is_time_for('keptAt', KEEP_AGAIN_MS) then return end
  local keys = {
    LEASES, HOLDERS, SESSIONS, TO_END, SUSPECT, STRIKES, INCARNATIONS, 'grid:scan', 'grid:limits', 'grid:fence',
    'grid:schema', 'grid:queue-proxies'
  }
  for _, b in ipairs(BROWSERS) do
    for _, kind in ipairs({ 'workers', 'idx', 'offers', 'due', 'foreign', 'queue', 'wish' }) do
      keys[#keys + 1] = 'grid:' .. kind .. ':' .. b
    end
    for _, offer in ipairs(redis.call('SMEMBERS', 'grid:offers:' .. b)) do keys[#keys + 1] = index_key(b, offer) end
  end
  for _, key in ipairs(keys) do redis.call('PEXPIRE', key, KEEP_MS) end
end

-- Everything but the leases of a worker that is gone; those are released by their holders, or expire.
local function forget(w)
  local b = browser_of(w)
  index_drop(w)
  audit(w)
  redis.call('ZREM', 'grid:workers:' .. b, w)
  lives[b] = nil
  redis.call('HDEL', ACTIVE, w)
  redis.call('HDEL', LIFETIME, w)
  redis.call('HDEL', INCARNATIONS, w)
  redis.call('HDEL', STRIKES, w)
  redis.call('ZREM', SUSPECT, w)
  redis.call('ZREM', 'grid:due:' .. b, w)
  redis.call('SREM', 'grid:foreign:' .. b, w)
  redis.call('DEL', 'worker:cmd:' .. w)
  redis.call('PEXPIRE', 'grid:sess:' .. w, KEEP_MS)
  if redis.call('HGET', turn_key(b), 'holder') == w and redis.call('PTTL', turn_key(b)) > rules.wait then
    redis.call('PEXPIRE', turn_key(b), rules.wait)
  end
end

