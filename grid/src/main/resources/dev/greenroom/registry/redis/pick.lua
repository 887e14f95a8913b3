-- Selects the worker for a request: { browser, version or '', excluded = { worker = true } }.
local MAX_EXAMINED_WORKERS = 128
local selections = 0

local function sorts_after(a, c)
  for n = 1, math.min(#a, #c) do
    local x, y = string.byte(a, n), string.byte(c, n)
    if x ~= y then return x > y end
  end
  return #a > #c
end

-- The best worker in one index. Outdated entries are corrected on the way; after that the search starts again. Slots
-- that are reserved for others are not free.
--   range.from, range.to: the scores, the better one first
local PAGES = { 1, 15, 112 }

local function best_in_index(b, offer, range, request, reserved, budget)
  local key = index_key(b, offer)
  local page, offset = 1, 0
  while budget.left > 0 do
    local size = math.min(PAGES[page] or 112, budget.left)
    local found = redis.call(range.command, key, range.from, range.to, 'WITHSCORES', 'LIMIT', offset, size)
    if #found == 0 then return nil end
    local is_accurate = true
    for n = 1, #found, 2 do
      local w = found[n]
      budget.left = budget.left - 1
      local info = cached_worker(w)
      if not info or info.status ~= 'available' or info.offer ~= offer or info.active >= info.slots then
        index_remove(b, offer, w)
        if info then reindex(w, info) end
        is_accurate = false
      elseif score(info) ~= tonumber(found[n + 1]) then
        redis.call('ZADD', key, score(info), w)
        is_accurate = false
      elseif not request.excluded[w] and info.active + (reserved[w] or 0) < info.slots and is_accurate then
        return w, info
      end
    end
    if is_accurate then
      offset = offset + size
      page = page + 1
    else
      offset, page = 0, 1
    end
  end
end

local function is_better(range, w, info, w2, info2)
  local s, s2 = score(info), score(info2)
  if s == s2 then return sorts_after(w2, w) == range.descending end
  return (s2 > s) == range.descending
end

local function best_worker(range, request, reserved)
  local b = request.browser
  local budget = { left = MAX_EXAMINED_WORKERS }
  local w, info = best_in_index(b, 'any', range, request, reserved, budget)
  for _, offer in ipairs(redis.call('SMEMBERS', 'grid:offers:' .. b)) do
    if supports(offer, request.version) then
      local w2, info2 = best_in_index(b, offer, range, request, reserved, budget)
      if w2 and (not w or is_better(range, w, info, w2, info2)) then w, info = w2, info2 end
    end
  end
  return w, info
end

local function descending(ceiling)
  return { command = 'ZREVRANGEBYSCORE', from = ceiling, to = '-inf', descending = true }
end

local NOT_DUE = descending(-1)
local DUE = { command = 'ZRANGEBYSCORE', from = 0, to = '+inf', descending = false }

-- The worker with the fewest sessions left comes first; workers that are due for recycling come last. While a worker
-- of the type is being recycled, workers that would soon be due come after the others: they keep a margin. The third
-- result is the highest score of the search.
local function select_worker(request, reserved)
  selections = selections + 1
  if redis.call('EXISTS', turn_key(request.browser)) == 1 then
    local margin = math.max(1, math.floor(rules.lifetime / math.max(1, live_workers(request.browser))))
    local ceiling = -margin * 4096 - 1
    local w, info = best_worker(descending(ceiling), request, reserved)
    if w then return w, info, ceiling end
  end
  local w, info = best_worker(NOT_DUE, request, reserved)
  if w then return w, info, -1 end
  w, info = best_worker(DUE, request, reserved)
  return w, info, -math.huge
end

