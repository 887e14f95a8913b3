package dev.greenroom.registry.redis;

import dev.greenroom.testkit.RedisServer;
import java.time.Duration;

/// Advances time inside a Redis server, so that no test has to wait: every expiry is moved closer.
final class RedisTime {
    /// Takes the milliseconds as its argument.
    static final String SHIFT = """
            local ms = tonumber(ARGV[1])
            for _, key in ipairs(redis.call('KEYS', '*')) do
              local left = redis.call('PTTL', key)
              if left > 0 then
                if left <= ms then redis.call('DEL', key) else redis.call('PEXPIRE', key, left - ms) end
              end
              if key == 'grid:leases' or key == 'grid:suspect' or key == 'grid:ending' or string.find(key, '^grid:due:')
                or string.find(key, '^grid:workers:')
                or key == 'grid:queue-proxies' then
                local all = redis.call('ZRANGE', key, 0, -1, 'WITHSCORES')
                for n = 1, #all, 2 do redis.call('ZADD', key, tonumber(all[n + 1]) - ms, all[n]) end
              end
              for _, hash in ipairs({ { '^grid:recycle:', 'since' }, { '^grid:limits', 'at' },
                { '^grid:scan', 'keptAt' }, { '^grid:scan', 'scannedAt' } }) do
                if string.find(key, hash[1]) and redis.call('HEXISTS', key, hash[2]) == 1 then
                  redis.call('HSET', key, hash[2], tonumber(redis.call('HGET', key, hash[2])) - ms)
                end
              end
              if string.find(key, '^grid:session:') and redis.call('HEXISTS', key, 'lastCallAt') == 1 then
                redis.call('HINCRBY', key, 'lastCallAt', -ms)
              end
              if string.find(key, '^grid:queue:') then
                local all = redis.call('ZRANGE', key, 0, -1, 'WITHSCORES')
                for n = 1, #all, 2 do redis.call('ZADD', key, tonumber(all[n + 1]) - ms * 1000, all[n]) end
              end
            end
            return 'done'
            """;

    private RedisTime() {}

    static void pass(RedisServer server, Duration time) {
        server.cli("EVAL", SHIFT, "0", Long.toString(time.toMillis()));
    }
}
