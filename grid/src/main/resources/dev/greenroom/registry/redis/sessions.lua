-- A page of the list of sessions, in the order of their ids. Arguments: 5 page size, 6 and 7 the range of ids for
-- ZRANGEBYLEX. Returns {the last id when there may be more, else '', then 10 fields for each session}.
local MAX_READS = 2000
local limit, first, last = tonumber(ARGV[5]), ARGV[6], ARGV[7]
local answer, found, reads, last_id = { '' }, 0, 0, ''

local function read(session)
  local f = redis.pcall('HMGET', 'grid:session:' .. session, 'worker', 'proxy', 'playwright', 'remote',
    'tenant', 'lastCallAt', 'protocol', 'name', 'labels')
  if f.err or not short(session) or not short(f[1]) or redis.call('HGET', HOLDERS, session) ~= f[1] then
    redis.call('ZREM', SESSIONS, session)
    redis.call('DEL', 'grid:session:' .. session)
    return
  end
  found = found + 1
  local at = #answer
  answer[at + 1], answer[at + 2], answer[at + 3] = session, f[1], short(f[2]) or ''
  answer[at + 4], answer[at + 5], answer[at + 6] = short(f[3]) or '', short(f[4]) or '', short(f[5]) or ''
  local last_call = tonumber(f[6] or '')
  answer[at + 7] = last_call and string.format('%.0f', math.max(0, now - last_call)) or ''
  answer[at + 8], answer[at + 9], answer[at + 10] = short(f[7]) or '', short(f[8]) or '', short(f[9]) or ''
end

while found < limit and reads < MAX_READS do
  local page = redis.call('ZRANGEBYLEX', SESSIONS, first, last, 'LIMIT', 0, limit - found)
  if #page == 0 then return answer end
  for _, session in ipairs(page) do read(session) end
  reads = reads + #page
  last_id = page[#page]
  first = '(' .. last_id
end
if #redis.call('ZRANGEBYLEX', SESSIONS, first, last, 'LIMIT', 0, 1) > 0 then answer[1] = short(last_id) or '' end
return answer
