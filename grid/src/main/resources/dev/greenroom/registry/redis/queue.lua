-- The line of a browser: first come, first served across all proxies.
--   grid:queue:<browser>    session -> arrival, microseconds
--   grid:waiting:<browser>  session -> until when its proxy keeps its place, ms
--   grid:wish:<browser>     session -> '<version>|<excluded>,<excluded>'
local KEPT_MS, MOST_AHEAD, MOST_WOKEN, MOST_MISSES = 3000, 64, 32, 4
local MOST_WAITING, MOST_DROPPED = 100000, 1000

local function give_up_place(b, session)
  if redis.call('ZREM', 'grid:queue:' .. b, session) == 0 then return false end
  redis.call('ZREM', 'grid:waiting:' .. b, session)
  redis.call('HDEL', 'grid:wish:' .. b, session)
  return true
end

-- Places that nobody keeps any more.
local function drop_places(b)
  local gone = redis.call('ZRANGEBYSCORE', 'grid:waiting:' .. b, '-inf', now, 'LIMIT', 0, MOST_DROPPED)
  if #gone == 0 then return end
  redis.call('ZREM', 'grid:queue:' .. b, unpack(gone))
  redis.call('HDEL', 'grid:wish:' .. b, unpack(gone))
  redis.call('ZREM', 'grid:waiting:' .. b, unpack(gone))
  freed[b] = true
end

local function wish_of(b, session)
  local version, names = string.match(redis.call('HGET', 'grid:wish:' .. b, session) or '|', '^([^|]*)|(.*)$')
  local excluded = {}
  for w in string.gmatch(names or '', '[^,]+') do excluded[w] = true end
  return { browser = b, version = version or '', excluded = excluded }
end

local function is_kept(b, session)
  return (tonumber(redis.call('ZSCORE', 'grid:waiting:' .. b, session) or 0) or 0) > now
end

-- The slots that those before a session will take: worker -> how many. False when that many are before it that it is
-- not worth counting.
local function reserved_ahead(b, session)
  local reserved = {}
  local all = redis.call('ZCARD', 'grid:queue:' .. b)
  if all == 0 then return reserved end
  local ahead = redis.call('ZRANK', 'grid:queue:' .. b, session) or all
  if ahead == 0 then return reserved end
  if ahead > MOST_AHEAD then
    drop_places(b)
    return false
  end
  for _, other in ipairs(redis.call('ZRANGE', 'grid:queue:' .. b, 0, ahead - 1)) do
    if is_kept(b, other) then
      local w = pick(wish_of(b, other), reserved)
      if w then reserved[w] = (reserved[w] or 0) + 1 end
    end
  end
  return reserved
end

-- Those whose turn it is: there is a slot for them, and nobody before them will take it.
local function turns(b)
  local reserved, misses, next_in_line = {}, 0, {}
  for _, session in ipairs(redis.call('ZRANGE', 'grid:queue:' .. b, 0, MOST_WOKEN - 1)) do
    if misses >= MOST_MISSES then break end
    if is_kept(b, session) then
      local w = pick(wish_of(b, session), reserved)
      if w then
        reserved[w] = (reserved[w] or 0) + 1
        next_in_line[#next_in_line + 1] = session
      else
        misses = misses + 1
      end
    end
  end
  return next_in_line
end

-- A waiter was served: whoever comes into sight of the front by that may be next.
local function tell_next(b)
  local next_in_line = turns(b)
  if #next_in_line == MOST_WOKEN then redis.call('PUBLISH', 'grid:turn:' .. b, next_in_line[MOST_WOKEN]) end
end

-- Tells what became free: to those whose turn it is, and to whoever waits outside the line.
local function tell_freed()
  for _, b in ipairs(BROWSERS) do
    if freed[b] then
      local next_in_line = redis.call('ZCARD', 'grid:queue:' .. b) > 0 and turns(b) or {}
      if #next_in_line > 0 then redis.call('PUBLISH', 'grid:turn:' .. b, table.concat(next_in_line, ',')) end
      redis.call('PUBLISH', 'grid:freed:' .. b, '')
    end
  end
end

