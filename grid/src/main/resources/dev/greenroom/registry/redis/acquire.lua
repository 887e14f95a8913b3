-- Leases a slot. Arguments: 5 browser, 6 session, 7 version or '', 8.. excluded workers.
-- Answers {'granted', worker, endpoint, fence}, {'taken'} or {'none'}.
local b, session = ARGV[5], ARGV[6]
local AGAIN_MS, STEPS_AGAIN = 100, 3
local wish = { browser = b, version = ARGV[7], excluded = {} }
for n = 8, #ARGV do wish.excluded[ARGV[n]] = true end

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
  if give_up_place(b, session) then tell_next(b) end
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
  if i and not wish.excluded[held] then
    redis.call('ZADD', LEASES, now + rules.lease, held .. '|' .. session)
    give_up_place(b, session)
    return { 'granted', held, i.endpoint, redis.call('GET', 'grid:fence') or '0' }
  end
  drop_lease(held, session)
end

reclaim(32)
local refused = tick(b)
if refused then return refused end
local reserved = reserved_ahead(b, session)
local w, i = nil, nil
if reserved then w, i = pick(wish, reserved) end
if reserved and not w and redis.call('SET', 'grid:tick:' .. b .. ':again', '1', 'NX', 'PX', AGAIN_MS) then
  import(b, STEPS_AGAIN)
  restore_suspects()
  forgive()
  reserved = reserved_ahead(b, session)
  if reserved then w, i = pick(wish, reserved) end
end
local answer = w and grant(w, i) or { live(b) > 0 and 'taken' or 'none' }
tell_freed()
return answer
