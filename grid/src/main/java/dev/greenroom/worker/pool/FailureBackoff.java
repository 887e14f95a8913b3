package dev.greenroom.worker.pool;

import java.time.Duration;
import java.util.function.LongSupplier;

/// How long to wait after failures in a row: doubled each time, up to a bound. Not safe for use by many
/// threads.
final class FailureBackoff {
    private static final Duration FIRST = Duration.ofMillis(250);
    private static final Duration LONGEST = Duration.ofSeconds(30);

    private final LongSupplier nanos;
    private Duration next = FIRST;
    private long readyAtNanos;

    FailureBackoff(LongSupplier nanos) {
        this.nanos = nanos;
        this.readyAtNanos = nanos.getAsLong();
    }

    void failed() {
        readyAtNanos = nanos.getAsLong() + next.toNanos();
        next = next.multipliedBy(2).compareTo(LONGEST) < 0 ? next.multipliedBy(2) : LONGEST;
    }

    void succeeded() {
        next = FIRST;
    }

    /// How long there is still to wait; zero or less when it may be tried again.
    long leftNanos() {
        return readyAtNanos - nanos.getAsLong();
    }
}
