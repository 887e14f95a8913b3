-- A page of live workers. Arguments: 5 browser, 6 cursor.
-- Answers {next cursor, then 12 fields per worker}.
local b = ARGV[5]
learn_rules()
if ARGV[6] == '0' and redis.call('SET', 'grid:tick:' .. b .. ':list', '1', 'NX', 'PX', 1000) then import(b, 1) end
local page = redis.call('ZSCAN', 'grid:workers:' .. b, ARGV[6], 'COUNT', 500)
local answer = { page[1] }
for n = 1, #page[2], 2 do
  local w = page[2][n]
  local i = look(w)
  if i and tonumber(page[2][n + 1]) > now then
    local f = redis.call('HMGET', 'worker:' .. w, 'startedAt', 'lastHeartbeat', 'software', 'heartbeatInterval')
    for _, value in ipairs({ w, i.endpoint, i.status or '', f[1] or '', f[2] or '', i.offer, tostring(i.active),
      tostring(i.life), tostring(i.cap), suspect(w) and '1' or '0', f[3] or '', f[4] or '' }) do
      answer[#answer + 1] = value
    end
  end
end
return answer
