-- How many clients wait for a browser of a type. Arguments: 5 browser.
return { redis.call('ZCARD', 'grid:queue:' .. ARGV[5]) }
