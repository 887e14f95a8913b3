package dev.greenroom.worker.pool;

import java.time.Duration;
import java.util.function.LongSupplier;

/// A point in time by which an operation must end.
record Deadline(LongSupplier nanos, long atNanos) {
    static Deadline in(Duration patience, LongSupplier nanos) {
        return new Deadline(nanos, nanos.getAsLong() + patience.toNanos());
    }

    /// The time left, never negative.
    Duration left() {
        return Duration.ofNanos(Math.max(0, atNanos - nanos.getAsLong()));
    }
}
