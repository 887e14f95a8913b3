-- Workers that speak the documented keys only: found by a scan, refreshed from what they and others write.
local SCAN_STEP, COUNTED_STEP, FEW_STEPS, NO_EXPIRY_MS, TICK_MS, RARELY_MS = 1000, 100, 2, 60000, 1000, 10000

local function adopt(b, w)
  local name = string.sub(w, #b + 2)
  if #name > 64 or not string.find(name, '^[%w._-]+$') then return end
  local native = (redis.call('HGET', 'worker:' .. w, 'incarnation') or '') ~= ''
  if native and redis.call('ZSCORE', 'grid:workers:' .. b, w) then
    redis.call('SREM', 'grid:foreign:' .. b, w)
    return
  end
  local left = redis.call('PTTL', 'worker:' .. w)
  if left == -1 then
    -- Its writer died before it could set one. If it lives, it will.
    redis.call('PEXPIRE', 'worker:' .. w, NO_EXPIRY_MS)
    left = NO_EXPIRY_MS
  end
  local i = look(w)
  if not i or left <= 0 then return end
  if not i.native then
    local new = redis.call('SADD', 'grid:foreign:' .. b, w) == 1
    local turn = turn_of(b)
    if new or (turn and turn.holder == w and i.status == 'available' and i.started ~= turn.started) then
      end_turn_for(w, b, '')
    elseif turn and turn.holder == w then
      keep_turn(w)
    end
  end
  redis.call('ZADD', 'grid:workers:' .. b, now + left, w)
  lives[b] = nil
  reindex(w, i)
end

local IS_BROWSER = {}
for _, b in ipairs(BROWSERS) do IS_BROWSER[b] = true end

local function cursor_of(place)
  local cursor = redis.call('HGET', 'grid:scan', place) or '0'
  return string.find(cursor, '^%d+$') and cursor or '0'
end

-- Whoever is named in the documented counters, and not known, may be a foreign worker.
local function import_counted()
  local page = redis.call('HSCAN', ACTIVE, cursor_of('counted'), 'COUNT', COUNTED_STEP)
  for n = 1, #page[2], 2 do
    local w = page[2][n]
    local b = browser_of(w)
    if b and IS_BROWSER[b] and not redis.call('ZSCORE', 'grid:workers:' .. b, w) and alive(w) then adopt(b, w) end
  end
  redis.call('HSET', 'grid:scan', 'counted', page[1])
end

-- Whether it is worth looking through all keys often: there are foreign workers, or there are so few keys that it costs
-- nothing, or nobody has looked through all of them yet.
local function scans_often()
  for _, b in ipairs(BROWSERS) do
    if redis.call('SCARD', 'grid:foreign:' .. b) > 0 then return true end
  end
  return (tonumber(redis.call('HGET', 'grid:scan', 'length') or 0) or 0) <= FEW_STEPS
end

-- Looks through a part of all keys, for workers of every type.
local function scan(steps)
  local cursor = cursor_of('keys')
  local taken = tonumber(redis.call('HGET', 'grid:scan', 'taken') or 0) or 0
  for _ = 1, steps do
    local page = redis.call('SCAN', cursor, 'MATCH', 'worker:*:*', 'COUNT', SCAN_STEP, 'TYPE', 'hash')
    cursor, taken = page[1], taken + 1
    for _, key in ipairs(page[2]) do
      local w = string.sub(key, 8)
      local b = browser_of(w)
      if b and IS_BROWSER[b] then adopt(b, w) end
    end
    if cursor == '0' then
      redis.call('HSET', 'grid:scan', 'length', taken)
      taken = 0
      break
    end
  end
  redis.call('HSET', 'grid:scan', 'keys', cursor, 'taken', taken)
end

-- Refreshes the foreign workers that are known, and looks for others.
--   steps: how far to look at once, where it is worth looking often; nil for the usual pace
local function import(b, steps)
  for _, w in ipairs(redis.call('SRANDMEMBER', 'grid:foreign:' .. b, 500)) do
    if alive(w) then adopt(b, w) else forget(w) end
  end
  import_counted()
  local often = scans_often()
  if steps then
    if often then scan(steps) end
  elseif is_time_for('scannedAt', often and TICK_MS or RARELY_MS) then
    scan(1)
  end
end

local function restore_suspects()
  for _, w in ipairs(redis.call('ZRANGEBYSCORE', SUSPECT, '-inf', now, 'LIMIT', 0, 32)) do
    redis.call('ZREM', SUSPECT, w)
    if browser_of(w) then reindex(w) end
  end
end

-- What a proxy does once a second, whoever comes first. Answers an error when this grid is not ours to touch.
local function tick(b)
  if not redis.call('SET', 'grid:tick:' .. b, '1', 'NX', 'PX', TICK_MS) then return nil end
  local found = tonumber(redis.call('GET', 'grid:schema') or SCHEMA) or 0
  if found > SCHEMA then
    redis.call('DEL', 'grid:tick:' .. b)
    return redis.error_reply('GRIDSCHEMA ' .. found .. ' was written by a later release than this one')
  end
  if found < SCHEMA or redis.call('EXISTS', 'grid:schema') == 0 then redis.call('SET', 'grid:schema', SCHEMA) end
  tell_rules()
  restore_suspects()
  drop_places(b)
  import(b)
  give_turn(b)
  give_turn_early(b)
  keep_keys()
end
