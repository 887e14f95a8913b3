-- Gives slots back. Arguments: 5.. sessions. Answers how many were held.
despite_full_memory()
learn_rules()
local released = 0
for n = 5, #ARGV do
  local w = redis.call('HGET', HOLDERS, ARGV[n])
  if w and browser_of(w) then released = released + drop_lease(w, ARGV[n]) end
  if w then redis.call('HDEL', HOLDERS, ARGV[n]) end
end
tell_freed()
return { released }
