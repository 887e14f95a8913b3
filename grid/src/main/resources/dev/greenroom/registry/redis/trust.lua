-- A suspect has been reached again. Arguments: 5 worker.
local w = ARGV[5]
despite_full_memory()
redis.call('HDEL', STRIKES, w)
if redis.call('ZREM', SUSPECT, w) == 1 then
  reindex(w)
  tell_freed()
end
return { 1 }
