package dev.greenroom.worker.pool;

import dev.greenroom.schedule.Backoff;
import dev.greenroom.session.ClientProtocol;
import dev.greenroom.session.PlaywrightVersion;
import dev.greenroom.worker.driver.Driver;
import dev.greenroom.worker.driver.Driver.DriverDeath;
import dev.greenroom.worker.driver.Driver.DriverStarter;
import dev.greenroom.worker.driver.Driver.LaunchResult;
import dev.greenroom.worker.driver.LaunchSpec;
import dev.greenroom.worker.driver.LaunchedBrowser;
import dev.greenroom.worker.process.DriverFailedException;
import dev.greenroom.worker.store.DriverSource;
import dev.greenroom.worker.store.DriverSource.DriverPackage;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// Supervises one driver process of a version: starts it on demand, and restarts it with exponential
/// backoff when it died. A start runs on a thread of its own and serves all sessions that wait for it.
final class DriverSupervisor {
    private static final Duration FIRST_PAUSE = Duration.ofMillis(250);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);

    /// The death of a driver that lived longer is no sign that the next one will die.
    private static final Duration HEALTHY_DRIVER = Duration.ofMinutes(1);

    private final DriverPackage wanted;
    private final DriverSource source;
    private final DriverStarter drivers;
    private final Failures failures;
    private final LongSupplier nanos;
    private final Set<LaunchedBrowser> browsers = ConcurrentHashMap.newKeySet();
    private final AtomicInteger launching = new AtomicInteger();

    /// Guards all fields below. Held briefly.
    private final ReentrantLock lock = new ReentrantLock();

    private final Condition closing = lock.newCondition();
    private @Nullable Driver driver;
    private @Nullable PendingStart start;
    private @Nullable DriverOwner owner;
    private boolean setAside;
    private int generation;
    private long lastUseNanos;
    private boolean closed;
    private Backoff backoff;

    /// Keeps the driver in the store from its first start on. Used by one start at a time, and after the
    /// last one.
    private volatile DriverSource.@Nullable DriverHold hold;

    /// A start that is under way.
    ///
    /// @param outcome the driver, or a [DriverFailedException]
    private record PendingStart(CompletableFuture<Driver> outcome, Thread thread) {}

    /// Handles the failures of drivers. Called without a lock.
    interface Failures {
        /// A driver that had started ended by itself.
        void died(DriverPackage driver, DriverDeath death);

        /// A driver did not start.
        ///
        /// @return the exception for those who wait for it
        DriverFailedException notStarted(DriverPackage driver, DriverFailedException why);

        /// Whether a browser of this version has opened a page.
        boolean isProven(DriverPackage driver);

        /// This version works with no browser of this machine.
        void unusable(DriverPackage driver, String why);

        /// Whether to repeat a launch that failed at once, to tell an unusable version from a chance
        /// failure.
        boolean isDoubtful(DriverPackage driver);

        /// A running driver failed to launch a default browser.
        ///
        /// @param atOnce whether it failed long before the launch was due
        /// @return the result for those who wait for it
        LaunchResult notLaunched(DriverPackage driver, String why, boolean atOnce);
    }

    DriverSupervisor(
            DriverPackage wanted, DriverSource source, DriverStarter drivers, Failures failures, LongSupplier nanos) {
        this.wanted = wanted;
        this.source = source;
        this.drivers = drivers;
        this.failures = failures;
        this.nanos = nanos;
        this.backoff = newBackoff(nanos);
        this.lastUseNanos = nanos.getAsLong();
    }

    /// The backoff of starts after failures in a row.
    static Backoff newBackoff(LongSupplier nanos) {
        return new Backoff(FIRST_PAUSE, LONGEST_PAUSE, nanos).healthyAfter(HEALTHY_DRIVER);
    }

    boolean isOf(DriverPackage driverPackage) {
        return wanted.equals(driverPackage);
    }

    PlaywrightVersion version() {
        return wanted.version();
    }

    /// Whom it serves; empty as long as nobody has claimed it.
    Optional<DriverOwner> owner() {
        lock.lock();
        try {
            return Optional.ofNullable(owner);
        } finally {
            lock.unlock();
        }
    }

    /// Whether it serves an owner, or could. A browser that is nobody's yet may be on any tenant's.
    boolean fits(Optional<DriverOwner> other) {
        return owner().map(its -> other.map(its::equals).orElse(!its.isOneSession()))
                .orElse(true);
    }

    /// Serves nobody else from now on.
    ///
    /// @param failures of all drivers of that owner
    void claim(DriverOwner by, Backoff failures) {
        lock.lock();
        try {
            if (owner == null) {
                owner = by;
                backoff = failures;
            } else if (!owner.equals(by)) {
                throw new IllegalStateException("the driver of Playwright " + wanted.version() + " has another owner");
            }
            lastUseNanos = nanos.getAsLong();
        } finally {
            lock.unlock();
        }
    }

    boolean has(LaunchedBrowser browser) {
        return browsers.contains(browser);
    }

    /// Its browsers, including those that are being launched.
    int load() {
        browsers.removeIf(browser -> !browser.alive());
        return browsers.size() + launching.get();
    }

    /// Marks the driver used, so that it is not retired before the next launch.
    void use() {
        lock.lock();
        try {
            lastUseNanos = nanos.getAsLong();
        } finally {
            lock.unlock();
        }
    }

    /// The running driver, or its start, which may wait for the backoff. Returns at once. A failed start
    /// fails the future with a [DriverFailedException].
    CompletableFuture<Driver> driver() {
        lock.lock();
        try {
            if (closed) {
                return CompletableFuture.failedFuture(ended());
            }
            if (driver != null && !driver.alive()) {
                lost(); // its death has not been reported yet
            }
            if (driver != null) {
                return CompletableFuture.completedFuture(driver);
            }
            if (start == null) {
                var outcome = new CompletableFuture<Driver>();
                var thread = Thread.ofVirtual().name("driver-start-" + wanted.version());
                start = new PendingStart(outcome, thread.unstarted(() -> start(outcome)));
                start.thread().start();
            }
            return start.outcome();
        } finally {
            lock.unlock();
        }
    }

    private DriverFailedException ended() {
        return new DriverFailedException("the driver of Playwright " + wanted.version() + " was ended");
    }

    private void start(CompletableFuture<Driver> outcome) {
        try {
            pause();
            if (hold == null) {
                hold = source.hold(wanted);
            }
            var fresh = drivers.start(wanted);
            if (keep(fresh)) {
                outcome.complete(fresh);
            } else {
                fresh.close();
                outcome.completeExceptionally(ended());
            }
        } catch (DriverFailedException e) {
            failed(outcome, failures.notStarted(wanted, e));
        } catch (InterruptedException _) {
            failed(outcome, ended());
        } catch (RuntimeException e) {
            failed(outcome, failures.notStarted(wanted, new DriverFailedException(e.toString(), e)));
        }
    }

    /// After failures in a row.
    private void pause() throws InterruptedException {
        lock.lockInterruptibly();
        try {
            for (var left = backoff.leftNanos(); left > 0 && !closed; left = backoff.leftNanos()) {
                var _ = closing.await(left, TimeUnit.NANOSECONDS);
            }
        } finally {
            lock.unlock();
        }
    }

    private boolean keep(Driver fresh) {
        lock.lock();
        try {
            start = null;
            if (closed) {
                return false;
            }
            driver = fresh;
            backoff.started();
            generation++;
            var born = generation;
            fresh.onDeath(death -> died(born, death));
            return true;
        } finally {
            lock.unlock();
        }
    }

    private void failed(CompletableFuture<Driver> outcome, DriverFailedException why) {
        lock.lock();
        try {
            start = null;
            backoff.failed();
        } finally {
            lock.unlock();
        }
        outcome.completeExceptionally(why);
    }

    private void died(int dead, DriverDeath death) {
        lock.lock();
        try {
            if (closed) {
                return;
            }
            if (generation == dead && driver != null) {
                lost();
            }
        } finally {
            lock.unlock();
        }
        failures.died(wanted, death);
    }

    private void lost() {
        driver = null;
        backoff.failed();
    }

    /// Announces a launch, which counts as one of its browsers until then.
    void expectLaunch() {
        launching.incrementAndGet();
    }

    /// Takes back what [#expectLaunch] announced.
    void expectNoLaunch() {
        launching.decrementAndGet();
    }

    /// Launches a browser on its driver; blocks. Called once after each [#expectLaunch].
    LaunchResult launch(Driver on, LaunchSpec spec, Duration patience) throws InterruptedException {
        try {
            var began = nanos.getAsLong();
            // Over CDP, a launch says nothing about this version.
            var proves = spec.onConnect().isEmpty() && spec.protocol() == ClientProtocol.PLAYWRIGHT;
            var order = proves && !failures.isProven(wanted) ? spec.openingPage() : spec;
            var result = on.launch(order, patience);
            if (result instanceof LaunchResult.Failed && on.responsive() && proves) {
                result =
                        failed(on, order, patience.minusNanos(nanos.getAsLong() - began), (LaunchResult.Failed) result);
            }
            if (result instanceof LaunchResult.VersionUnusable(var why)) {
                failures.unusable(wanted, why);
            }
            if (result instanceof LaunchResult.Launched(var browser)) {
                browsers.removeIf(other -> !other.alive());
                browsers.add(browser);
            }
            return result;
        } finally {
            expectNoLaunch();
        }
    }

    private LaunchResult failed(Driver on, LaunchSpec spec, Duration left, LaunchResult.Failed first)
            throws InterruptedException {
        var atOnce = left.compareTo(spec.timeout().dividedBy(2)) > 0;
        var result = atOnce && failures.isDoubtful(wanted) ? on.launch(spec, left) : first;
        return result instanceof LaunchResult.Failed(var why) && on.responsive()
                ? failures.notLaunched(wanted, why, atOnce)
                : result;
    }

    /// Refuses further launches if it has been idle that long: no browser, and no request for one.
    ///
    /// @return whether it is retired; [#close] then ends the driver
    boolean retire(Duration idle) {
        browsers.removeIf(browser -> !browser.alive());
        lock.lock();
        try {
            var isIdle = start == null && nanos.getAsLong() - lastUseNanos > idle.toNanos();
            closed = closed || (isIdle && browsers.isEmpty() && launching.get() == 0);
            return closed;
        } finally {
            lock.unlock();
        }
    }

    /// Whether it can get another browser. Not one whose driver did not answer once: another one is started
    /// in its place.
    boolean isSetAside() {
        var hung = !responsive();
        lock.lock();
        try {
            setAside |= hung;
            return setAside;
        } finally {
            lock.unlock();
        }
    }

    /// Whether its driver answers, or is to be started.
    boolean responsive() {
        lock.lock();
        try {
            return driver == null || !driver.alive() || driver.responsive();
        } finally {
            lock.unlock();
        }
    }

    /// How long nobody has asked for it.
    Duration unused() {
        lock.lock();
        try {
            return Duration.ofNanos(nanos.getAsLong() - lastUseNanos);
        } finally {
            lock.unlock();
        }
    }

    /// Refuses further launches, before [#close].
    void refuseLaunches() {
        lock.lock();
        try {
            closed = true;
        } finally {
            lock.unlock();
        }
    }

    /// Whether it was ended on purpose, so that what fails there is no failure.
    boolean isClosed() {
        lock.lock();
        try {
            return closed;
        } finally {
            lock.unlock();
        }
    }

    /// The process of the running driver; 0 when there is none.
    long pid() {
        lock.lock();
        try {
            return driver != null && driver.alive() ? driver.pid() : 0;
        } finally {
            lock.unlock();
        }
    }

    /// Ends the driver and its browsers, also one that is being started; blocks for a few seconds at most.
    void close() throws InterruptedException {
        Driver ending;
        PendingStart starting;
        lock.lock();
        try {
            closed = true;
            ending = driver;
            starting = start;
            driver = null;
            closing.signalAll();
        } finally {
            lock.unlock();
        }
        if (ending != null) {
            ending.close();
        }
        if (starting != null) {
            starting.thread().interrupt();
            starting.thread().join();
        }
        var held = hold;
        if (held != null) {
            held.close();
        }
    }
}
