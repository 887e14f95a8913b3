-- Gives slots back. Arguments: 5.. sessions. Answers how many were held.
despite_full_memory()
local sessions = { unpack(ARGV, 5) }
local holders = redis.call('HMGET', HOLDERS, unpack(sessions))
local workers, of_worker, leases, known = {}, {}, {}, {}
for n, session in ipairs(sessions) do
  local w = holders[n]
  if w then
    known[#known + 1] = session
    if browser_of(w) then
      local own = of_worker[w]
      if not own then
        own = {}
        of_worker[w] = own
        workers[#workers + 1] = w
      end
      own[#own + 1] = session
      leases[#leases + 1] = w .. '|' .. session
    end
  end
end

-- Who holds what is forgotten last, so that a call that failed midway can be made again.
local released = 0
if #leases > 0 then redis.call('ZREM', LEASES, unpack(leases)) end
for _, w in ipairs(workers) do
  local given_back = redis.call('SREM', 'grid:sess:' .. w, unpack(of_worker[w]))
  if given_back > 0 then
    released = released + given_back
    settle(w, -given_back)
    freed[browser_of(w)] = true
  end
end
if #known > 0 then
  redis.call('ZREM', TO_END, unpack(known))
  for _, session in ipairs(known) do undescribe(session) end
  redis.call('HDEL', HOLDERS, unpack(known))
end
tell_freed()
return { released }
