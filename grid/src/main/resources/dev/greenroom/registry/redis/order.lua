-- Orders a worker to shut down. Arguments: 5 worker. Answers 0 when there is no such worker.
local w = ARGV[5]
if not alive(w) then return { 0 } end
command(w)
return { 1 }
