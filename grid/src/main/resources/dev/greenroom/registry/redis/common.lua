-- The shared beginning of every script. Arguments 1 to 4 are the rules of the caller:
--   1 sessions at once per worker   2 sessions per incarnation   3 lease ttl in ms   4 order ttl in ms
-- A worker is named `<browser>:<name>` throughout. Time is Redis' own.
local rules = {
  concurrent = tonumber(ARGV[1]), lifetime = tonumber(ARGV[2]), lease = tonumber(ARGV[3]), order = tonumber(ARGV[4])
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

-- The rules are the proxies'; other processes learn them here.
local function learn_rules()
  local known = redis.call('HMGET', 'grid:limits', 'maxConcurrent', 'maxLifetime')
  rules.concurrent = tonumber(known[1]) or rules.concurrent
  rules.lifetime = tonumber(known[2]) or rules.lifetime
end

local function browser_of(w) return string.match(w, '^(%l+):') end
local function alive(w) return redis.call('EXISTS', 'worker:' .. w) == 1 end
local function live(b)
  lives[b] = lives[b] or redis.call('ZCOUNT', 'grid:workers:' .. b, '(' .. now, '+inf')
  return lives[b]
end
local function suspect(w) return (tonumber(redis.call('ZSCORE', SUSPECT, w) or 0) or 0) > now end

local function offer_of(text)
  if text and #text <= 128 and string.find(text, '^%d[%d.,]*$') then return text end
  return 'any'
end

local function serves(offer, version)
  return version == '' or offer == 'any' or string.find(',' .. offer .. ',', ',' .. version .. ',', 1, true) ~= nil
end

-- What is known of a worker, its lease count moved by `change` where only others keep count; nil for one that is gone.
local function look(w, change)
  local f = redis.call('HMGET', 'worker:' .. w, 'browserType', 'status', 'wsEndpoint', 'playwrightVersions',
    'maxConcurrent', 'incarnation')
  if not f[3] or f[1] ~= browser_of(w) then return nil end
  local own = count(f[5])
  local active = redis.call('SCARD', 'grid:sess:' .. w)
  local native = f[6] and f[6] ~= ''
  if not native then active = math.max(active, count(redis.call('HGET', ACTIVE, w)) + (change or 0)) end
  return {
    browser = f[1], status = f[2], endpoint = f[3], offer = offer_of(f[4]), native = native, incarnation = f[6],
    cap = own > 0 and math.min(own, rules.concurrent) or rules.concurrent,
    active = active, life = count(redis.call('HGET', LIFETIME, w))
  }
end

-- The selection index: one sorted set per browser and kind of version offer, so that no wish has to search.
local function index_key(b, offer)
  if offer == 'any' then return 'grid:idx:' .. b end
  return 'grid:idx:' .. b .. ':' .. offer
end

local function score(life, active) return life * 4096 + 4095 - math.min(active, 4095) end

local function index_add(w, i)
  local key = index_key(i.browser, i.offer)
  if i.offer ~= 'any' then redis.call('SADD', 'grid:offers:' .. i.browser, i.offer) end
  if redis.call('ZADD', key, score(i.life, i.active), w) == 1 then freed[i.browser] = true end
end

local function index_drop(w)
  local b = browser_of(w)
  redis.call('ZREM', 'grid:idx:' .. b, w)
  for _, offer in ipairs(redis.call('SMEMBERS', 'grid:offers:' .. b)) do
    redis.call('ZREM', index_key(b, offer), w)
  end
end

local function reindex(w, i)
  i = i or look(w)
  if i and i.status == 'available' and i.active < i.cap and i.life < rules.lifetime
    and not suspect(w) and redis.call('EXISTS', 'worker:cmd:' .. w) == 0 then
    index_add(w, i)
  else
    index_drop(w)
  end
  if i and i.life >= rules.lifetime then redis.call('SADD', 'grid:spent:' .. i.browser, w) end
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

-- A session that counts but has no lease any more gets one, so that it is renewed or expires like every other.
local function audit(w)
  if redis.call('SCARD', 'grid:sess:' .. w) > 512 then return end
  for _, session in ipairs(redis.call('SMEMBERS', 'grid:sess:' .. w)) do
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

-- Orders a worker to recycle unless another one of its kind is at it.
local function recycle(w)
  local token = 'grid:recycling:' .. browser_of(w)
  local holder = redis.call('GET', token)
  if holder and holder ~= w and alive(holder) then return false end
  redis.call('SET', token, w, 'PX', rules.order)
  command(w)
  return true
end

-- The same for one that has served its lifetime, or must for another reason.
local function reissue(w, i, must)
  if (must or i.life >= rules.lifetime) and i.status == 'available' and redis.call('EXISTS', 'worker:cmd:' .. w) == 0 then
    return recycle(w)
  end
  return false
end

-- The next worker whose sessions are used up.
local function recycle_next(b)
  for _, w in ipairs(redis.call('SRANDMEMBER', 'grid:spent:' .. b, 16)) do
    local i = look(w)
    if not i or i.life < rules.lifetime then
      redis.call('SREM', 'grid:spent:' .. b, w)
    elseif reissue(w, i) then
      return
    end
  end
end

local function end_recycling(w)
  local b = browser_of(w)
  if redis.call('GET', 'grid:recycling:' .. b) == w then
    redis.call('DEL', 'grid:recycling:' .. b)
    recycle_next(b)
  end
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
  redis.call('SREM', 'grid:spent:' .. b, w)
  redis.call('SREM', 'grid:foreign:' .. b, w)
  redis.call('DEL', 'worker:cmd:' .. w)
  end_recycling(w)
end

