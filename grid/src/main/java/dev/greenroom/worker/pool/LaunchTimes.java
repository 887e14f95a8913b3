package dev.greenroom.worker.pool;

import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.IntStream;

/// How long launches took. Safe for use by many threads.
final class LaunchTimes {
    /// The upper bounds of the buckets, ascending; one more is without a bound.
    static final List<Duration> BOUNDS = List.of(
            Duration.ofMillis(50),
            Duration.ofMillis(100),
            Duration.ofMillis(200),
            Duration.ofMillis(500),
            Duration.ofSeconds(1),
            Duration.ofSeconds(2),
            Duration.ofSeconds(5),
            Duration.ofSeconds(10),
            Duration.ofSeconds(30));

    private final AtomicLongArray counts = new AtomicLongArray(BOUNDS.size() + 1);
    private final LongAdder micros = new LongAdder();

    void add(Duration time) {
        var bucket = 0;
        while (bucket < BOUNDS.size() && time.compareTo(BOUNDS.get(bucket)) > 0) {
            bucket++;
        }
        counts.incrementAndGet(bucket);
        micros.add(TimeUnit.NANOSECONDS.toMicros(time.toNanos()));
    }

    PoolStats.Histogram histogram() {
        var buckets = IntStream.range(0, counts.length())
                .mapToObj(bucket -> counts.get(bucket))
                .toList();
        return new PoolStats.Histogram(BOUNDS, buckets, Duration.of(micros.sum(), ChronoUnit.MICROS));
    }
}
