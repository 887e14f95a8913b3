package dev.greenroom.ops.log;

import ch.qos.logback.classic.LoggerContext;
import dev.greenroom.config.settings.LogSettings.LogLevel;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Changes the level of the log at run time, also for a limited time. Thread-safe.
public final class LogLevelControl implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LogLevelControl.class);

    private static final long NANOS_PER_SECOND = 1_000_000_000;

    private final LogLevel configured;
    private final LongSupplier nanoTime;
    private final ScheduledExecutorService back = Executors.newSingleThreadScheduledExecutor(
            Thread.ofVirtual().name("log-level").factory());

    /// Guarded by this object.
    private LogLevel level;

    /// When the configured level is restored, if the change is temporary. Guarded by this object.
    private long backAtNanos;

    /// Guarded by this object.
    private long changes;

    /// Guarded by this object.
    private boolean temporary;

    /// The effective level.
    ///
    /// @param left time until the configured level is restored; zero for a permanent change
    public record Now(LogLevel level, LogLevel configured, Duration left) {}

    /// @param configured the level of the settings, which is in effect
    /// @param nanoTime a monotonic clock
    public LogLevelControl(LogLevel configured, LongSupplier nanoTime) {
        this.configured = configured;
        this.level = configured;
        this.nanoTime = nanoTime;
    }

    /// Changes the level at once.
    ///
    /// @param length after which the configured level is restored; zero for a permanent change
    public synchronized void change(LogLevel wanted, Duration length) {
        var change = ++changes;
        temporary = length.isPositive();
        set(wanted);
        if (temporary) {
            backAtNanos = nanoTime.getAsLong() + length.toNanos();
            back.schedule(() -> restore(change), length.toNanos(), TimeUnit.NANOSECONDS);
        }
    }

    private synchronized void restore(long change) {
        if (change == changes) {
            temporary = false;
            set(configured);
        }
    }

    private void set(LogLevel wanted) {
        level = wanted;
        ProcessLog.setLevel((LoggerContext) LoggerFactory.getILoggerFactory(), wanted);
        LOG.atWarn()
                .addKeyValue("code", "LOG_LEVEL_CHANGED")
                .addKeyValue("to", wanted)
                .log("Log level changed");
    }

    /// The effective level. The time left is rounded up to whole seconds.
    public synchronized Now now() {
        var left = temporary ? Math.max(0, backAtNanos - nanoTime.getAsLong()) : 0;
        return new Now(level, configured, Duration.ofSeconds(Math.ceilDiv(left, NANOS_PER_SECOND)));
    }

    @Override
    public void close() {
        back.shutdownNow();
    }
}
