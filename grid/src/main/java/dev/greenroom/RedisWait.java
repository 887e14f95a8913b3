package dev.greenroom;

import java.time.Duration;

/// How long a start waits for Redis before it says that it waits.
final class RedisWait {
    static final Duration FIRST_CONNECTION = Duration.ofSeconds(2);

    private RedisWait() {}
}
