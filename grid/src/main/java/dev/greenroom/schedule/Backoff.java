package dev.greenroom.schedule;

import java.time.Duration;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// Exponential backoff: how long to wait after failures in a row. The first pause doubles with each further
/// failure, up to the longest one. Safe for use by many threads.
public final class Backoff {
    private final Duration first;
    private final Duration longest;
    private final @Nullable Duration healthyAfter;
    private final LongSupplier nanoTime;

    private Duration next;
    private int failures;
    private long readyAt;
    private @Nullable Long startedAt;

    /// A backoff that only a success resets.
    public Backoff(Duration first, Duration longest) {
        this(first, longest, System::nanoTime);
    }

    /// As [#Backoff(Duration, Duration)], with another clock.
    public Backoff(Duration first, Duration longest, LongSupplier nanoTime) {
        this(first, longest, null, nanoTime);
    }

    private Backoff(Duration first, Duration longest, @Nullable Duration healthyAfter, LongSupplier nanoTime) {
        this.first = first;
        this.longest = longest;
        this.healthyAfter = healthyAfter;
        this.nanoTime = nanoTime;
        this.next = first;
        this.readyAt = nanoTime.getAsLong();
    }

    /// The same, reset by a long run too.
    ///
    /// @param limit a failure later than this after [#started] says nothing about the next attempt: it
    ///     counts as the first one
    public Backoff healthyAfter(Duration limit) {
        return new Backoff(first, longest, limit, nanoTime);
    }

    /// Something started that may fail later.
    public synchronized void started() {
        startedAt = nanoTime.getAsLong();
    }

    /// Counts a failure.
    ///
    /// @return how long to wait before the next attempt
    public synchronized Duration failed() {
        var now = nanoTime.getAsLong();
        if (startedAt != null && healthyAfter != null && now - startedAt > healthyAfter.toNanos()) {
            succeeded();
        }
        startedAt = null;
        failures++;
        var pause = next;
        readyAt = now + pause.toNanos();
        var doubled = next.multipliedBy(2);
        next = doubled.compareTo(longest) < 0 ? doubled : longest;
        return pause;
    }

    /// Forgets all failures; a pause that has begun goes on.
    public synchronized void succeeded() {
        failures = 0;
        next = first;
    }

    /// Failures since the last success.
    public synchronized int failures() {
        return failures;
    }

    /// Nanoseconds that are left of the pause after the last failure; zero or less when it is over.
    public synchronized long leftNanos() {
        return readyAt - nanoTime.getAsLong();
    }
}
