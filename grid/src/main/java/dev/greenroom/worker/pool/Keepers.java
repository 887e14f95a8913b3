package dev.greenroom.worker.pool;

import dev.greenroom.session.PlaywrightVersion;
import dev.greenroom.worker.driver.DriverPackage;
import dev.greenroom.worker.driver.DriverSource;
import dev.greenroom.worker.driver.Drivers;
import dev.greenroom.worker.driver.LaunchResult;
import dev.greenroom.worker.driver.LaunchSpec;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A driver for each version that is in use. Says so when drivers fail too often.
final class Keepers implements Keeper.Failures {
    private static final Logger LOG = LoggerFactory.getLogger(Keepers.class);
    private static final int FATAL_FAILURES = 3;
    private static final Duration FATAL_WITHIN = Duration.ofMinutes(1);
    private static final Duration IDLE = Duration.ofMinutes(5);
    private static final Duration CLOSE_PATIENCE = Duration.ofSeconds(10);

    private final DriverSource source;
    private final Drivers drivers;
    private final LongSupplier nanos;
    private final Consumer<String> fatal;
    private final Map<DriverPackage, Kept> kept = new ConcurrentHashMap<>();
    private final Deque<Long> failures = new ArrayDeque<>();
    private volatile boolean closed;

    private record Kept(Keeper keeper, DriverSource.Hold hold) {
        void close() {
            keeper.close();
            hold.close();
        }
    }

    /// @param fatal takes the cause when drivers failed three times within a minute
    Keepers(DriverSource source, Drivers drivers, LongSupplier nanos, Consumer<String> fatal) {
        this.source = source;
        this.drivers = drivers;
        this.nanos = nanos;
        this.fatal = fatal;
    }

    LaunchResult launch(DriverPackage driver, LaunchSpec spec, Deadline deadline) throws InterruptedException {
        while (!closed) {
            var keeper = kept.computeIfAbsent(driver, this::keep).keeper();
            var result = keeper.launch(spec, deadline);
            if (result instanceof LaunchResult.Launched || !keeper.closed()) {
                return result;
            }
            // It was ended because nobody had used it for long, at this very moment; the next one is fresh.
        }
        return new LaunchResult.Failed("the worker is closing");
    }

    private Kept keep(DriverPackage driver) {
        return new Kept(new Keeper(driver, drivers, this, nanos), source.hold(driver));
    }

    @Override
    public void died(PlaywrightVersion version, String cause) {
        count(cause);
    }

    /// A version that cannot start at all is the problem of those who ask for it, unless it is the one that everybody
    /// gets who asks for none.
    @Override
    public void notStarted(PlaywrightVersion version, String cause) {
        LOG.atWarn().addKeyValue("version", version).addKeyValue("cause", cause).log("driver did not start");
        if (source.preferred().filter(version::equals).isPresent()) {
            count(cause);
        }
    }

    private void count(String cause) {
        synchronized (failures) {
            var now = nanos.getAsLong();
            failures.addLast(now);
            failures.removeIf(at -> now - at > FATAL_WITHIN.toNanos());
            if (failures.size() < FATAL_FAILURES) {
                return;
            }
            failures.clear();
        }
        fatal.accept("drivers failed " + FATAL_FAILURES + " times within " + FATAL_WITHIN.toSeconds()
                + " s, the last time because " + cause);
    }

    /// Ends the drivers that nobody has used for some minutes.
    void endIdle() {
        kept.forEach((driver, it) -> {
            if (it.keeper().retire(IDLE) && kept.remove(driver, it)) {
                LOG.atInfo().addKeyValue("version", driver.version()).log("driver is not used any more");
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
