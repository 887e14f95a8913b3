-- Leases slots. Arguments: 5.. of each wish the browser, the session, the version or '', the proxy that asks or '' for a
-- session that is not to be listed, when it began (ms), the client's address, its tenant or '', how many workers are
-- excluded, and those. Answers each wish, in their order, with {'granted', worker, endpoint, fence}, {'taken'}, {'none'}, or
-- {'again'} when the line is so long that this wish has to come in another call.
local AGAIN_MS, STEPS_AGAIN, MOST_PICKS = 100, 3, 128
local NOBODY = {}
local line, looked_again, set_aside_already = {}, {}, {}

local function read_wishes()
  local wishes, sessions, n, last = {}, {}, 5, #ARGV
  while n <= last do
    local wish = {
      browser = ARGV[n], session = ARGV[n + 1], version = ARGV[n + 2], proxy = ARGV[n + 3], started = ARGV[n + 4],
      remote = ARGV[n + 5], tenant = ARGV[n + 6], excluded = NOBODY
    }
    sessions[#sessions + 1] = wish.session
    wishes[#sessions] = wish
    local excluded = tonumber(ARGV[n + 7])
    n = n + 8
    if excluded > 0 then wish.excluded = {} end
    for _ = 1, excluded do
      wish.excluded[ARGV[n]] = true
      n = n + 1
    end
  end
  return wishes, sessions
end

-- When every worker that could serve is suspect, suspicion helps nobody.
local function forgive(b)
  local suspects = {}
  for _, w in ipairs(redis.call('ZRANGEBYSCORE', 'grid:workers:' .. b, '(' .. now, '+inf', 'LIMIT', 0, 256)) do
    local i = look(w)
    if i and i.status == 'available' then
      if not suspect(w) then return end
      suspects[#suspects + 1] = w
    end
  end
  for _, w in ipairs(suspects) do
    redis.call('ZREM', SUSPECT, w)
    reindex(w)
  end
end

-- The fence before the next `n`.
local function take_fences(n)
  local last = redis.call('INCRBY', 'grid:fence', n)
  if last < 1000000000000000 then
    -- A new or an emptied Redis: begin where no fence has been.
    last = micros + n
    redis.call('SET', 'grid:fence', string.format('%.0f', last))
  end
  return last - n
end

-- Grants in a row of one worker for wishes that are alike; they are written together.
local run = nil

local function write_run()
  if not run then return end
  local w, i, b = run.worker, run.seen, run.wish.browser
  local fence = take_fences(#run.answers)
  redis.call('ZADD', LEASES, unpack(run.leases))
  redis.call('SADD', 'grid:sess:' .. w, unpack(run.sessions))
  redis.call('HSET', HOLDERS, unpack(run.holders))
  write_counters(w, i)
  if i.active >= i.cap then
    index_remove(b, i.offer, w)
  else
    redis.call('ZADD', index_key(b, i.offer), score(i), w)
  end
  if is_due(i) then
    note_whether_due(w, i)
    give_turn(b)
  end
  for _, wish in ipairs(run.wishes) do
    if wish.proxy ~= '' then
      describe(wish.session, w, wish.proxy, wish.started, wish.version, wish.remote, wish.tenant)
    end
  end
  for n, answer in ipairs(run.answers) do answer[4] = string.format('%.0f', fence + n) end
  run = nil
end

local function grant(wish)
  local i, session, n = run.seen, wish.session, #run.answers + 1
  run.leases[2 * n - 1], run.leases[2 * n] = now + rules.lease, run.worker .. '|' .. session
  run.holders[2 * n - 1], run.holders[2 * n] = session, run.worker
  run.sessions[n] = session
  run.wishes[n] = wish
  i.active, i.life = i.active + 1, i.life + 1
  run.answers[n] = { 'granted', run.worker, i.endpoint, '' }
  return run.answers[n]
end

-- Whether the worker of the run is the best one for this wish too. Its score grows with every grant, so it is as long as
-- it has room and stays below the ceiling under which it was found; but those who wait have to be asked.
local function goes_on(wish)
  return run and line[wish.browser] == 0 and run.wish.browser == wish.browser and run.wish.version == wish.version
    and run.wish.excluded == NOBODY and wish.excluded == NOBODY and run.seen.active < run.seen.cap
    and score(run.seen) <= run.ceiling
end

-- What the session holds already.
local function held(wish, w)
  if not w or not redis.call('ZSCORE', LEASES, w .. '|' .. wish.session) then return nil end
  local i = look(w)
  if i and not wish.excluded[w] then
    redis.call('ZADD', LEASES, now + rules.lease, w .. '|' .. wish.session)
    give_up_place(wish.browser, wish.session)
    return { 'granted', w, i.endpoint, redis.call('GET', 'grid:fence') or '0' }
  end
  drop_lease(w, wish.session)
end

-- The slots that are not for this wish, because of the line. Those who only come now are all behind it, and are served
-- last.
local function set_aside(wish)
  local b = wish.browser
  if wish.rank then return reserved_ahead(b, wish.session) end
  if set_aside_already[b] == nil then set_aside_already[b] = reserved_ahead(b, wish.session) end
  return set_aside_already[b]
end

local function serve(wish)
  if goes_on(wish) then return grant(wish) end
  write_run()
  local b, session = wish.browser, wish.session
  local queued = line[b] > 0
  local reserved = NOBODY
  if queued then reserved = set_aside(wish) end
  local w, i, ceiling = nil, nil, nil
  if reserved then w, i, ceiling = pick(wish, reserved) end
  if reserved and not w and not looked_again[b] then
    looked_again[b] = true
    if redis.call('SET', 'grid:tick:' .. b .. ':again', '1', 'NX', 'PX', AGAIN_MS) then
      import(b, STEPS_AGAIN)
      restore_suspects()
      forgive(b)
      set_aside_already[b] = nil
      if queued then reserved = set_aside(wish) end
      if reserved then w, i, ceiling = pick(wish, reserved) end
    end
  end
  if not w then return { live(b) > 0 and 'taken' or 'none' } end
  run = { worker = w, seen = i, ceiling = ceiling, wish = wish, leases = {}, holders = {}, sessions = {}, wishes = {},
    answers = {} }
  local answer = grant(wish)
  if queued then
    write_run()
    if give_up_place(b, session) then
      line[b] = line[b] - 1
      tell_next(b)
    end
  end
  return answer
end

local wishes, sessions = read_wishes()
local holders = redis.call('HMGET', HOLDERS, unpack(sessions))
local answers, served = {}, {}
for n, wish in ipairs(wishes) do
  if holders[n] then answers[n] = held(wish, holders[n]) end
end
reclaim(32)
local in_order = {}
for n, wish in ipairs(wishes) do
  local b = wish.browser
  if not line[b] then
    local refused = tick(b)
    if refused then return refused end
    line[b] = redis.call('ZCARD', 'grid:queue:' .. b)
  end
  if line[b] > 0 then wish.rank = redis.call('ZRANK', 'grid:queue:' .. b, wish.session) or nil end
  in_order[n] = n
end
table.sort(in_order, function(n, m)
  local a, c = wishes[n].rank or math.huge, wishes[m].rank or math.huge
  if a == c then return n < m end
  return a < c
end)
for _, n in ipairs(in_order) do
  local wish = wishes[n]
  local session = wish.session
  if served[session] and not answers[n] then
    -- The same session twice in one call.
    write_run()
    answers[n] = held(wish, redis.call('HGET', HOLDERS, session))
  end
  served[session] = true
  if not answers[n] then answers[n] = picks < MOST_PICKS and serve(wish) or { 'again' } end
end
write_run()
tell_freed()
return answers
