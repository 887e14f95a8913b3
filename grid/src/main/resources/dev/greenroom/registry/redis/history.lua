-- A page of the sessions that have ended, the newest first. Arguments: 5 page size, 6 the last id of the page before, or
-- '' for the first page, 7 the only id to look for, or ''. Returns {the last id when there may be more, else '', then the JSON of each session}.
local MAX_ROW = 16384
local function read(session)
  local row = redis.pcall('GET', 'grid:ended:' .. session)
  return type(row) == 'string' and #row <= MAX_ROW and row or nil
end
if ARGV[7] ~= '' then return { '', read(ARGV[7]) } end
local before = redis.call('ZCARD', ENDED)
-- What is forgotten is always the oldest, so after a forgotten session there are none.
if ARGV[6] ~= '' then before = redis.call('ZRANK', ENDED, ARGV[6]) or 0 end
if before == 0 then return { '' } end
local from = math.max(0, before - tonumber(ARGV[5]))
local ids = redis.call('ZRANGE', ENDED, from, before - 1)
local answer = { from > 0 and short(ids[1]) or '' }
for n = #ids, 1, -1 do answer[#answer + 1] = read(ids[n]) end
return answer
