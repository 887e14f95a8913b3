-- Takes a worker out. Arguments: 5 worker, 6 incarnation.
local w = ARGV[5]
local other = redis.call('HGET', 'worker:' .. w, 'incarnation')
if other and other ~= '' and other ~= ARGV[6] then return { 0 } end
despite_full_memory()
redis.call('DEL', 'worker:' .. w)
forget(w)
give_turn(browser_of(w))
tell_freed()
return { 1 }
