package dev.greenroom.schedule;

import java.time.Duration;
import java.util.function.LongSupplier;
import org.slf4j.event.Level;

/// Keeps a warning that repeats from filling the log: it is one line when its cause begins and one a minute
/// while it lasts. Safe for use by many threads.
public final class ThrottledWarning {
    private static final Duration INTERVAL = Duration.ofMinutes(1);

    private final LongSupplier nanoTime;
    private boolean lasts;
    private long warnedAt;

    public ThrottledWarning() {
        this(System::nanoTime);
    }

    ThrottledWarning(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
    }

    /// The level of the line that is logged now: a warning when it is due, else debug.
    public synchronized Level level() {
        var now = nanoTime.getAsLong();
        var due = !lasts || now - warnedAt >= INTERVAL.toNanos();
        lasts = true;
        warnedAt = due ? now : warnedAt;
        return due ? Level.WARN : Level.DEBUG;
    }

    /// The cause is gone; the next one is a warning at once.
    public synchronized void over() {
        lasts = false;
    }
}
