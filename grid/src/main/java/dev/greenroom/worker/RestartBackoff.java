package dev.greenroom.worker;

import java.time.Duration;
import java.util.function.LongSupplier;

/// How soon a worker run that failed is followed by another one, and whether that is worth a try. Safe for
/// use by many threads.
final class RestartBackoff {
    static final int MOST_IN_A_ROW = 5;
    private static final Duration FIRST = Duration.ofSeconds(1);
    private static final Duration LONGEST = Duration.ofSeconds(30);

    /// A run that served so long is no proof that the next one will fail.
    private static final Duration HEALTHY = Duration.ofMinutes(2);

    private final LongSupplier nanos;
    private long beganNanos;
    private int failures;

    /// @param nanos a clock that only runs forward
    RestartBackoff(LongSupplier nanos) {
        this.nanos = nanos;
        this.beganNanos = nanos.getAsLong();
    }

    /// A run begins to serve.
    synchronized void began() {
        beganNanos = nanos.getAsLong();
    }

    /// A run failed.
    ///
    /// @return how long to wait before the next one
    synchronized Duration failed() {
        if (nanos.getAsLong() - beganNanos > HEALTHY.toNanos()) {
            failures = 0;
        }
        failures++;
        var pause = FIRST.multipliedBy(1L << Math.min(failures - 1, MOST_IN_A_ROW));
        return pause.compareTo(LONGEST) < 0 ? pause : LONGEST;
    }

    /// Whether there were too many failures in a row.
    synchronized boolean isHopeless() {
        return failures > MOST_IN_A_ROW;
    }

    /// A run has come up: the row is over.
    synchronized void succeeded() {
        failures = 0;
    }
}
