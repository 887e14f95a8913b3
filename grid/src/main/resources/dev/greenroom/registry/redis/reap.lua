-- Drops what nobody holds any more. Answers how many leases that were.
local MOST_LEASES, MOST_WORKERS, PAGE = 1000, 200, 500

local function sweep(hash, is_gone)
  local place = 'sweep:' .. hash
  local cursor = redis.call('HGET', 'grid:scan', place) or '0'
  if not string.find(cursor, '^%d+$') then cursor = '0' end
  local page = redis.call('HSCAN', hash, cursor, 'COUNT', PAGE)
  for n = 1, #page[2], 2 do
    if is_gone(page[2][n], page[2][n + 1]) then redis.call('HDEL', hash, page[2][n]) end
  end
  redis.call('HSET', 'grid:scan', place, page[1])
end

local function is_no_worker(w)
  local b = browser_of(w)
  return not b or (not alive(w) and not redis.call('ZSCORE', 'grid:workers:' .. b, w))
end

local dropped = reclaim(MOST_LEASES)
for _, b in ipairs(BROWSERS) do
  local refused = tick(b)
  if refused then return refused end
  for _, w in ipairs(redis.call('ZRANGEBYSCORE', 'grid:workers:' .. b, '-inf', now, 'LIMIT', 0, MOST_WORKERS)) do
    local left = redis.call('PTTL', 'worker:' .. w)
    if left > 0 then redis.call('ZADD', 'grid:workers:' .. b, now + left, w) else forget(w) end
  end
  give_turn(b)
end
sweep(ACTIVE, is_no_worker)
sweep(LIFETIME, is_no_worker)
sweep(STRIKES, is_no_worker)
sweep(HOLDERS, function(session, w) return not redis.call('ZSCORE', LEASES, w .. '|' .. session) end)
for _, session in ipairs(redis.call('ZRANGEBYSCORE', TO_END, '-inf', now, 'LIMIT', 0, PAGE)) do
  redis.call('ZREM', TO_END, session)
end
tell_freed()
return { dropped }
