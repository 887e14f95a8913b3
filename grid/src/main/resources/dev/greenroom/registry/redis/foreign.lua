-- Workers that speak the documented keys only: found by a scan, refreshed from what they and others write.
local SCAN_STEP, NO_EXPIRY_MS, TICK_MS = 1000, 60000, 1000

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

local function import(b, steps)
  for _, w in ipairs(redis.call('SRANDMEMBER', 'grid:foreign:' .. b, 500)) do
    if alive(w) then adopt(b, w) else forget(w) end
  end
  local cursor = redis.call('HGET', 'grid:scan', b) or '0'
  if not string.find(cursor, '^%d+$') then cursor = '0' end
  for _ = 1, steps do
    local page = redis.call('SCAN', cursor, 'MATCH', 'worker:' .. b .. ':*', 'COUNT', SCAN_STEP, 'TYPE', 'hash')
    cursor = page[1]
    for _, key in ipairs(page[2]) do adopt(b, string.sub(key, 8)) end
    if cursor == '0' then break end
  end
  redis.call('HSET', 'grid:scan', b, cursor)
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
  import(b, 1)
  give_turn(b)
  give_turn_early(b)
end
