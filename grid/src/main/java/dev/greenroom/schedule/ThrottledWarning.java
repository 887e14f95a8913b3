package dev.greenroom.schedule;

import java.time.Duration;
import java.util.function.LongSupplier;
import org.slf4j.event.Level;

/// Limits a repeating warning to one line when its cause begins and one a minute while it persists.
/// Thread-safe.
public final class ThrottledWarning {
    private static final Duration INTERVAL = Duration.ofMinutes(1);

    private final LongSupplier nanoTime;
    private boolean persists;
    private long warnedAt;

    public ThrottledWarning() {
        this(System::nanoTime);
    }

    ThrottledWarning(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
    }

    /// The level for a line that is logged now: warn when a warning is due, else debug.
    public synchronized Level level() {
        var now = nanoTime.getAsLong();
        var due = !persists || now - warnedAt >= INTERVAL.toNanos();
        persists = true;
        warnedAt = due ? now : warnedAt;
        return due ? Level.WARN : Level.DEBUG;
    }

    /// Reports that the cause is gone: the next occurrence is a warning at once.
    public synchronized void over() {
        persists = false;
    }
}
