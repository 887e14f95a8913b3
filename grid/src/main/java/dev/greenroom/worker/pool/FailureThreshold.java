package dev.greenroom.worker.pool;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/// Counts failures of drivers and launches, and reports when there are so many that the worker should end.
/// Safe for use by many threads.
final class FailureThreshold {
    private static final int FATAL_FAILURES = 3;
    private static final Duration FATAL_WITHIN = Duration.ofMinutes(1);

    private final LongSupplier nanos;
    private final Consumer<String> fatal;
    private final Deque<Long> failures = new ArrayDeque<>();

    /// @param nanos a monotonic clock
    /// @param fatal receives the cause after three failures within a minute
    FailureThreshold(LongSupplier nanos, Consumer<String> fatal) {
        this.nanos = nanos;
        this.fatal = fatal;
    }

    /// Counts a failure.
    void count(String cause) {
        synchronized (failures) {
            var now = nanos.getAsLong();
            failures.addLast(now);
            failures.removeIf(at -> now - at > FATAL_WITHIN.toNanos());
            if (failures.size() < FATAL_FAILURES) {
                return;
            }
            failures.clear();
        }
        fatal.accept("drivers or browsers failed " + FATAL_FAILURES + " times within " + FATAL_WITHIN.toSeconds()
                + " s, the last time because " + cause);
    }
}
