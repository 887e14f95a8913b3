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

/// Changes the level of the process' log while it runs, and back again by itself. Safe for use by many
/// threads.
public final class LogLevelControl implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LogLevelControl.class);

    private static final long NANOS_PER_SECOND = 1_000_000_000;

    private final LogLevel configured;
    private final LongSupplier nanoTime;
    private final ScheduledExecutorService back = Executors.newSingleThreadScheduledExecutor(
            Thread.ofVirtual().name("log-level").factory());

    /// Guarded by this object.
    private LogLevel level;

    /// When the configured level comes back; meaningless while `changes` says nothing is due. Guarded by
    /// this object.
    private long backAtNanos;

    /// Guarded by this object.
    private long changes;

    /// Guarded by this object.
    private boolean temporary;

    /// The level.
    ///
    /// @param left until the configured one is back; zero when nothing will change by itself
    public record Now(LogLevel level, LogLevel configured, Duration left) {}

    /// @param configured the level of the settings, which is in effect
    /// @param nanoTime a clock that only goes forward
    public LogLevelControl(LogLevel configured, LongSupplier nanoTime) {
        this.configured = configured;
        this.level = configured;
        this.nanoTime = nanoTime;
    }

    /// Changes the level at once.
    ///
    /// @param length after which the configured level is back; zero for good
    public synchronized void change(LogLevel wanted, Duration length) {
        var change = ++changes;
        temporary = length.isPositive();
        set(wanted);
        if (temporary) {
            backAtNanos = nanoTime.getAsLong() + length.toNanos();
            back.schedule(() -> comeBack(change), length.toNanos(), TimeUnit.NANOSECONDS);
        }
    }

    private synchronized void comeBack(long change) {
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
                .log("The level of the log was changed");
    }

    /// What is in effect. What is left is rounded up to whole seconds.
    public synchronized Now now() {
        var left = temporary ? Math.max(0, backAtNanos - nanoTime.getAsLong()) : 0;
        return new Now(level, configured, Duration.ofSeconds(Math.ceilDiv(left, NANOS_PER_SECOND)));
    }

    @Override
    public void close() {
        back.shutdownNow();
    }
}
