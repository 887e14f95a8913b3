-- A page of live workers. Arguments: 5 browser, 6 cursor. Returns {next cursor, the grid's slot limit, 1 if it is set
-- explicitly, its lifetime limit, 1 if it is set explicitly, then 17 fields for each worker}.
local b = ARGV[5]
local PAGE, FIELDS = 400, 17
if ARGV[6] == '0' and is_tick('grid:tick:' .. b .. ':list', 1000) then import_foreign(b) end
local suspects = {}
for _, w in ipairs(redis.call('ZRANGEBYSCORE', SUSPECT, '(' .. now, now + MAX_EJECTION_MS)) do suspects[w] = true end

local page = redis.call('ZSCAN', 'grid:workers:' .. b, ARGV[6], 'COUNT', PAGE)
local answer = { page[1], tostring(rules.concurrent), rules.concurrent_set and '1' or '0', tostring(rules.lifetime),
  rules.lifetime_set and '1' or '0' }
for n = 1, #page[2], 2 do
  local w = page[2][n]
  local f = redis.call('HMGET', 'worker:' .. w, 'wsEndpoint', 'status', 'startedAt', 'lastHeartbeat',
    'playwrightVersions', 'activeConnections', 'lifetimeConnections', 'maxConcurrent', 'software', 'incarnation',
    'heartbeatInterval', 'maxLifetime', 'occupied', 'replacedBy', 'hungDrivers', 'browsersTaken')
  if short(w) and short(f[1]) and tonumber(page[2][n + 1]) > now then
    local active, lifetime = parse_count(f[6]), parse_count(f[7])
    if not f[10] or f[10] == '' then
      -- The counts in a foreign worker's record are as old as its last heartbeat.
      local info = load_worker(w)
      if info then active, lifetime = info.active, info.lifetime end
    end
    local at = #answer
    answer[at + 1], answer[at + 2], answer[at + 3] = w, f[1], short(f[2]) or ''
    answer[at + 4], answer[at + 5], answer[at + 6] = short(f[3]) or '', short(f[4]) or '', offer_of(f[5])
    answer[at + 7], answer[at + 8] = tostring(active), tostring(lifetime)
    answer[at + 9] = tostring(parse_count(f[8]))
    answer[at + 10], answer[at + 11] = suspects[w] and '1' or '0', short(f[9]) or ''
    answer[at + 12], answer[at + 13] = short(f[11]) or '', tostring(parse_count(f[12]))
    answer[at + 14] = tostring(parse_count(f[13]))
    answer[at + 15] = f[14] and '1' or '0'
    answer[at + 16] = tostring(parse_count(f[15]))
    answer[at + FIELDS] = short(f[16]) or ''
  end
end
return answer
