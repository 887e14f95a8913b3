package dev.greenroom.ops.tracing;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Counts spans that no collector will see, and says so once a minute at most. Safe for use by many
/// threads.
final class LostSpanCounter {
    private static final Logger LOG = LoggerFactory.getLogger(LostSpanCounter.class);
    private static final long PAUSE_NANOS = Duration.ofMinutes(1).toNanos();

    private final LongSupplier nanoTime;
    private final AtomicLong all = new AtomicLong();
    private final AtomicLong unsaid = new AtomicLong();

    /// When the next line is due.
    private final AtomicLong due;

    LostSpanCounter(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
        this.due = new AtomicLong(nanoTime.getAsLong());
    }

    /// @param cause for the log
    void add(int spans, String cause) {
        all.addAndGet(spans);
        unsaid.addAndGet(spans);
        var now = nanoTime.getAsLong();
        var next = due.get();
        if (now - next >= 0 && due.compareAndSet(next, now + PAUSE_NANOS)) {
            report(cause);
        }
    }

    /// Says what was not said yet.
    void reportRemaining() {
        if (unsaid.get() > 0) {
            report("more of the same, until the end");
        }
    }

    private void report(String cause) {
        LOG.atWarn()
                .addKeyValue("code", "TRACES_LOST")
                .addKeyValue("spans", unsaid.getAndSet(0))
                .addKeyValue("sinceStart", all.get())
                .addKeyValue("cause", cause)
                .log("Spans were lost on their way to the collector; no session was touched by it");
    }

    long count() {
        return all.get();
    }
}
