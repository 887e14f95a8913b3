package dev.greenroom;

import java.time.Duration;
import java.util.Optional;
import java.util.function.LongSupplier;

/// How often, and how soon, a worker that failed is followed by another one. Safe for use by many threads.
final class Restarts {
    static final int MOST_IN_A_ROW = 5;
    private static final Duration FIRST = Duration.ofSeconds(1);
    private static final Duration LONGEST = Duration.ofSeconds(30);

    /// One that served so long is no proof that the next one will fail.
    private static final Duration HEALTHY = Duration.ofMinutes(2);

    private final LongSupplier nanos;
    private long beganNanos;
    private int failures;

    /// @param nanos a clock that only runs forward
    Restarts(LongSupplier nanos) {
        this.nanos = nanos;
        this.beganNanos = nanos.getAsLong();
    }

    /// A worker begins.
    synchronized void began() {
        beganNanos = nanos.getAsLong();
    }

    /// How long to wait after a failure; empty when there were too many in a row.
    synchronized Optional<Duration> pause() {
        if (nanos.getAsLong() - beganNanos > HEALTHY.toNanos()) {
            failures = 0;
        }
        failures++;
        if (failures > MOST_IN_A_ROW) {
            return Optional.empty();
        }
        var pause = FIRST.multipliedBy(1L << (failures - 1));
        return Optional.of(pause.compareTo(LONGEST) < 0 ? pause : LONGEST);
    }
}
