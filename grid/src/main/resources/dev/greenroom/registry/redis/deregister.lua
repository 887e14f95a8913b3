-- Takes out a worker that is known to be gone. Arguments: 5 worker. Answers 1 when it was there. One that lives all the same
-- is back with its next heartbeat; of a foreign worker's record, its heartbeat may write a part only, so that one stays.
local w = ARGV[5]
if (redis.call('HGET', 'worker:' .. w, 'incarnation') or '') == '' then return { 0 } end
despite_full_memory()
redis.call('DEL', 'worker:' .. w)
forget(w)
give_turn(browser_of(w))
tell_freed()
return { 1 }
