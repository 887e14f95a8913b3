package dev.greenroom.worker.pool;

import dev.greenroom.schedule.Backoff;
import dev.greenroom.session.PlaywrightVersion;
import dev.greenroom.worker.driver.Driver.DriverDeath;
import dev.greenroom.worker.driver.Driver.DriverStarter;
import dev.greenroom.worker.driver.Driver.LaunchResult;
import dev.greenroom.worker.driver.LaunchedBrowser;
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
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The drivers of all versions in use. A process is anybody's until it is claimed, then it belongs to one
/// [DriverOwner] with all its browsers. An owner has one process per version at first, and more with the
/// number of its browsers, up to a limit; there is a limit for all together too. Reports when drivers fail
/// too often, and marks versions that do not work here as unusable.
final class DriverSupervisors implements DriverSupervisor.Failures {
    private static final Logger LOG = LoggerFactory.getLogger(DriverSupervisors.class);

    /// How long a driver is kept without a browser, if clients have asked for one like it lately.
    private static final Duration IDLE = Duration.ofMinutes(5);

    /// How long any other one is: longer than the pauses within a suite.
    private static final Duration IDLE_WITHOUT_DEMAND = Duration.ofMinutes(1);

    private static final Duration CLOSE_PATIENCE = Duration.ofSeconds(10);

    private final DriverSource source;
    private final DriverStarter drivers;
    private final LongSupplier nanos;
    private final Consumer<String> alarm;
    private final int hosts;
    private final boolean oneSessionEach;

    /// In the order of their creation. Guards itself and the next fields.
    private final List<DriverSupervisor> supervisors = new ArrayList<>();

    private final Map<DriverOwner, Backoff> backoffs = new HashMap<>();
    private final Set<Thread> closing = new HashSet<>();
    private int maxDrivers = Integer.MAX_VALUE;
    private boolean closed;

    private volatile Consumer<DriverDeath> deaths = _ -> {};

    /// Versions with which a browser was launched and opened a page.
    private final Set<PlaywrightVersion> proven = ConcurrentHashMap.newKeySet();

    /// @param hosts driver processes of one version and owner, at most
    /// @param oneSessionEach whether no two sessions share a driver, so that it keeps one warm browser only
    /// @param alarm receives the cause of each failure that may be the fault of this worker
    DriverSupervisors(
            int hosts,
            boolean oneSessionEach,
            DriverSource source,
            DriverStarter drivers,
            LongSupplier nanos,
            Consumer<String> alarm) {
        this.hosts = hosts;
        this.oneSessionEach = oneSessionEach;
        this.source = source;
        this.drivers = drivers;
        this.nanos = nanos;
        this.alarm = alarm;
    }

    /// Limits the number of drivers from now on. Running ones are not ended for it.
    void limit(int atMost) {
        synchronized (supervisors) {
            maxDrivers = atMost;
        }
    }

    /// The supervisor for the next launch: of those that fit, the one with the fewest browsers, or a new
    /// one while all have browsers and there may be more. Empty when none fits and there may be no more
    /// drivers, and after [#close].
    ///
    /// @param owner empty for a browser that is nobody's yet
    Optional<DriverSupervisor> place(DriverPackage driver, Optional<DriverOwner> owner) {
        synchronized (supervisors) {
            if (closed) {
                return Optional.empty();
            }
            var fitting = fitting(driver, owner);
            // The first of those with the fewest, so that surplus drivers become idle.
            var least = fitting.stream().min(Comparator.comparingInt(DriverSupervisor::load));
            var isFull = supervisors.size() >= maxDrivers;
            if (least.isPresent() && (least.get().load() == 0 || fitting.size() >= most(owner) || isFull)) {
                least.get().use();
                return least;
            }
            if (isFull) {
                return Optional.empty();
            }
            var fresh = new DriverSupervisor(driver, source, drivers, this, nanos);
            supervisors.add(fresh);
            return Optional.of(fresh);
        }
    }

    /// Driver processes of one version for an owner, at most.
    private int most(Optional<DriverOwner> owner) {
        return isOneSession(owner) ? 1 : hosts;
    }

    private static boolean isOneSession(Optional<DriverOwner> owner) {
        return owner.filter(DriverOwner::isOneSession).isPresent();
    }

    /// An owner's own drivers, and if it may have more of them, also those that are nobody's. A browser
    /// that is nobody's yet may go to the driver of any tenant.
    private List<DriverSupervisor> fitting(DriverPackage driver, Optional<DriverOwner> owner) {
        var ofVersion = supervisors.stream()
                .filter(it -> it.isOf(driver) && !it.isSetAside())
                .toList();
        var own = ofVersion.stream()
                .filter(it -> owner.isPresent() && it.owner().equals(owner))
                .toList();
        if (own.size() >= most(owner)) {
            return own;
        }
        var alone = oneSessionEach || isOneSession(owner);
        return ofVersion.stream()
                .filter(it -> it.fits(owner))
                .filter(it -> !alone || it.owner().isPresent() || it.load() == 0)
                .toList();
    }

