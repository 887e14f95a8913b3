-- Orders a worker to shut down. Arguments: 5 worker. Answers 0 when there is no such worker.
local w = ARGV[5]
if not alive(w) then return { 0 } end
local b = browser_of(w)
-- Whatever it was going to be recycled for, it is a person's order now.
if redis.call('HGET', turn_key(b), 'holder') == w then redis.call('DEL', turn_key(b)) end
command(w)
return { 1 }
