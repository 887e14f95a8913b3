-- Lists every registered worker for `doctor`. Changes nothing. Returns 14 fields for each worker.
local MAX_STEPS, FIELDS = 50, 14
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
-- What is longer was written by nobody of this grid.
local function short(text) return text and #text <= 512 and text or '' end

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
      answer[at + 1], answer[at + 2], answer[at + 3] = short(w), short(f[1]), short(f[2])
      answer[at + 4], answer[at + 5], answer[at + 6] = short(f[3]), short(f[4]), short(f[5])
      answer[at + 7], answer[at + 8] = short(f[6]), short(f[7])
      answer[at + 9] = string.format('%.0f', math.min(redis.call('PTTL', key), 31536000000))
      answer[at + 10] = short(redis.call('HGET', 'cluster:active_connections', w))
      answer[at + 11] = short(redis.call('HGET', 'cluster:lifetime_connections', w))
      answer[at + 12] = tostring(redis.call('SCARD', 'grid:sess:' .. w))
      answer[at + 13] = until_ms > now and '1' or '0'
      answer[at + FIELDS] = time[1]
    end
  end
until cursor == '0' or steps >= MAX_STEPS
return answer
