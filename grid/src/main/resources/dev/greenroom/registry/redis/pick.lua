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

-- The best worker in one index; entries that are not true any more are put right on the way, after which the search
-- begins anew. Slots that are reserved for others do not count as free.
--   range.from, range.to: the scores, the better one first
local PAGES = { 1, 15, 112 }

local function best_in(b, offer, range, wish, reserved, looks)
  local key = index_key(b, offer)
  local page, seen = 1, 0
  while looks.left > 0 do
    local size = math.min(PAGES[page] or 112, looks.left)
    local found = redis.call(range.command, key, range.from, range.to, 'WITHSCORES', 'LIMIT', seen, size)
    if #found == 0 then return nil end
    local true_so_far = true
    for n = 1, #found, 2 do
      local w = found[n]
      looks.left = looks.left - 1
      local i = look_again(w)
      if not i or i.status ~= 'available' or i.offer ~= offer or i.active >= i.cap then
        index_remove(b, offer, w)
        if i then reindex(w, i) end
        true_so_far = false
      elseif score(i) ~= tonumber(found[n + 1]) then
        redis.call('ZADD', key, score(i), w)
        true_so_far = false
      elseif not wish.excluded[w] and i.active + (reserved[w] or 0) < i.cap and true_so_far then
        return w, i
      end
    end
    if true_so_far then
      seen = seen + size
      page = page + 1
    else
      seen, page = 0, 1
    end
  end
end

local function is_better(range, w, i, w2, i2)
  local s, s2 = score(i), score(i2)
  if s == s2 then return later(w2, w) == range.downwards end
  return (s2 > s) == range.downwards
end

local function best(range, wish, reserved)
  local b = wish.browser
  local looks = { left = MAX_LOOKS }
  local w, i = best_in(b, 'any', range, wish, reserved, looks)
  for _, offer in ipairs(redis.call('SMEMBERS', 'grid:offers:' .. b)) do
    if serves(offer, wish.version) then
      local w2, i2 = best_in(b, offer, range, wish, reserved, looks)
      if w2 and (not w or is_better(range, w, i, w2, i2)) then w, i = w2, i2 end
    end
  end
  return w, i
end

local function downwards(ceiling)
  return { command = 'ZREVRANGEBYSCORE', from = ceiling, to = '-inf', downwards = true }
end

local BELOW_THE_LIMIT = downwards(-1)
local DUE = { command = 'ZRANGEBYSCORE', from = 0, to = '+inf', downwards = false }

-- Lifetime first: as far as the margin allows, then whoever can take one more, then who is due for recycling. There is a
-- margin while a worker of the type is away for that. The third answer is the highest score that was looked for.
local function pick(wish, reserved)
  picks = picks + 1
  if redis.call('EXISTS', turn_key(wish.browser)) == 1 then
    local margin = math.max(1, math.floor(rules.lifetime / math.max(1, live(wish.browser))))
    local ceiling = -margin * 4096 - 1
    local w, i = best(downwards(ceiling), wish, reserved)
    if w then return w, i, ceiling end
  end
  local w, i = best(BELOW_THE_LIMIT, wish, reserved)
  if w then return w, i, -1 end
  w, i = best(DUE, wish, reserved)
  return w, i, -math.huge
end

