-- Ejects a worker that could not be reached, unless it is the last one. Arguments: 5 worker. Answers 1 when ejected.
local FIRST_MS, LONGEST_MS = 5000, 60000
local w = ARGV[5]
local b = browser_of(w)

local function another()
  for _, other in ipairs(redis.call('ZRANGEBYSCORE', 'grid:workers:' .. b, '(' .. now, '+inf', 'LIMIT', 0, 256)) do
    if other ~= w and not suspect(other) then
      local i = look(other)
      if i and i.status == 'available' then return true end
    end
  end
  return false
end

if suspect(w) then return { 1 } end
if not alive(w) or not another() then return { 0 } end
local strikes = math.min(count(redis.call('HGET', STRIKES, w)), 8)
redis.call('HSET', STRIKES, w, strikes + 1)
redis.call('ZADD', SUSPECT, now + math.min(LONGEST_MS, FIRST_MS * 2 ^ strikes), w)
index_drop(w)
return { 1 }
