package dev.greenroom.worker.pool;

import dev.greenroom.session.PlaywrightVersion;
import dev.greenroom.worker.driver.DriverPackage;
import dev.greenroom.worker.driver.DriverSource;
import dev.greenroom.worker.driver.Drivers;
import dev.greenroom.worker.driver.LaunchResult;
import dev.greenroom.worker.driver.LaunchSpec;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
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

/// Drivers for each version that is in use: one process at first, more of them as browsers run at the same time, up
/// to a bound. Each launch goes to the one that has the fewest browsers. Says so when drivers fail too often.
final class Keepers implements Keeper.Failures {
    private static final Logger LOG = LoggerFactory.getLogger(Keepers.class);
    private static final Duration IDLE = Duration.ofMinutes(5);
    private static final Duration CLOSE_PATIENCE = Duration.ofSeconds(10);

    private final DriverSource source;
    private final Drivers drivers;
    private final LongSupplier nanos;
    private final Consumer<String> alarm;
    private final int hosts;
    private final Map<Place, Kept> kept = new ConcurrentHashMap<>();
    private final Set<PlaywrightVersion> proven = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    /// @param number of a driver process among those of its version, from 0
    private record Place(DriverPackage driver, int number) {}

    private record Kept(Keeper keeper, DriverSource.Hold hold) {
        void close() {
            keeper.close();
            hold.close();
        }
    }

    /// @param hosts driver processes of one version, at most
    /// @param alarm takes the cause of every failure that may be this worker's own fault
    Keepers(int hosts, DriverSource source, Drivers drivers, LongSupplier nanos, Consumer<String> alarm) {
        this.hosts = hosts;
        this.source = source;
        this.drivers = drivers;
        this.nanos = nanos;
        this.alarm = alarm;
    }

    LaunchResult launch(DriverPackage driver, LaunchSpec spec, Deadline deadline) throws InterruptedException {
        while (!closed) {
            var keeper = kept.computeIfAbsent(leastLoaded(driver), this::keep).keeper();
            var result = keeper.launch(spec, deadline);
            if (result instanceof LaunchResult.Launched) {
                proven.add(driver.version());
                return result;
            }
            if (!keeper.closed()) {
                return result;
            }
            // It was ended because nobody had used it for long, at this very moment; the next one is fresh.
        }
        return new LaunchResult.Failed("the worker is closing");
    }

    /// Of two that have as many browsers the first one, so that those that are not needed fall idle.
    private Place leastLoaded(DriverPackage driver) {
        return IntStream.range(0, hosts)
                .mapToObj(number -> new Place(driver, number))
                .min(Comparator.comparingInt(this::load))
                .orElseThrow();
    }

    private int load(Place place) {
        var it = kept.get(place);
        return it == null ? 0 : it.keeper().load();
    }

    private Kept keep(Place place) {
        return new Kept(new Keeper(place.driver(), drivers, this, nanos), source.hold(place.driver()));
    }

    @Override
    public void died(PlaywrightVersion version, String cause) {
        alarm.accept(cause);
    }

    /// A version that cannot start at all is the problem of those who ask for it, unless it is the one that everybody
    /// gets who asks for none.
    @Override
    public void notStarted(PlaywrightVersion version, String cause) {
        LOG.atWarn().addKeyValue("version", version).addKeyValue("cause", cause).log("driver did not start");
        if (isPreferred(version)) {
            alarm.accept(cause);
        }
    }

    /// The same goes for a version with which no browser ever came up.
    @Override
    public void notLaunched(PlaywrightVersion version, String cause) {
        if (isPreferred(version) || proven.contains(version)) {
            alarm.accept(cause);
        }
    }

    private boolean isPreferred(PlaywrightVersion version) {
        return source.preferred().filter(version::equals).isPresent();
    }

    /// Processes that run, by version.
    SortedMap<PlaywrightVersion, Integer> running() {
        var running = new TreeMap<PlaywrightVersion, Integer>();
        kept.forEach((place, it) -> {
            if (it.keeper().pid() > 0) {
                running.merge(place.driver().version(), 1, Integer::sum);
            }
        });
        return running;
    }

    /// The processes of the drivers that run.
    List<Long> pids() {
        return kept.values().stream()
                .map(it -> it.keeper().pid())
                .filter(pid -> pid > 0)
                .toList();
    }

    /// Ends the drivers that nobody has used for some minutes.
    void endIdle() {
        kept.forEach((place, it) -> {
            if (it.keeper().retire(IDLE) && kept.remove(place, it)) {
                LOG.atInfo().addKeyValue("version", place.driver().version()).log("driver is not used any more");
                it.close();
            }
        });
    }

    /// Ends all drivers at the same time; blocks for some seconds at most.
    void close() {
        closed = true;
        var all = new ArrayList<>(kept.values());
        kept.clear();
        var ended = new CountDownLatch(all.size());
        all.forEach(it -> Thread.ofVirtual().name("driver-close").start(() -> {
            try {
                it.close();
            } finally {
                ended.countDown();
            }
        }));
        try {
            if (!ended.await(CLOSE_PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
                LOG.atError().log("drivers did not end in time");
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }
}
