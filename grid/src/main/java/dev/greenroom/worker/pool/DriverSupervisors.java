package dev.greenroom.worker.pool;

import dev.greenroom.session.PlaywrightVersion;
import dev.greenroom.worker.driver.Driver.DriverStarter;
import dev.greenroom.worker.driver.Driver.LaunchResult;
import dev.greenroom.worker.process.DriverFailedException;
import dev.greenroom.worker.store.DriverPackage;
import dev.greenroom.worker.store.DriverSource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Drivers for each version that is in use: one process at first, more of them as browsers run at the same
/// time, up to a bound. Says so when drivers fail too often, and tells the source of a version that does
/// not work here.
final class DriverSupervisors implements DriverSupervisor.Failures {
    private static final Logger LOG = LoggerFactory.getLogger(DriverSupervisors.class);
    private static final Duration IDLE = Duration.ofMinutes(5);
    private static final Duration CLOSE_PATIENCE = Duration.ofSeconds(10);

    private final DriverSource source;
    private final DriverStarter drivers;
    private final LongSupplier nanos;
    private final Consumer<String> alarm;
    private final int hosts;
    private final Map<DriverSlot, DriverSupervisor> kept = new HashMap<>(); // guarded by itself, as is the next
    private boolean closed;

    /// Versions with which a browser came up and opened a page.
    private final Set<PlaywrightVersion> proven = ConcurrentHashMap.newKeySet();

    /// @param number of a driver process among those of its version, from 0
    private record DriverSlot(DriverPackage driver, int number) {}

    /// @param hosts driver processes of one version, at most
    /// @param alarm takes the cause of every failure that may be this worker's own fault
    DriverSupervisors(
            int hosts, DriverSource source, DriverStarter drivers, LongSupplier nanos, Consumer<String> alarm) {
        this.hosts = hosts;
        this.source = source;
        this.drivers = drivers;
        this.nanos = nanos;
        this.alarm = alarm;
    }

    /// Who supervises the driver for the next launch: the one with the fewest browsers. Empty when this is
    /// closed.
    Optional<DriverSupervisor> leastLoaded(DriverPackage driver) {
        synchronized (kept) {
            if (closed) {
                return Optional.empty();
            }
            // Of two that have as many browsers the first one, so that those that are not needed fall idle.
            var place = IntStream.range(0, hosts)
                    .mapToObj(number -> new DriverSlot(driver, number))
                    .min(Comparator.comparingInt(this::load))
                    .orElseThrow();
            var driverSupervisor =
                    kept.computeIfAbsent(place, _ -> new DriverSupervisor(driver, source, drivers, this, nanos));
            driverSupervisor.use();
            return Optional.of(driverSupervisor);
        }
    }

    private int load(DriverSlot place) {
        var it = kept.get(place);
        return it == null ? 0 : it.load();
    }

    /// Says that a browser came up.
    void launched(PlaywrightVersion version) {
        proven.add(version);
    }

    @Override
    public void died(DriverPackage driver, String cause) {
        alarm.accept(cause);
    }

    /// A driver that gives up by itself is the problem of those who ask for its version, unless it is the
    /// one that everybody gets who asks for none, and has worked before.
    @Override
    public DriverFailedException notStarted(DriverPackage driver, DriverFailedException why) {
        var version = driver.version();
        var cause = String.valueOf(why.getMessage());
        if (why.isOfBrokenDriver() && !(isPreferred(version) && proven.contains(version))) {
            unusable(driver, cause);
            return why;
        }
        LOG.atWarn()
                .addKeyValue("code", "DRIVER_NOT_STARTED")
                .addKeyValue("version", version)
                .addKeyValue("cause", cause)
                .log("Driver not started");
        if (isPreferred(version)) {
            alarm.accept(cause);
        }
        return new DriverFailedException(cause, why);
    }

    @Override
    public boolean isProven(DriverPackage driver) {
        return proven.contains(driver.version());
    }

    @Override
    public void unusable(DriverPackage driver, String cause) {
        LOG.atWarn()
                .addKeyValue("code", "VERSION_UNUSABLE")
                .addKeyValue("version", driver.version())
                .addKeyValue("folder", driver.folder())
                .addKeyValue("cause", cause)
                .log("Playwright version unusable on this machine; its clients are refused for some minutes");
        source.unusable(driver.version(), cause);
    }

    @Override
    public boolean isDoubtful(DriverPackage driver) {
        return !proven.isEmpty() && !proven.contains(driver.version());
    }

    /// The same goes for a version with which no browser ever came up, where others launch theirs.
    @Override
    public LaunchResult notLaunched(DriverPackage driver, String why, boolean atOnce) {
        if (atOnce && isDoubtful(driver)) {
            return new LaunchResult.VersionUnusable(why);
        }
        if (isPreferred(driver.version()) || proven.contains(driver.version())) {
            alarm.accept(why);
        }
        return new LaunchResult.Failed(why);
    }

    private boolean isPreferred(PlaywrightVersion version) {
        return source.preferred().filter(version::equals).isPresent();
    }

    /// Processes that run, by version.
    SortedMap<PlaywrightVersion, Integer> running() {
        var running = new TreeMap<PlaywrightVersion, Integer>();
        synchronized (kept) {
            kept.forEach((place, driverSupervisor) -> {
                if (driverSupervisor.pid() > 0) {
                    running.merge(place.driver().version(), 1, Integer::sum);
                }
            });
        }
        return running;
    }

    /// The processes of the drivers that run.
    List<Long> pids() {
        synchronized (kept) {
            return kept.values().stream()
                    .map(DriverSupervisor::pid)
                    .filter(pid -> pid > 0)
                    .toList();
        }
    }

    /// Ends the drivers that nobody has used for some minutes.
    void endIdle() {
        var idle = new ArrayList<DriverSupervisor>();
        synchronized (kept) {
            kept.entrySet().removeIf(it -> {
                var retired = it.getValue().retire(IDLE);
                if (retired) {
                    LOG.atInfo()
                            .addKeyValue("code", "DRIVER_IDLE")
                            .addKeyValue("version", it.getKey().driver().version())
                            .log("Idle driver ended");
                    idle.add(it.getValue());
                }
                return retired;
            });
        }
        close(idle);
    }

    /// Ends all drivers at the same time, and starts no more; blocks for some seconds at most.
    void close() {
        List<DriverSupervisor> all;
        synchronized (kept) {
            closed = true;
            all = List.copyOf(kept.values());
            kept.clear();
        }
        close(all);
    }

    private static void close(List<DriverSupervisor> all) {
        var ended = new CountDownLatch(all.size());
        all.forEach(it -> Thread.ofVirtual().name("driver-close").start(() -> {
            try {
                it.close();
            } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
            } finally {
                ended.countDown();
            }
        }));
        try {
            if (!ended.await(CLOSE_PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
                LOG.atError().addKeyValue("code", "drivers-did-not-end-in-time").log("Drivers did not end in time");
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }
}
