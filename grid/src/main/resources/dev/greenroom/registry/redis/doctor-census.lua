-- Lists every registered worker for `doctor`. Changes nothing. Returns 14 fields for each worker.
local MAX_STEPS, FIELDS = 50, 14
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local answer, cursor, steps = {}, '0', 0
repeat
  local page = redis.call('SCAN', cursor, 'MATCH', 'worker:*:*', 'COUNT', 1000)
  cursor, steps = page[1], steps + 1
  for _, key in ipairs(page[2]) do
    local w = string.sub(key, 8)
    if string.sub(w, 1, 4) ~= 'cmd:' and redis.call('TYPE', key).ok == 'hash' then
      local f = redis.call('HMGET', key, 'wsEndpoint', 'status', 'software', 'heartbeatInterval', 'lastHeartbeat',
        'maxConcurrent', 'incarnation')
      local until_ms = tonumber(redis.call('ZSCORE', 'grid:suspect', w) or 0) or 0
      local at = #answer
      answer[at + 1], answer[at + 2], answer[at + 3] = w, f[1] or '', f[2] or ''
      answer[at + 4], answer[at + 5], answer[at + 6] = f[3] or '', f[4] or '', f[5] or ''
      answer[at + 7], answer[at + 8] = f[6] or '', f[7] or ''
      answer[at + 9] = string.format('%.0f', math.min(redis.call('PTTL', key), 31536000000))
      answer[at + 10] = redis.call('HGET', 'cluster:active_connections', w) or ''
      answer[at + 11] = redis.call('HGET', 'cluster:lifetime_connections', w) or ''
      answer[at + 12] = tostring(redis.call('SCARD', 'grid:sess:' .. w))
      answer[at + 13] = until_ms > now and '1' or '0'
      answer[at + FIELDS] = time[1]
    end
  end
until cursor == '0' or steps >= MAX_STEPS
return answer
