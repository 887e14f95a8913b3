-- Deletes keys of ours that have another type. Their data is derived, or written again with the next heartbeats.
-- Returns their names.
local MAX_WORKERS = 2000
local deleted = {}
local function expect(key, kind)
  local found = redis.call('TYPE', key)['ok']
  if found ~= 'none' and found ~= kind then
    redis.call('DEL', key)
    deleted[#deleted + 1] = short(key) or 'a key with a long name'
  end
end

for _, key in ipairs({ ACTIVE, LIFETIME, HOLDERS, FAILURE_COUNTS, INCARNATIONS, 'grid:scan', 'grid:limits' }) do
  expect(key, 'hash')
end
expect(LEASES, 'zset')
expect(SUSPECT, 'zset')
expect('grid:queue-proxies', 'zset')
expect(SESSIONS, 'zset')
expect(TO_END, 'zset')
expect(ENDED, 'zset')
expect('grid:fence', 'string')
expect('grid:schema', 'string')
for _, b in ipairs(BROWSERS) do
  expect('grid:workers:' .. b, 'zset')
  expect('grid:idx:' .. b, 'zset')
  expect('grid:offers:' .. b, 'set')
  expect('grid:due:' .. b, 'zset')
  expect('grid:foreign:' .. b, 'set')
  expect(turn_key(b), 'hash')
  expect('grid:queue:' .. b, 'zset')
  expect('grid:wish:' .. b, 'hash')
  for _, offer in ipairs(redis.call('SMEMBERS', 'grid:offers:' .. b)) do expect(index_key(b, offer), 'zset') end
  for _, w in ipairs(redis.call('ZRANGE', 'grid:workers:' .. b, 0, MAX_WORKERS)) do
    expect('worker:' .. w, 'hash')
    expect('grid:sess:' .. w, 'set')
    expect('worker:cmd:' .. w, 'string')
  end
end
return deleted
