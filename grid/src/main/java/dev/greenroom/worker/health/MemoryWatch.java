package dev.greenroom.worker.health;

import dev.greenroom.config.WorkerSections.MemorySettings;
import dev.greenroom.schedule.PeriodicTask;
import dev.greenroom.worker.pool.BrowserPool;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.function.LongConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/// Measures every few seconds the memory of a worker's processes and of its machine. Reports when the
/// worker exceeds its limit, and keeps fewer browsers warm under memory pressure.
public final class MemoryWatch implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(MemoryWatch.class);
    /// Not during the start.
    private static final Duration FIRST = Duration.ofSeconds(1);

    private static final Duration INTERVAL = Duration.ofSeconds(5);

    /// Measuring may use one percent of a core: pauses are that many times longer.
    private static final int PAUSE_FACTOR = 100;

    /// A new peak is logged when it exceeds the last logged one by a quarter.
    private static final int LOGGED_GROWTH = 4;

    /// How far usage must fall below the threshold before more browsers are kept warm again.
    private static final int RELIEF_PERCENT = 10;

    private final MemorySettings settings;
    private final BrowserPool pool;
    private final int warmBrowsers;
    private final Collection<Long> own;
    private final Level lines;
    private final LongConsumer outgrown;
    private final MemoryPressure pressure;
    private volatile Optional<PeriodicTask> task = Optional.empty();
    private volatile MemoryUse use = MemoryUse.UNKNOWN;
    private volatile boolean blind;
    private volatile boolean poolIsLeft;
    private volatile long told;
    private int warm;

    /// @param ownProcess whether the memory of this process counts, because it ends with this worker
    /// @param lines the log level of new peaks
    /// @param outgrown receives the bytes at each measurement that exceeds the limit; must not block
    public MemoryWatch(
            MemorySettings settings, BrowserPool pool, boolean ownProcess, Level lines, LongConsumer outgrown) {
        this(settings, pool, ownProcess, lines, outgrown, MemoryPressure.HERE);
    }

    MemoryWatch(
            MemorySettings settings,
            BrowserPool pool,
            boolean ownProcess,
            Level lines,
            LongConsumer outgrown,
            MemoryPressure pressure) {
        this.settings = settings;
        this.pool = pool;
        this.warm = pool.warmBrowsers();
        this.warmBrowsers = warm;
        this.own = ownProcess ? List.of(ProcessHandle.current().pid()) : List.of();
        this.lines = lines;
        this.outgrown = outgrown;
        this.pressure = pressure;
    }

    /// Starts to measure.
    public void start() {
        task = Optional.of(PeriodicTask.startingIn(FIRST, INTERVAL, "memory-watch", this::measure));
    }

    /// The last measurement.
    public MemoryUse use() {
        return use;
    }

    private void measure() {
        var began = System.nanoTime();
        try {
            ProcessTable.read(pressure.proc()).ifPresentOrElse(this::measure, this::reportUnreadable);
            if (!poolIsLeft) {
                pressure.used().ifPresent(this::applyPressure);
            }
        } catch (RuntimeException e) {
            LOG.atWarn().addKeyValue("code", "MEMORY_UNREADABLE").setCause(e).log("Memory usage not readable");
        }
        var rest = Duration.ofNanos((System.nanoTime() - began) * PAUSE_FACTOR);
        task.ifPresent(it -> it.rest(rest));
    }

    private void measure(ProcessTable table) {
        var processes = table.families(pool.driverPids());
        processes.addAll(own);
        var worker = table.bytes(processes);
        var sessions = pool.inUse().stream()
                .mapToLong(browser -> {
                    var bytes = table.bytes(table.families(List.of(browser.pid())));
                    browser.recordMemory(bytes);
                    return bytes;
                })
                .summaryStatistics();
        var largest = Math.max(0, sessions.getMax());
        use = new MemoryUse(
                worker,
                Math.max(use.workerPeak(), worker),
                sessions.getSum(),
                largest,
                Math.max(use.sessionPeak(), largest));
        reportGrowth(use);
        if (settings.maxWorkerMemory().filter(limit -> worker > limit.bytes()).isPresent()) {
            outgrown.accept(worker);
        }
    }

    /// The log of a worker that the kernel killed shows how large it was.
    private void reportGrowth(MemoryUse now) {
        if (now.workerPeak() > told + told / LOGGED_GROWTH) {
            told = now.workerPeak();
            LOG.atLevel(lines)
                    .addKeyValue("code", "WORKER_MEMORY")
                    .addKeyValue("peakBytes", now.workerPeak())
                    .addKeyValue("sessionPeakBytes", now.sessionPeak())
                    .log("Worker memory grew");
        }
    }

    private void reportUnreadable() {
        if (settings.maxWorkerMemory().isPresent() && !blind) {
            LOG.atWarn()
                    .addKeyValue("code", "MEMORY_UNREADABLE")
                    .log("Memory usage of processes not available on this system: MAX_WORKER_MEMORY has no effect");
        }
        blind = true;
    }

    /// Stops to adjust the number of warm browsers: a draining pool keeps none.
    public void keepPoolSize() {
        poolIsLeft = true;
    }

    /// Halves the number of warm browsers at each measurement under pressure, and adds one at each without.
    void applyPressure(double used) {
        var percent = 100 * used;
        var isShort = settings.pressurePercent() < 100 && percent >= settings.pressurePercent();
        if (isShort && warm > 0) {
            if (warm == warmBrowsers) {
                LOG.atWarn()
                        .addKeyValue("code", "MEMORY_PRESSURE")
                        .addKeyValue("usedPercent", Math.round(percent))
                        .log("Memory pressure high: fewer browsers kept warm");
            }
            warm /= 2;
            pool.keepWarm(warm);
        } else if (warm < warmBrowsers && percent < settings.pressurePercent() - RELIEF_PERCENT) {
            warm++;
            pool.keepWarm(warm);
            if (warm == warmBrowsers) {
                LOG.atInfo()
                        .addKeyValue("code", "MEMORY_PRESSURE_OVER")
                        .addKeyValue("usedPercent", Math.round(percent))
                        .log("Memory pressure over: all browsers kept warm again");
            }
        }
    }

    @Override
    public void close() {
        task.ifPresent(PeriodicTask::close);
    }

    /// The memory of a worker in bytes; all zero where the system does not tell.
    ///
    /// @param worker drivers and browsers, and this process if it ends with the worker
    /// @param workerPeak the highest value of that
    /// @param sessions the browsers of all sessions
    /// @param largestSession the browser of the largest session
    /// @param sessionPeak the highest value of that
    public record MemoryUse(long worker, long workerPeak, long sessions, long largestSession, long sessionPeak) {
        /// Nothing was measured.
        public static final MemoryUse UNKNOWN = new MemoryUse(0, 0, 0, 0, 0);
    }
}
