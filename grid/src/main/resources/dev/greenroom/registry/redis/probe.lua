-- Checks whether a selection would work: reads the same keys, and changes nothing. Returns the number of live workers.
local found = whole_number(redis.call('GET', 'grid:schema'), 0, MAX_SCHEMA) or SCHEMA
if found > SCHEMA then
  return redis.error_reply('GRIDSCHEMA ' .. found .. ' was written by a later release than this one')
end
local workers = 0
for _, b in ipairs(BROWSERS) do
  workers = workers + live_workers(b)
  current_turn(b)
  redis.call('ZCARD', 'grid:queue:' .. b)
  local first = redis.call('ZREVRANGEBYSCORE', 'grid:idx:' .. b, '+inf', '-inf', 'LIMIT', 0, 1)
  if first[1] then load_worker(first[1]) end
end
redis.call('ZCOUNT', LEASES, '-inf', now)
return { workers }
