-- Removes expired leases, dead workers and what is left of them. Returns how many leases were removed, and what was
-- damaged since the last call and has been repaired, separated by commas.
local MAX_LEASES, MAX_WORKERS, PAGE = 1000, 200, 500

local function sweep(hash, is_gone)
  local place = 'sweep:' .. hash
  local page = redis.call('HSCAN', hash, scan_cursor(place), 'COUNT', PAGE)
  for n = 1, #page[2], 2 do
    if is_gone(page[2][n], page[2][n + 1]) then redis.call('HDEL', hash, page[2][n]) end
  end
  redis.call('HSET', 'grid:scan', place, page[1])
end

local function is_unknown_worker(w)
  local b = browser_of(w)
  return not b or (not is_alive(w) and not redis.call('ZSCORE', 'grid:workers:' .. b, w))
end

-- Leases and workers that would never expire, and so would never be removed.
local function repair_expiries()
  for _, member in ipairs(redis.call('ZRANGEBYSCORE', LEASES, '(' .. now + rules.lease + FAR_MS, '+inf', 'LIMIT', 0,
    MAX_LEASES)) do
    redis.call('ZADD', LEASES, now + rules.lease, member)
    report_damage(LEASES)
  end
  for _, b in ipairs(BROWSERS) do
    local key = 'grid:workers:' .. b
    for _, w in ipairs(redis.call('ZRANGEBYSCORE', key, '(' .. now + FAR_MS, '+inf', 'LIMIT', 0, MAX_WORKERS)) do
      redis.call('ZADD', key, 0, w)
      report_damage(key)
    end
  end
end

local dropped = reclaim_expired(MAX_LEASES)
repair_expiries()
for _, b in ipairs(BROWSERS) do
  local refused = run_maintenance(b)
  if refused then return refused end
  for _, w in ipairs(redis.call('ZRANGEBYSCORE', 'grid:workers:' .. b, '-inf', now, 'LIMIT', 0, MAX_WORKERS)) do
    local left = redis.call('PTTL', 'worker:' .. w)
    if browser_of(w) ~= b then
      redis.call('ZREM', 'grid:workers:' .. b, w)
    elseif left > FAR_MS then
      -- If the worker is alive, its next heartbeat sets the expiry again.
      redis.call('PEXPIRE', 'worker:' .. w, NO_EXPIRY_MS)
      redis.call('ZADD', 'grid:workers:' .. b, now + NO_EXPIRY_MS, w)
      report_damage('worker:' .. w)
    elseif left > 0 then
      redis.call('ZADD', 'grid:workers:' .. b, now + left, w)
    else
      remove_worker(w)
    end
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
for _, session in ipairs(redis.call('ZRANGEBYSCORE', TO_END, '(' .. now + FAR_MS, '+inf', 'LIMIT', 0, PAGE)) do
  redis.call('ZREM', TO_END, session)
  report_damage(TO_END)
end
notify_freed()
local damaged = redis.call('HGET', 'grid:scan', 'damaged') or ''
if damaged ~= '' then redis.call('HDEL', 'grid:scan', 'damaged') end
return { dropped, string.sub(damaged, 1, 1000) }
