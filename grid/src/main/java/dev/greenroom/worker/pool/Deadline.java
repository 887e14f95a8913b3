package dev.greenroom.worker.pool;

import java.time.Duration;
import java.util.function.LongSupplier;

/// A moment after which there is no point in going on.
record Deadline(LongSupplier nanos, long atNanos) {
    static Deadline in(Duration patience, LongSupplier nanos) {
        return new Deadline(nanos, nanos.getAsLong() + patience.toNanos());
    }

    /// What is left, never negative.
    Duration left() {
        return Duration.ofNanos(Math.max(0, atNanos - nanos.getAsLong()));
    }
}
