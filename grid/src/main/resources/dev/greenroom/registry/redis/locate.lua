-- Finds the browser of a CDP session. Arguments: 5 digest of its id. Returns {'unused'}, {'ended'}, or
-- {'running', worker, endpoint}.
local place = redis.pcall('GET', 'grid:cdp:' .. ARGV[5])
if type(place) ~= 'string' then return { 'unused' } end
local w, session = split_lease(place)
if not w or redis.call('HGET', HOLDERS, session) ~= w then return { 'ended' } end
local info = load_worker(w)
if not info then return { 'ended' } end
return { 'running', w, info.endpoint }