    /// The supervisor of a browser; empty when its driver was ended.
    Optional<DriverSupervisor> of(LaunchedBrowser browser) {
        synchronized (supervisors) {
            return supervisors.stream().filter(it -> it.has(browser)).findFirst();
        }
    }

    /// Gives a driver to an owner, who may have it already.
    void claim(DriverSupervisor driver, DriverOwner owner) {
        synchronized (supervisors) {
            driver.claim(
                    owner,
                    owner.isOneSession()
                            ? DriverSupervisor.newBackoff(nanos)
                            : backoffs.computeIfAbsent(owner, _ -> DriverSupervisor.newBackoff(nanos)));
        }
    }

    /// Of some drivers the one that was not used for longest; those without browsers come first.
    Optional<DriverSupervisor> leastUsed(Predicate<DriverSupervisor> candidates) {
        synchronized (supervisors) {
            return supervisors.stream()
                    .filter(candidates)
                    .min(Comparator.comparing((DriverSupervisor it) -> it.load() > 0)
                            .thenComparing(DriverSupervisor::unused, Comparator.reverseOrder()));
        }
    }

    /// Ends a driver in the background, because another one needs its place.
    void end(DriverSupervisor driver) {
        synchronized (supervisors) {
            if (supervisors.remove(driver)) {
                LOG.atInfo()
                        .addKeyValue("code", "DRIVER_REPLACED")
                        .addKeyValue("version", driver.version())
                        .addKeyValue("limit", maxDrivers)
                        .log("Unused driver ended for a new one; MAX_DRIVERS is reached");
                closeInBackground(driver);
            }
        }
    }

    /// Ends the drivers of a session that has ended, in the background. Those of tenants go on.
    void release(DriverOwner owner) {
        if (owner.isOneSession()) {
            synchronized (supervisors) {
                var its = supervisors.stream()
                        .filter(it -> it.owner().filter(owner::equals).isPresent())
                        .toList();
                supervisors.removeAll(its);
                its.forEach(this::closeInBackground);
            }
        }
    }

    private void closeInBackground(DriverSupervisor driver) {
        driver.refuseLaunches();
        var thread = Thread.ofVirtual().name("driver-end").unstarted(() -> {
            close(List.of(driver));
            synchronized (supervisors) {
                closing.remove(Thread.currentThread());
            }
        });
        closing.add(thread);
        thread.start();
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
            supervisors.stream().filter(it -> it.pid() > 0).forEach(it -> running.merge(it.version(), 1, Integer::sum));
        }
        return running;
    }

    /// Running driver processes that do not answer.
    int hung() {
        synchronized (supervisors) {
            return (int) supervisors.stream().filter(it -> !it.responsive()).count();
        }
    }

    /// The processes of the running drivers.
    List<Long> pids() {
        synchronized (supervisors) {
            return supervisors.stream()
                    .map(DriverSupervisor::pid)
                    .filter(pid -> pid > 0)
                    .toList();
        }
    }

    /// Ends the drivers that have been idle for some minutes.
    ///
    /// @param isWanted whether clients have asked for a browser of that version and owner lately
    void endIdle(Predicate<WarmDemand.Wanted> isWanted) {
        var idle = new ArrayList<DriverSupervisor>();
        synchronized (supervisors) {
            supervisors.removeIf(it -> {
                var wanted = isWanted.test(new WarmDemand.Wanted(it.version(), it.owner()));
                var idleFor = wanted ? IDLE : IDLE_WITHOUT_DEMAND;
                var retired = it.retire(it.isSetAside() ? Duration.ZERO : idleFor);
                if (retired) {
                    LOG.atInfo()
                            .addKeyValue("code", "DRIVER_IDLE")
                            .addKeyValue("version", it.version())
                            .addKeyValue("hung", !it.responsive())
                            .log("Idle driver ended");
                    idle.add(it);
                }
                return retired;
            });
            backoffs.entrySet()
                    .removeIf(it -> it.getValue().leftNanos() <= 0
                            && supervisors.stream()
                                    .noneMatch(driver -> driver.owner()
                                            .filter(it.getKey()::equals)
                                            .isPresent()));
        }
        close(idle);
    }

    /// Ends all drivers concurrently, and starts no more; blocks for some seconds at most.
    void close() {
        List<DriverSupervisor> all;
        List<Thread> others;
        synchronized (supervisors) {
            closed = true;
            all = List.copyOf(supervisors);
            supervisors.clear();
            others = List.copyOf(closing);
        }
        close(all);
        try {
            for (var other : others) {
                var _ = other.join(CLOSE_PATIENCE);
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
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
