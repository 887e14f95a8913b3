package dev.greenroom.worker.driver;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;

/// Pings one driver, whose answer proves that its event loop runs. Measures how long it has been silent, in
/// its own time: the time in which its main thread waited for a processor does not count, but for a part of
/// it, and that in which this process did not run does not count. So a machine that is overloaded or was
/// paused makes no driver look hung, and a driver that is hung is found there too. Safe for use by many
/// threads.
final class DriverWatch {
    /// One ping at a time, this often.
    static final Duration INTERVAL = Duration.ofMillis(500);

    /// A driver counts as not responding after this part of the limit.
    private static final int RESPONSIVE_PART = 5;

    /// However long a driver waits for a processor, this part of the time counts.
    private static final int LEAST_PART = 3;

    private final LongConsumer ping;
    private final LongSupplier nanos;
    private final LongSupplier waitedNanos;
    private final long limitNanos;

    // All below is guarded by this.
    private long sent;
    private boolean answered = true;
    private long silentNanos;
    private long lastNanos;
    private long lastWaitedNanos;

    /// @param ping sends one with this number; must not block
    /// @param nanos a monotonic clock
    /// @param waitedNanos how long the driver's main thread has waited for a processor in its life
    /// @param limit after which it counts as hung
    DriverWatch(LongConsumer ping, LongSupplier nanos, LongSupplier waitedNanos, Duration limit) {
        this.ping = ping;
        this.nanos = nanos;
        this.waitedNanos = waitedNanos;
        this.limitNanos = limit.toNanos();
        this.lastNanos = nanos.getAsLong();
        this.lastWaitedNanos = waitedNanos.getAsLong();
    }

    /// The time that the main thread of a process has waited for a processor; 0 where the system does not
    /// say.
    static long waitedNanos(long pid) {
        try {
            var fields = Files.readString(Path.of("/proc/" + pid + "/task/" + pid + "/schedstat"))
                    .split(" ", -1);
            return fields.length > 1 ? Long.parseLong(fields[1]) : 0;
        } catch (IOException | NumberFormatException _) {
            return 0;
        }
    }

    /// Called every [#INTERVAL].
    ///
    /// @return whether the driver is hung
    synchronized boolean tick() {
        var now = nanos.getAsLong();
        var waited = waitedNanos.getAsLong();
        if (answered) {
            answered = false;
            silentNanos = 0;
            sent++;
            ping.accept(sent);
        } else {
            var passed = Math.min(now - lastNanos, 2 * INTERVAL.toNanos());
            silentNanos += Math.max(passed / LEAST_PART, passed - Math.max(0, waited - lastWaitedNanos));
        }
        lastNanos = now;
        lastWaitedNanos = waited;
        return silentNanos >= limitNanos;
    }

    /// The driver has answered a ping.
    synchronized void answered(long number) {
        answered |= number == sent;
    }

    /// Whether it has answered lately, so that it should get work.
    synchronized boolean isResponsive() {
        return answered || silentNanos < limitNanos / RESPONSIVE_PART;
    }
}
