-- A suspect worker was reached again: its ejection ends. Arguments: 5 worker.
local w = ARGV[5]
allow_when_out_of_memory()
redis.call('HDEL', FAILURE_COUNTS, w)
if redis.call('ZREM', SUSPECT, w) == 1 then
  reindex(w)
  notify_freed()
end
return { 1 }
