-- Orders a worker to shut down. Arguments: 5 worker. Returns 0 when there is no such worker.
local w = ARGV[5]
if not is_alive(w) then return { 0 } end
local b = browser_of(w)
-- The order of a person replaces its turn to be recycled.
if redis.call('HGET', turn_key(b), 'holder') == w then redis.call('DEL', turn_key(b)) end
order_shutdown(w)
return { 1 }
