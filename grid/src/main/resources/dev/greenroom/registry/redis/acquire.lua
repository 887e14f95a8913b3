-- Leases a slot. Arguments: 5 browser, 6 session, 7 version or '', 8.. excluded workers.
-- Answers {'granted', worker, endpoint, fence}, {'taken'} or {'none'}.
local b, session, version = ARGV[5], ARGV[6], ARGV[7]
local MAX_LOOKS, AGAIN_MS = 128, 100
local excluded = {}
for n = 8, #ARGV do excluded[ARGV[n]] = true end

local function later(a, c)
  for n = 1, math.min(#a, #c) do
    local x, y = string.byte(a, n), string.byte(c, n)
    if x ~= y then return x > y end
  end
  return #a > #c
end

-- The best worker in one index; entries that are not true any more are put right on the way.
local function best_in(key, ceiling, looks)
  local skipped = 0
  while looks.left > 0 do
    looks.left = looks.left - 1
    local found = redis.call('ZREVRANGEBYSCORE', key, ceiling, '-inf', 'WITHSCORES', 'LIMIT', skipped, 1)
    local w = found[1]
    if not w then return nil end
    local i = look(w)
    if not i or i.status ~= 'available' or index_key(b, i.offer) ~= key or i.active >= i.cap
      or i.life >= rules.lifetime then
      redis.call('ZREM', key, w)
      if i then reindex(w, i) end
    elseif score(i.life, i.active) ~= tonumber(found[2]) then
      redis.call('ZADD', key, score(i.life, i.active), w)
    elseif excluded[w] or not serves(i.offer, version) then
      skipped = skipped + 1
    else
      return w, i
    end
  end
end

local function best(ceiling)
  local looks = { left = MAX_LOOKS }
  local w, i = best_in('grid:idx:' .. b, ceiling, looks)
  for _, offer in ipairs(redis.call('SMEMBERS', 'grid:offers:' .. b)) do
    if serves(offer, version) then
      local w2, i2 = best_in(index_key(b, offer), ceiling, looks)
      if w2 and w then
        local s, s2 = score(i.life, i.active), score(i2.life, i2.active)
        if s2 > s or (s2 == s and later(w2, w)) then w, i = w2, i2 end
      elseif w2 then
        w, i = w2, i2
      end
    end
  end
  return w, i
end

-- Lifetime first: as far as the margin allows, then whoever can take one more.
local function pick()
  local margin = math.max(1, math.floor(rules.lifetime / math.max(1, live(b))))
  local w, i = nil, nil
  if rules.lifetime - margin > 0 then w, i = best(score(rules.lifetime - margin - 1, 0)) end
  if not w then w, i = best('+inf') end
  return w, i
end

-- When every worker that could serve is suspect, suspicion helps nobody.
local function forgive()
  local suspects = {}
  for _, w in ipairs(redis.call('ZRANGEBYSCORE', 'grid:workers:' .. b, '(' .. now, '+inf', 'LIMIT', 0, 256)) do
    local i = look(w)
    if i and i.status == 'available' and i.life < rules.lifetime then
      if not suspect(w) then return end
      suspects[#suspects + 1] = w
    end
  end
  for _, w in ipairs(suspects) do
    redis.call('ZREM', SUSPECT, w)
    reindex(w)
  end
end

local function grant(w, i)
  redis.call('ZADD', LEASES, now + rules.lease, w .. '|' .. session)
  redis.call('SADD', 'grid:sess:' .. w, session)
  redis.call('HSET', HOLDERS, session, w)
  i.active, i.life = i.active + 1, i.life + 1
  write_counters(w, i)
  if i.life >= rules.lifetime then
    index_drop(w)
    redis.call('SADD', 'grid:spent:' .. b, w)
    recycle(w)
  elseif i.active >= i.cap then
    redis.call('ZREM', index_key(b, i.offer), w)
  else
    redis.call('ZADD', index_key(b, i.offer), score(i.life, i.active), w)
  end
  local fence = redis.call('INCR', 'grid:fence')
  if fence < 1000000000000000 then
    -- A new or an emptied Redis: begin where no fence has been.
    fence = micros
    redis.call('SET', 'grid:fence', string.format('%.0f', fence))
  end
  return { 'granted', w, i.endpoint, string.format('%.0f', fence) }
end

local held = redis.call('HGET', HOLDERS, session)
if held and redis.call('ZSCORE', LEASES, held .. '|' .. session) then
  local i = look(held)
  if i and not excluded[held] then
    redis.call('ZADD', LEASES, now + rules.lease, held .. '|' .. session)
    return { 'granted', held, i.endpoint, redis.call('GET', 'grid:fence') or '0' }
  end
  drop_lease(held, session)
end

reclaim(32)
if redis.call('SET', 'grid:tick:' .. b, '1', 'NX', 'PX', 1000) then
  local refused = tick(b)
  if refused then return refused end
end
local w, i = pick()
if not w and (live(b) == 0 or redis.call('SET', 'grid:tick:' .. b .. ':again', '1', 'NX', 'PX', AGAIN_MS)) then
  import(b, 16)
  restore_suspects()
  forgive()
  w, i = pick()
end
local answer = { live(b) > 0 and 'taken' or 'none' }
if w then answer = grant(w, i) end
tell_freed()
return answer
