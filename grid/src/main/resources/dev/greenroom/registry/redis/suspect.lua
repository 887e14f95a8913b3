-- Ejects a worker that could not be reached, unless it is the last one that can serve. Arguments: 5 worker. Returns 1 when it is
-- ejected.
local FIRST_EJECTION_MS = 5000
local w = ARGV[5]
local b = browser_of(w)

local function has_other_worker()
  for _, other in ipairs(redis.call('ZRANGEBYSCORE', 'grid:workers:' .. b, '(' .. now, '+inf', 'LIMIT', 0, 256)) do
    if other ~= w and not is_suspect(other) then
      local info = load_worker(other)
      if info and info.status == 'available' and not is_ordered(other) then return true end
    end
  end
  return false
end

if is_suspect(w) then return { 1 } end
if not is_alive(w) or not has_other_worker() then return { 0 } end
local failure_count = math.min(parse_count(redis.call('HGET', FAILURE_COUNTS, w)), 8)
redis.call('HSET', FAILURE_COUNTS, w, failure_count + 1)
redis.call('ZADD', SUSPECT, now + math.min(MAX_EJECTION_MS, FIRST_EJECTION_MS * 2 ^ failure_count), w)
index_remove_all(w)
return { 1 }
