-- Notes when clients sent their last call. Arguments: 5.. of each session its id and how many ms ago that was. Sessions
-- that are not on the list are passed over.
for n = 5, #ARGV, 2 do
  local key = 'grid:session:' .. ARGV[n]
  if redis.call('ZSCORE', SESSIONS, ARGV[n]) then
    -- Whatever somebody made of it is put right when it is described again.
    redis.pcall('HSET', key, 'lastCallAt', string.format('%.0f', now - tonumber(ARGV[n + 1])))
  end
end
return { 1 }
