-- Foreign workers: those that write only the documented keys. A scan finds them, and their keys are read regularly.
local SCAN_STEP, COUNTED_STEP, FEW_SCAN_STEPS = 1000, 100, 2
local NO_EXPIRY_MS, MAINTENANCE_MS, RARE_SCAN_MS = 60000, 1000, 10000
-- Redis refuses cursors of more digits.
local MAX_CURSOR = 18

local function register_foreign(b, w)
  local name = string.sub(w, #b + 2)
  if #name > 64 or not string.find(name, '^[%w._-]+$') then return end
  local native = (redis.call('HGET', 'worker:' .. w, 'incarnation') or '') ~= ''
  if native and redis.call('ZSCORE', 'grid:workers:' .. b, w) then
    redis.call('SREM', 'grid:foreign:' .. b, w)
    return
  end
  local left = redis.call('PTTL', 'worker:' .. w)
  if left == -1 or left > FAR_MS then
    -- Its writer died before it could set an expiry. If it is alive, it will set one.
    redis.call('PEXPIRE', 'worker:' .. w, NO_EXPIRY_MS)
    left = NO_EXPIRY_MS
  end
  local info = load_worker(w)
  if not info or left <= 0 then return end
  if not info.native then
    local new = redis.call('SADD', 'grid:foreign:' .. b, w) == 1
    local turn = current_turn(b)
    if new or (turn and turn.holder == w and info.status == 'available' and info.started ~= turn.started) then
      end_turn(w, b, '')
    elseif turn and turn.holder == w then
      extend_turn(w)
    end
  end
  redis.call('ZADD', 'grid:workers:' .. b, now + left, w)
  live_counts[b] = nil
  reindex(w, info)
end

local IS_BROWSER = {}
for _, b in ipairs(BROWSERS) do IS_BROWSER[b] = true end

local function scan_cursor(place)
  local cursor = redis.call('HGET', 'grid:scan', place) or '0'
  return #cursor <= MAX_CURSOR and string.find(cursor, '^%d+$') and cursor or '0'
end

-- An unknown worker in the documented counters may be a foreign one.
local function import_from_counters()
  local page = redis.call('HSCAN', ACTIVE, scan_cursor('counted'), 'COUNT', COUNTED_STEP)
  for n = 1, #page[2], 2 do
    local w = page[2][n]
    local b = browser_of(w)
    if b and IS_BROWSER[b] and not redis.call('ZSCORE', 'grid:workers:' .. b, w) and is_alive(w) then
      register_foreign(b, w)
    end
  end
  redis.call('HSET', 'grid:scan', 'counted', page[1])
end

-- Whether to scan all keys often: there are foreign workers, or so few keys that it costs nothing, or no scan has been
-- completed yet.
local function is_frequent_scan()
  for _, b in ipairs(BROWSERS) do
    if redis.call('SCARD', 'grid:foreign:' .. b) > 0 then return true end
  end
  return parse_count(redis.call('HGET', 'grid:scan', 'length')) <= FEW_SCAN_STEPS
end

-- Scans the next part of all keys for workers of every type.
local function scan_keys(steps)
  local cursor = scan_cursor('keys')
  local steps_taken = parse_count(redis.call('HGET', 'grid:scan', 'taken'))
  for _ = 1, steps do
    local page = redis.call('SCAN', cursor, 'MATCH', 'worker:*:*', 'COUNT', SCAN_STEP, 'TYPE', 'hash')
    cursor, steps_taken = page[1], steps_taken + 1
    for _, key in ipairs(page[2]) do
      local w = string.sub(key, 8)
      local b = browser_of(w)
      if b and IS_BROWSER[b] then register_foreign(b, w) end
    end
    if cursor == '0' then
      redis.call('HSET', 'grid:scan', 'length', steps_taken)
      steps_taken = 0
      break
    end
  end
  redis.call('HSET', 'grid:scan', 'keys', cursor, 'taken', steps_taken)
end

-- Reads the records of known foreign workers, and looks for new ones.
--   steps: how many parts to scan now, if keys are scanned often; nil for the regular schedule
local function import_foreign(b, steps)
  for _, w in ipairs(redis.call('SRANDMEMBER', 'grid:foreign:' .. b, 500)) do
    if browser_of(w) ~= b then
      redis.call('SREM', 'grid:foreign:' .. b, w)
    elseif is_alive(w) then
      register_foreign(b, w)
    else
      remove_worker(w)
    end
  end
  import_from_counters()
  local often = is_frequent_scan()
  if steps then
    if often then scan_keys(steps) end
  elseif is_interval_over('scannedAt', often and MAINTENANCE_MS or RARE_SCAN_MS) then
    scan_keys(1)
  end
end

local function end_suspicions()
  for _, w in ipairs(redis.call('ZRANGEBYSCORE', SUSPECT, '-inf', now, 'LIMIT', 0, 32)) do
    redis.call('ZREM', SUSPECT, w)
    if browser_of(w) then reindex(w) end
  end
  for _, w in ipairs(redis.call('ZRANGEBYSCORE', SUSPECT, '(' .. now + MAX_EJECTION_MS, '+inf', 'LIMIT', 0, 32)) do
    redis.call('ZREM', SUSPECT, w)
    report_damage(SUSPECT)
    if browser_of(w) then reindex(w) end
  end
end

-- The work that one proxy does for all once a second. Returns an error when a later release has written this Redis.
local function run_maintenance(b)
  if not is_tick('grid:tick:' .. b, MAINTENANCE_MS) then return nil end
  local stored = redis.call('GET', 'grid:schema')
  local found = whole_number(stored, 0, MAX_SCHEMA) or 0
  if stored and found == 0 then report_damage('grid:schema') end
  if found > SCHEMA then
    redis.call('DEL', 'grid:tick:' .. b)
    return redis.error_reply('GRIDSCHEMA ' .. found .. ' was written by a later release than this one')
  end
  if found < SCHEMA then redis.call('SET', 'grid:schema', SCHEMA) end
  store_rules()
  end_suspicions()
  drop_dead_places(b)
  import_foreign(b)
  assign_turn(b)
  assign_turn_early(b)
  extend_expiry()
end
