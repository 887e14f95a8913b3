package dev.greenroom.worker.health;

import dev.greenroom.config.settings.WorkerSections.MemorySettings;
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

/// Looks every few seconds at the memory of a worker's processes and of its machine: says so when the
/// worker has outgrown its limit, and keeps fewer browsers warm while memory is short.
public final class MemoryWatch implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(MemoryWatch.class);
    /// A worker that has just begun has better things to do.
    private static final Duration FIRST = Duration.ofSeconds(1);

    private static final Duration INTERVAL = Duration.ofSeconds(5);

    /// A look may take a hundredth of a core, and no more.
    private static final int REST_PER_LOOK = 100;

    /// A peak is told when it is over the last one by this part of it.
    private static final int GROWTH_TOLD = 4;

    /// So much lower the share in use has to be before more browsers are kept warm again.
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

    /// @param ownProcess whether the program's own memory counts, since it ends with this worker
    /// @param lines the level at which it is told that the worker uses more than before
    /// @param outgrown takes the bytes, at every look at which they are too many; must not block
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

    /// Begins to look.
    public void start() {
        task = Optional.of(PeriodicTask.startingIn(FIRST, INTERVAL, "memory-watch", this::look));
    }

    /// What was seen at the last look.
    public MemoryUse use() {
        return use;
    }

    private void look() {
        var began = System.nanoTime();
        try {
            ProcessTable.read(pressure.proc()).ifPresentOrElse(this::measure, this::reportUnreadable);
            if (!poolIsLeft) {
                pressure.used().ifPresent(this::applyPressure);
            }
        } catch (RuntimeException e) {
            LOG.atWarn().addKeyValue("code", "MEMORY_UNREADABLE").setCause(e).log("Memory usage not readable");
        }
        var rest = Duration.ofNanos((System.nanoTime() - began) * REST_PER_LOOK);
        task.ifPresent(it -> it.rest(rest));
    }

    private void measure(ProcessTable table) {
        var processes = table.families(pool.driverPids());
        processes.addAll(own);
        var worker = table.bytes(processes);
        var sessions = pool.inUse().stream()
                .mapToLong(browser -> {
                    var bytes = table.bytes(table.families(List.of(browser.pid())));
                    browser.uses(bytes);
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

    /// So that what is left of a worker that the kernel killed says how large it was.
    private void reportGrowth(MemoryUse now) {
        if (now.workerPeak() > told + told / GROWTH_TOLD) {
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

    /// Leaves the pool's warm browsers alone from now on: it keeps none any more.
    public void keepPoolSize() {
        poolIsLeft = true;
    }

    /// Half as many at every look while memory is short, one more at every look while it is not.
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

    /// What a worker used when it was last looked at, in bytes; all zero where nobody tells.
    ///
    /// @param worker drivers and browsers, and the program itself if it is this worker's alone
    /// @param workerPeak the most that this was
    /// @param sessions the browsers that sessions hold
    /// @param largestSession of these, the one that uses the most
    /// @param sessionPeak the most that one session ever used
    public record MemoryUse(long worker, long workerPeak, long sessions, long largestSession, long sessionPeak) {
        /// Nothing was looked at.
        public static final MemoryUse UNKNOWN = new MemoryUse(0, 0, 0, 0, 0);
    }
}
