-- Removes expired leases, dead workers and what is left of them. Returns how many leases were removed.
local MAX_LEASES, MAX_WORKERS, PAGE = 1000, 200, 500

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

local function is_unknown_worker(w)
  local b = browser_of(w)
  return not b or (not is_alive(w) and not redis.call('ZSCORE', 'grid:workers:' .. b, w))
end

local dropped = reclaim_expired(MAX_LEASES)
for _, b in ipairs(BROWSERS) do
  local refused = run_maintenance(b)
  if refused then return refused end
  for _, w in ipairs(redis.call('ZRANGEBYSCORE', 'grid:workers:' .. b, '-inf', now, 'LIMIT', 0, MAX_WORKERS)) do
    local left = redis.call('PTTL', 'worker:' .. w)
    if left > 0 then redis.call('ZADD', 'grid:workers:' .. b, now + left, w) else remove_worker(w) end
  end
  assign_turn(b)
end
sweep(ACTIVE, is_unknown_worker)
sweep(LIFETIME, is_unknown_worker)
sweep(FAILURE_COUNTS, is_unknown_worker)
sweep(HOLDERS, function(session, w) return not redis.call('ZSCORE', LEASES, w .. '|' .. session) end)
for _, session in ipairs(redis.call('ZRANGEBYSCORE', TO_END, '-inf', now, 'LIMIT', 0, PAGE)) do
  redis.call('ZREM', TO_END, session)
end
notify_freed()
return { dropped }
