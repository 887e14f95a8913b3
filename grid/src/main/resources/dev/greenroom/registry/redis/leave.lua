-- Deregisters a worker run. Arguments: 5 worker, 6 incarnation.
local w = ARGV[5]
local other = redis.call('HGET', 'worker:' .. w, 'incarnation')
if other and other ~= '' and other ~= ARGV[6] then return { 0 } end
allow_when_out_of_memory()
redis.call('DEL', 'worker:' .. w)
remove_worker(w)
assign_turn(browser_of(w))
notify_freed()
return { 1 }
