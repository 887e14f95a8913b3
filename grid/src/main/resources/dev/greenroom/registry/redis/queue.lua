
-- The queue of a browser: first come, first served across all proxies. A proxy keeps all its places at once.
--   grid:queue:<browser>  session -> arrival, microseconds
--   grid:wish:<browser>   session -> '<version>|<excluded>,<excluded>|<proxy>'
--   grid:queue-proxies    proxy -> until when it keeps its places, ms
-- All of them expire when no proxy has clients that wait.
local QUEUE_PROXIES = 'grid:queue-proxies'
local KEPT_MS, EXPIRY_MS, DEAD_PROXY_MS = 3000, 60000, 60000
local MOST_AHEAD, MOST_WOKEN, MOST_SEEN, MOST_MISSES = 64, 32, 256, 8
local MOST_WAITING, MOST_DROPPED = 100000, 1000

local function give_up_place(b, session)
  if redis.call('ZREM', 'grid:queue:' .. b, session) == 0 then return false end
  redis.call('HDEL', 'grid:wish:' .. b, session)
  return true
end

local function proxy_of(wish_text) return string.match(wish_text or '', '([^|]*)$') end

local keeping = {}
local function keeps_places(proxy)
  if keeping[proxy] == nil then
    keeping[proxy] = (tonumber(redis.call('ZSCORE', QUEUE_PROXIES, proxy) or 0) or 0) > now
  end
  return keeping[proxy]
end

local function drop_all(b, gone)
  if #gone == 0 then return end
  redis.call('ZREM', 'grid:queue:' .. b, unpack(gone))
  redis.call('HDEL', 'grid:wish:' .. b, unpack(gone))
  freed[b] = true
end

-- Drops places at the front whose proxy is gone. That is looked for while a death is recent; whatever is left of it
-- further back is dropped when it comes to the front.
local function drop_places(b)
  if #redis.call('ZRANGEBYSCORE', QUEUE_PROXIES, '-inf', now, 'LIMIT', 0, 1) == 0 then return end
  local sessions = redis.call('ZRANGE', 'grid:queue:' .. b, 0, MOST_DROPPED - 1)
  if #sessions > 0 then
    local gone = {}
    for n, text in ipairs(redis.call('HMGET', 'grid:wish:' .. b, unpack(sessions))) do
      if not keeps_places(proxy_of(text or '')) then gone[#gone + 1] = sessions[n] end
    end
    drop_all(b, gone)
  end
  for _, proxy in ipairs(redis.call('ZRANGEBYSCORE', QUEUE_PROXIES, '-inf', now - DEAD_PROXY_MS, 'LIMIT', 0, 32)) do
    redis.call('ZREM', QUEUE_PROXIES, proxy)
  end
end

-- What is wanted, without whose it is: wishes that are alike find the same.
local function wanted(text) return string.match(text or '', '^(.*)|[^|]*$') or '|' end

local function wish_of(b, text)
  local version, names = string.match(text, '^([^|]*)|(.*)$')
  local excluded = {}
  for w in string.gmatch(names or '', '[^,]+') do excluded[w] = true end
  return { browser = b, version = version or '', excluded = excluded }
end

-- Sets slots aside for some who wait, in their order: worker -> how many in `reserved`. Calls back for each who gets one,
-- until it answers true or too many find none. A wish that is like one that found none finds none either. Answers whether
-- that is the end, and how many places had to be dropped.
local function reserve(b, sessions, reserved, missed, served)
  if #sessions == 0 then return true, 0 end
  local gone, over = {}, false
  for n, text in ipairs(redis.call('HMGET', 'grid:wish:' .. b, unpack(sessions))) do
    local wish = wanted(text)
    if not keeps_places(proxy_of(text or '')) then
      gone[#gone + 1] = sessions[n]
    elseif not missed[wish] then
      local w = pick(wish_of(b, wish), reserved)
      if w then
        reserved[w] = (reserved[w] or 0) + 1
        over = served(sessions[n])
      else
        missed[wish] = true
        missed.all = missed.all + 1
        -- Who takes any worker finds none only when none has room.
        over = wish == '|' or missed.all >= MOST_MISSES
      end
    end
    if over then break end
  end
  drop_all(b, gone)
  return over, #gone
end

-- The slots that those before a session will take: worker -> how many. False when that many are before it that it is
-- not worth counting.
local function reserved_ahead(b, session)
  local reserved = {}
  local all = redis.call('ZCARD', 'grid:queue:' .. b)
  if all == 0 then return reserved end
  local ahead = redis.call('ZRANK', 'grid:queue:' .. b, session) or all
  if ahead == 0 then return reserved end
  local served = 0
  if ahead <= MOST_SEEN then
    local sessions = redis.call('ZRANGE', 'grid:queue:' .. b, 0, ahead - 1)
    reserve(b, sessions, reserved, { all = -MOST_SEEN }, function()
      served = served + 1
      return served > MOST_AHEAD
    end)
    if served <= MOST_AHEAD then return reserved end
  end
  drop_places(b)
  return false
end

-- Whether a worker may have room for anybody.
local function any_room(b)
  if redis.call('ZCARD', 'grid:idx:' .. b) > 0 then return true end
  for _, offer in ipairs(redis.call('SMEMBERS', 'grid:offers:' .. b)) do
    if redis.call('ZCARD', index_key(b, offer)) > 0 then return true end
  end
  return false
end

-- Those whose turn it is: there is a slot for them, and nobody before them will take it.
local function turns(b)
  local next_in_line, reserved, missed = {}, {}, { all = 0 }
  if not any_room(b) then return next_in_line end
  local from = 0
  for _ = 1, MOST_SEEN / MOST_WOKEN do
    local sessions = redis.call('ZRANGE', 'grid:queue:' .. b, from, from + MOST_WOKEN - 1)
    local over, dropped = reserve(b, sessions, reserved, missed, function(session)
      next_in_line[#next_in_line + 1] = session
      return #next_in_line == MOST_WOKEN
    end)
    if over then break end
    from = from + MOST_WOKEN - dropped
  end
  return next_in_line
end

-- A waiter was served: whoever comes into sight of the front by that may be next.
local function tell_next(b)
  local next_in_line = turns(b)
  if #next_in_line == MOST_WOKEN then redis.call('PUBLISH', 'grid:turn:' .. b, next_in_line[MOST_WOKEN]) end
end

-- Tells what became free to those whose turn it is by that.
local function tell_freed()
  for _, b in ipairs(BROWSERS) do
    if freed[b] then
      local next_in_line = redis.call('ZCARD', 'grid:queue:' .. b) > 0 and turns(b) or {}
      if #next_in_line > 0 then redis.call('PUBLISH', 'grid:turn:' .. b, table.concat(next_in_line, ',')) end
    end
  end
end

