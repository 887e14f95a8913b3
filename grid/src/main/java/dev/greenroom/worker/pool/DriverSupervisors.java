package dev.greenroom.worker.pool;

import dev.greenroom.session.PlaywrightVersion;
import dev.greenroom.worker.driver.Driver.DriverDeath;
import dev.greenroom.worker.driver.Driver.DriverStarter;
import dev.greenroom.worker.driver.Driver.LaunchResult;
import dev.greenroom.worker.process.DriverFailedException;
import dev.greenroom.worker.store.DriverSource;
import dev.greenroom.worker.store.DriverSource.DriverPackage;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
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
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The drivers of all versions in use: one process per version at first, and more with the number of its
/// browsers, up to a limit. Reports when drivers fail too often, and marks versions that do not work here
/// as unusable.
final class DriverSupervisors implements DriverSupervisor.Failures {
    private static final Logger LOG = LoggerFactory.getLogger(DriverSupervisors.class);
    private static final Duration IDLE = Duration.ofMinutes(5);
    private static final Duration CLOSE_PATIENCE = Duration.ofSeconds(10);

    private final DriverSource source;
    private final DriverStarter drivers;
    private final LongSupplier nanos;
    private final Consumer<String> alarm;
    private final int hosts;
    private final Map<DriverSlot, DriverSupervisor> supervisors = new HashMap<>(); // guards itself and the next
    private boolean closed;

    /// Those whose driver does not answer, and was replaced. Guarded by the map.
    private final Set<DriverSupervisor> unresponsive = new HashSet<>();

    private volatile Consumer<DriverDeath> deaths = _ -> {};

    /// Versions with which a browser was launched and opened a page.
    private final Set<PlaywrightVersion> proven = ConcurrentHashMap.newKeySet();

    /// @param number of a driver process among those of its version, from 0
    private record DriverSlot(DriverPackage driver, int number) {}

    /// @param hosts driver processes of one version, at most
    /// @param alarm receives the cause of each failure that may be the fault of this worker
    DriverSupervisors(
            int hosts, DriverSource source, DriverStarter drivers, LongSupplier nanos, Consumer<String> alarm) {
        this.hosts = hosts;
        this.source = source;
        this.drivers = drivers;
        this.nanos = nanos;
        this.alarm = alarm;
    }

    /// The supervisor for the next launch: the one with the fewest browsers. Empty after [#close].
    Optional<DriverSupervisor> leastLoaded(DriverPackage driver) {
        synchronized (supervisors) {
            if (closed) {
                return Optional.empty();
            }
            replaceUnresponsive(driver);
            // The first of those with the fewest, so that surplus drivers become idle.
            var place = IntStream.range(0, hosts)
                    .mapToObj(number -> new DriverSlot(driver, number))
                    .min(Comparator.comparingInt(this::load))
                    .orElseThrow();
            var driverSupervisor =
                    supervisors.computeIfAbsent(place, _ -> new DriverSupervisor(driver, source, drivers, this, nanos));
            driverSupervisor.use();
            return Optional.of(driverSupervisor);
        }
    }

    /// Takes drivers that do not answer out of the choice; others are started in their place.
    private void replaceUnresponsive(DriverPackage driver) {
        supervisors
                .entrySet()
                .removeIf(it -> it.getKey().driver().equals(driver)
                        && !it.getValue().responsive()
                        && unresponsive.add(it.getValue()));
    }

    private int load(DriverSlot place) {
        var it = supervisors.get(place);
        return it == null ? 0 : it.load();
    }

    /// Records that a browser was launched.
    void launched(PlaywrightVersion version) {
        proven.add(version);
    }

    /// A session that ends its driver is no reason to end the worker, however often it does so.
    @Override
    public void died(DriverPackage driver, DriverDeath death) {
        deaths.accept(death);
        if (!death.ofSession()) {
            alarm.accept(death.words());
        }
    }

    /// Reports the deaths of drivers from now on. Must not block.
    void onDeath(Consumer<DriverDeath> listener) {
        deaths = listener;
    }

    /// A broken driver makes only its version unusable, unless it is the preferred version and has worked
    /// before.
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

    /// So does a version that never launched a browser while other versions do.
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

    /// Running driver processes by version.
    SortedMap<PlaywrightVersion, Integer> running() {
        var running = new TreeMap<PlaywrightVersion, Integer>();
        synchronized (supervisors) {
            supervisors.forEach((place, driverSupervisor) -> {
                if (driverSupervisor.pid() > 0) {
                    running.merge(place.driver().version(), 1, Integer::sum);
                }
            });
        }
        return running;
    }

    /// Running driver processes that do not answer.
    int hung() {
        synchronized (supervisors) {
            return (int) Stream.concat(supervisors.values().stream(), unresponsive.stream())
                    .filter(it -> !it.responsive())
                    .count();
        }
    }

    /// The processes of the running drivers.
    List<Long> pids() {
        synchronized (supervisors) {
            return Stream.concat(supervisors.values().stream(), unresponsive.stream())
                    .map(DriverSupervisor::pid)
                    .filter(pid -> pid > 0)
                    .toList();
        }
    }

    /// Ends the drivers that have been idle for some minutes.
    void endIdle() {
        var idle = new ArrayList<DriverSupervisor>();
        synchronized (supervisors) {
            supervisors.entrySet().removeIf(it -> {
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
            unresponsive.removeIf(it -> it.retire(Duration.ZERO) && idle.add(it));
        }
        close(idle);
    }

    /// Ends all drivers concurrently, and starts no more; blocks for some seconds at most.
    void close() {
        List<DriverSupervisor> all;
        synchronized (supervisors) {
            closed = true;
            all = Stream.concat(supervisors.values().stream(), unresponsive.stream())
                    .toList();
            supervisors.clear();
            unresponsive.clear();
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
