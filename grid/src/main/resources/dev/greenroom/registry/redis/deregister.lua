-- Removes a worker that is known to be gone. Arguments: 5 worker. Returns 1 when it was registered. If it is alive
-- after all, its next heartbeat registers it again. A foreign worker is not removed: its heartbeat may write only a
-- part of the record.
local w = ARGV[5]
if (redis.call('HGET', 'worker:' .. w, 'incarnation') or '') == '' then return { 0 } end
allow_when_out_of_memory()
redis.call('DEL', 'worker:' .. w)
remove_worker(w)
assign_turn(browser_of(w))
notify_freed()
return { 1 }
