-- Releases slots. Arguments: 5.. sessions. Returns how many of them held one.
allow_when_out_of_memory()
local sessions = { unpack(ARGV, 5) }
local holders = redis.call('HMGET', HOLDERS, unpack(sessions))
local workers, by_worker, leases, known = {}, {}, {}, {}
for n, session in ipairs(sessions) do
  local w = holders[n]
  if w then
    known[#known + 1] = session
    if browser_of(w) then
      local own = by_worker[w]
      if not own then
        own = {}
        by_worker[w] = own
        workers[#workers + 1] = w
      end
      own[#own + 1] = session
      leases[#leases + 1] = w .. '|' .. session
    end
  end
end

-- Holders are deleted last, so that a call that failed midway can be repeated.
local released = 0
if #leases > 0 then redis.call('ZREM', LEASES, unpack(leases)) end
for _, w in ipairs(workers) do
  local removed = redis.call('SREM', 'grid:sess:' .. w, unpack(by_worker[w]))
  if removed > 0 then
    released = released + removed
    reconcile(w, -removed)
    freed[browser_of(w)] = true
  end
end
if #known > 0 then
  redis.call('ZREM', TO_END, unpack(known))
  for _, session in ipairs(known) do remove_description(session) end
  redis.call('HDEL', HOLDERS, unpack(known))
end
notify_freed()
return { released }
