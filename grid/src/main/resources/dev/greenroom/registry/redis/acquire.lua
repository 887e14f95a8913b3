-- Leases slots. Arguments: 5.. for each request: browser, session, version or '', requesting proxy (or '' for a
-- session that is not listed), start time (ms), client address, tenant or '', protocol, name or '', labels or '', number
-- of excluded workers, excluded workers. Returns one reply for each request, in order: {'granted', worker, endpoint, fencing token}, {'taken'},
-- {'none'}, or {'again'}: this call has done enough work, and the request must be sent in another call.
local REFRESH_MS, REFRESH_SCAN_STEPS, MAX_SELECTIONS = 100, 3, 128
local NOBODY = {}
local queue_length, refreshed, reserved_by_browser = {}, {}, {}

local function read_requests()
  local requests, sessions, n, last = {}, {}, 5, #ARGV
  while n <= last do
    local request = {
      browser = ARGV[n], session = ARGV[n + 1], version = ARGV[n + 2], proxy = ARGV[n + 3], started = ARGV[n + 4],
      remote = ARGV[n + 5], tenant = ARGV[n + 6], protocol = ARGV[n + 7], name = ARGV[n + 8], labels = ARGV[n + 9],
      excluded = NOBODY
    }
    sessions[#sessions + 1] = request.session
    requests[#sessions] = request
    local excluded = tonumber(ARGV[n + 10])
    n = n + 11
    if excluded > 0 then request.excluded = {} end
    for _ = 1, excluded do
      request.excluded[ARGV[n]] = true
      n = n + 1
    end
  end
  return requests, sessions
end

-- When every worker that could serve is suspect, keeping them out of selection helps nobody: clears all of them.
local function clear_suspects(b)
  local suspects = {}
  for _, w in ipairs(redis.call('ZRANGEBYSCORE', 'grid:workers:' .. b, '(' .. now, '+inf', 'LIMIT', 0, 256)) do
    local info = load_worker(w)
    if info and info.status == 'available' and not is_ordered(w) then
      if not is_suspect(w) then return end
      suspects[#suspects + 1] = w
    end
  end
  for _, w in ipairs(suspects) do
    redis.call('ZREM', SUSPECT, w)
    reindex(w)
  end
end

-- Reserves the next `n` fencing tokens, and returns the one before them.
--   MAX_TOKEN: Lua computes exactly up to there
local MIN_TOKEN, MAX_TOKEN = 1000000000000000, 9007199254740000

local function take_fencing_tokens(n)
  local last = redis.pcall('INCRBY', FENCE, n)
  if type(last) ~= 'number' or last < MIN_TOKEN or last > MAX_TOKEN then
    if last ~= n then report_damage(FENCE) end
    -- Redis is new or was emptied, or the number is damaged: start above every token that was ever granted.
    last = micros + n
    redis.call('SET', FENCE, string.format('%.0f', last))
  end
  return last - n
end

-- Consecutive grants of one worker to requests of the same kind. They are written to Redis together.
local batch = nil

local function write_batch()
  if not batch then return end
  local w, info, b = batch.worker, batch.info, batch.request.browser
  local token = take_fencing_tokens(#batch.answers)
  redis.call('ZADD', LEASES, unpack(batch.leases))
  redis.call('SADD', 'grid:sess:' .. w, unpack(batch.sessions))
  redis.call('HSET', HOLDERS, unpack(batch.holders))
  write_counters(w, info)
  if info.active >= info.slots then
    index_remove(b, info.offer, w)
  else
    redis.call('ZADD', index_key(b, info.offer), score(info), w)
  end
  if is_due(info) then
    update_due(w, info)
    assign_turn(b)
  end
  for _, request in ipairs(batch.requests) do
    if request.proxy ~= '' then
      describe(request.session, w, request.proxy, request.started, request.version, request.remote, request.tenant,
        request.protocol, request.name, request.labels)
    end
  end
  for n, answer in ipairs(batch.answers) do answer[4] = string.format('%.0f', token + n) end
  batch = nil
end

local function grant(request)
  local info, session, n = batch.info, request.session, #batch.answers + 1
  batch.leases[2 * n - 1], batch.leases[2 * n] = now + rules.lease, batch.worker .. '|' .. session
  batch.holders[2 * n - 1], batch.holders[2 * n] = session, batch.worker
  batch.sessions[n] = session
  batch.requests[n] = request
  info.active, info.lifetime = info.active + 1, info.lifetime + 1
  batch.answers[n] = { 'granted', batch.worker, info.endpoint, '' }
  return batch.answers[n]
end

-- Whether the worker of the batch is the best one for this request too. Its score grows with every grant, so it stays
-- the best one while it has a free slot and its score is not above the ceiling of the search that found it. With a
-- queue, the earlier sessions come first, so there is no batch.
local function fits_batch(request)
  return batch and queue_length[request.browser] == 0
    and batch.request.browser == request.browser and batch.request.version == request.version
    and batch.request.excluded == NOBODY and request.excluded == NOBODY
    and batch.info.active < batch.info.slots and score(batch.info) <= batch.ceiling
end

-- The slot that the session holds already.
local function existing_grant(request, w)
  if not w or not redis.call('ZSCORE', LEASES, w .. '|' .. request.session) then return nil end
  local info = load_worker(w)
  if info and not request.excluded[w] then
    redis.call('ZADD', LEASES, now + rules.lease, w .. '|' .. request.session)
    leave_queue(request.browser, request.session)
    local last = whole_number(redis.call('GET', FENCE), 0, MAX_TOKEN) or 0
    return { 'granted', w, info.endpoint, string.format('%.0f', last) }
  end
  drop_lease(w, request.session)
end

-- The slots that queued sessions before this request will take. Requests that are not queued come after the whole
-- queue, so this is computed once for all of them.
local function reserved_for(request)
  local b = request.browser
  if request.rank then return slots_reserved_ahead(b, request.session) end
  if reserved_by_browser[b] == nil then reserved_by_browser[b] = slots_reserved_ahead(b, request.session) end
  return reserved_by_browser[b]
end

local function serve(request)
  if fits_batch(request) then return grant(request) end
  write_batch()
  local b, session = request.browser, request.session
  local queued = queue_length[b] > 0
  local reserved = NOBODY
  if queued then reserved = reserved_for(request) end
  local w, info, ceiling = nil, nil, nil
  if reserved then w, info, ceiling = select_worker(request, reserved) end
  if reserved and not w and not refreshed[b] then
    refreshed[b] = true
    if is_tick('grid:tick:' .. b .. ':again', REFRESH_MS) then
      import_foreign(b, REFRESH_SCAN_STEPS)
      end_suspicions()
      clear_suspects(b)
      reserved_by_browser[b] = nil
      if queued then reserved = reserved_for(request) end
      if reserved then w, info, ceiling = select_worker(request, reserved) end
    end
  end
  if not w then return { live_workers(b) > 0 and 'taken' or 'none' } end
  batch = { worker = w, info = info, ceiling = ceiling, request = request, leases = {}, holders = {}, sessions = {},
    requests = {}, answers = {} }
  local answer = grant(request)
  if queued then
    write_batch()
    if leave_queue(b, session) then
      queue_length[b] = queue_length[b] - 1
      notify_next(b)
    end
  end
  return answer
end

local requests, sessions = read_requests()
local holders = redis.call('HMGET', HOLDERS, unpack(sessions))
local answers, served = {}, {}
for n, request in ipairs(requests) do
  if holders[n] then answers[n] = existing_grant(request, holders[n]) end
end
reclaim_expired(32)
local in_order = {}
for n, request in ipairs(requests) do
  local b = request.browser
  if not queue_length[b] then
    local refused = run_maintenance(b)
    if refused then return refused end
    queue_length[b] = redis.call('ZCARD', 'grid:queue:' .. b)
  end
  if queue_length[b] > 0 then request.rank = redis.call('ZRANK', 'grid:queue:' .. b, request.session) or nil end
  in_order[n] = n
end
table.sort(in_order, function(n, m)
  local a, c = requests[n].rank or math.huge, requests[m].rank or math.huge
  if a == c then return n < m end
  return a < c
end)
for _, n in ipairs(in_order) do
  local request = requests[n]
  local session = request.session
  if served[session] and not answers[n] then
    -- The session is in this call twice.
    write_batch()
    answers[n] = existing_grant(request, redis.call('HGET', HOLDERS, session))
  end
  served[session] = true
  if not answers[n] then answers[n] = selections < MAX_SELECTIONS and serve(request) or { 'again' } end
end
write_batch()
notify_freed()
return answers
