
-- The queue of a browser type: first come, first served across all proxies. A proxy refreshes all its places at once.
--   grid:queue:<browser>  session -> arrival, microseconds
--   grid:wish:<browser>   session -> '<version>|<excluded>,<excluded>|<proxy>'
--   grid:queue-proxies    proxy -> until when its places are valid, ms
-- All of them expire when no proxy has queued clients.
local QUEUE_PROXIES = 'grid:queue-proxies'
local KEPT_MS, EXPIRY_MS, DEAD_PROXY_MS, MAX_KEPT_MS = 3000, 60000, 60000, 60000
local MAX_AHEAD, MAX_NOTIFIED, MAX_EXAMINED, MAX_MISSES = 64, 32, 256, 8
local MAX_WAITING, MAX_DROPPED = 100000, 1000

local function leave_queue(b, session)
  if redis.call('ZREM', 'grid:queue:' .. b, session) == 0 then return false end
  redis.call('HDEL', 'grid:wish:' .. b, session)
  return true
end

local function proxy_of(text) return string.match(text or '', '([^|]*)$') end

local live_proxies = {}
local function is_live_proxy(proxy)
  if live_proxies[proxy] == nil then
    live_proxies[proxy] = whole_number(redis.call('ZSCORE', QUEUE_PROXIES, proxy), now + 1, now + MAX_KEPT_MS) ~= nil
  end
  return live_proxies[proxy]
end

local function remove_places(b, gone)
  if #gone == 0 then return end
  redis.call('ZREM', 'grid:queue:' .. b, unpack(gone))
  redis.call('HDEL', 'grid:wish:' .. b, unpack(gone))
  freed[b] = true
end

-- Removes places at the front whose proxy is gone. This is done for a minute after a proxy died; its places further
-- back are removed when they come to the front.
local function drop_dead_places(b)
  local damaged = redis.call('ZRANGEBYSCORE', QUEUE_PROXIES, '(' .. now + MAX_KEPT_MS, '+inf', 'LIMIT', 0, 32)
  for _, proxy in ipairs(damaged) do
    redis.call('ZREM', QUEUE_PROXIES, proxy)
    report_damage(QUEUE_PROXIES)
  end
  if #damaged == 0 and #redis.call('ZRANGEBYSCORE', QUEUE_PROXIES, '-inf', now, 'LIMIT', 0, 1) == 0 then return end
  local sessions = redis.call('ZRANGE', 'grid:queue:' .. b, 0, MAX_DROPPED - 1)
  if #sessions > 0 then
    local gone = {}
    for n, text in ipairs(redis.call('HMGET', 'grid:wish:' .. b, unpack(sessions))) do
      if not is_live_proxy(proxy_of(text or '')) then gone[#gone + 1] = sessions[n] end
    end
    remove_places(b, gone)
  end
  for _, proxy in ipairs(redis.call('ZRANGEBYSCORE', QUEUE_PROXIES, '-inf', now - DEAD_PROXY_MS, 'LIMIT', 0, 32)) do
    redis.call('ZREM', QUEUE_PROXIES, proxy)
  end
end

-- A request without its proxy. Requests with the same key find the same slots.
local function request_key(text) return string.match(text or '', '^(.*)|[^|]*$') or '|' end

local function parse_request(b, text)
  local version, names = string.match(text, '^([^|]*)|(.*)$')
  local excluded = {}
  for w in string.gmatch(names or '', '[^,]+') do excluded[w] = true end
  return { browser = b, version = version or '', excluded = excluded }
end

-- Reserves slots for queued sessions, in order: worker -> count in `reserved`. Calls `served` for each session that
-- gets a slot, until it returns true or too many requests find none. Requests like one that found none are skipped.
-- Returns whether it stopped early, and how many places were removed.
local function reserve_slots(b, sessions, reserved, missed, served)
  if #sessions == 0 then return true, 0 end
  local gone, done = {}, false
  for n, text in ipairs(redis.call('HMGET', 'grid:wish:' .. b, unpack(sessions))) do
    local request = request_key(text)
    if not short(sessions[n]) or not is_live_proxy(proxy_of(text or '')) then
      gone[#gone + 1] = sessions[n]
    elseif not missed[request] then
      local w = select_worker(parse_request(b, request), reserved)
      if w then
        reserved[w] = (reserved[w] or 0) + 1
        done = served(sessions[n])
      else
        missed[request] = true
        missed.all = missed.all + 1
        -- A request for any worker finds none only if no worker has a free slot.
        done = request == '|' or missed.all >= MAX_MISSES
      end
    end
    if done then break end
  end
  remove_places(b, gone)
  return done, #gone
end

-- The slots that queued sessions before this one will take: worker -> count. False when too many are before it.
local function slots_reserved_ahead(b, session)
  local reserved = {}
  local all = redis.call('ZCARD', 'grid:queue:' .. b)
  if all == 0 then return reserved end
  local ahead = redis.call('ZRANK', 'grid:queue:' .. b, session) or all
  if ahead == 0 then return reserved end
  local served = 0
  if ahead <= MAX_EXAMINED then
    local sessions = redis.call('ZRANGE', 'grid:queue:' .. b, 0, ahead - 1)
    reserve_slots(b, sessions, reserved, { all = -MAX_EXAMINED }, function()
      served = served + 1
      return served > MAX_AHEAD
    end)
    if served <= MAX_AHEAD then return reserved end
  end
  drop_dead_places(b)
  return false
end

-- Whether any worker of a type may have a free slot.
local function any_free_slot(b)
  if redis.call('ZCARD', 'grid:idx:' .. b) > 0 then return true end
  for _, offer in ipairs(redis.call('SMEMBERS', 'grid:offers:' .. b)) do
    if redis.call('ZCARD', index_key(b, offer)) > 0 then return true end
  end
  return false
end

-- The sessions whose turn it is: they have a slot that no session before them will take.
local function sessions_on_turn(b)
  local on_turn, reserved, missed = {}, {}, { all = 0 }
  if not any_free_slot(b) then return on_turn end
  local from = 0
  for _ = 1, MAX_EXAMINED / MAX_NOTIFIED do
    local sessions = redis.call('ZRANGE', 'grid:queue:' .. b, from, from + MAX_NOTIFIED - 1)
    local done, dropped = reserve_slots(b, sessions, reserved, missed, function(session)
      on_turn[#on_turn + 1] = session
      return #on_turn == MAX_NOTIFIED
    end)
    if done then break end
    from = from + MAX_NOTIFIED - dropped
  end
  return on_turn
end

-- A queued session got its slot: notifies the one that thereby became one of the first.
local function notify_next(b)
  local on_turn = sessions_on_turn(b)
  if #on_turn == MAX_NOTIFIED then redis.call('PUBLISH', 'grid:turn:' .. b, on_turn[MAX_NOTIFIED]) end
end

-- Notifies the sessions whose turn it is because this call freed slots.
local function notify_freed()
  for _, b in ipairs(BROWSERS) do
    if freed[b] then
      local on_turn = redis.call('ZCARD', 'grid:queue:' .. b) > 0 and sessions_on_turn(b) or {}
      if #on_turn > 0 then redis.call('PUBLISH', 'grid:turn:' .. b, table.concat(on_turn, ',')) end
    end
  end
end

