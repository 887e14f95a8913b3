-- Takes a worker out. Arguments: 5 worker, 6 incarnation.
local w = ARGV[5]
local other = redis.call('HGET', 'worker:' .. w, 'incarnation')
if other and other ~= '' and other ~= ARGV[6] then return { 0 } end
despite_full_memory()
learn_rules()
redis.call('DEL', 'worker:' .. w)
forget(w)
tell_freed()
return { 1 }
