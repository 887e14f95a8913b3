-- Which worker serves a wish: { browser, version or '', excluded = { worker = true } }.
local MAX_LOOKS = 128
local picks = 0

local function later(a, c)
  for n = 1, math.min(#a, #c) do
    local x, y = string.byte(a, n), string.byte(c, n)
    if x ~= y then return x > y end
  end
  return #a > #c
end

-- The best worker in one index; entries that are not true any more are put right on the way. Slots that are reserved
-- for others do not count as free.
local function best_in(key, ceiling, wish, reserved, looks)
  local skipped = 0
  while looks.left > 0 do
    looks.left = looks.left - 1
    local found = redis.call('ZREVRANGEBYSCORE', key, ceiling, '-inf', 'WITHSCORES', 'LIMIT', skipped, 1)
    local w = found[1]
    if not w then return nil end
    local i = look(w)
    if not i or i.status ~= 'available' or index_key(wish.browser, i.offer) ~= key or i.active >= i.cap
      or i.life >= rules.lifetime then
      redis.call('ZREM', key, w)
      if i then reindex(w, i) end
    elseif score(i.life, i.active) ~= tonumber(found[2]) then
      redis.call('ZADD', key, score(i.life, i.active), w)
    elseif wish.excluded[w] or not serves(i.offer, wish.version) or i.active + (reserved[w] or 0) >= i.cap then
      skipped = skipped + 1
    else
      return w, i
    end
  end
end

local function best(ceiling, wish, reserved)
  local looks = { left = MAX_LOOKS }
  local w, i = best_in('grid:idx:' .. wish.browser, ceiling, wish, reserved, looks)
  for _, offer in ipairs(redis.call('SMEMBERS', 'grid:offers:' .. wish.browser)) do
    if serves(offer, wish.version) then
      local w2, i2 = best_in(index_key(wish.browser, offer), ceiling, wish, reserved, looks)
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

-- Lifetime first: as far as the margin allows, then whoever can take one more. The third answer is the highest score
-- that was looked for.
local function pick(wish, reserved)
  picks = picks + 1
  local margin = math.max(1, math.floor(rules.lifetime / math.max(1, live(wish.browser))))
  local ceiling = score(rules.lifetime - margin - 1, 0)
  if rules.lifetime - margin > 0 then
    local w, i = best(ceiling, wish, reserved)
    if w then return w, i, ceiling end
  end
  local w, i = best('+inf', wish, reserved)
  return w, i, math.huge
end

