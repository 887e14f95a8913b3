package dev.greenroom.worker.pool;

import dev.greenroom.session.PlaywrightVersion;
import dev.greenroom.worker.driver.Driver;
import dev.greenroom.worker.driver.DriverFailedException;
import dev.greenroom.worker.driver.DriverPackage;
import dev.greenroom.worker.driver.Drivers;
import dev.greenroom.worker.driver.LaunchResult;
import dev.greenroom.worker.driver.LaunchSpec;
import dev.greenroom.worker.driver.LaunchedBrowser;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// Keeps one version's driver: starts it when it is needed, and again when it died, with growing pauses.
final class Keeper {
    /// A driver that lived that long is no proof that the next one will die.
    private static final Duration HEALTHY = Duration.ofMinutes(1);

    private final DriverPackage wanted;
    private final Drivers drivers;
    private final Failures failures;
    private final LongSupplier nanos;
    private final Backoff backoff;
    private final Set<LaunchedBrowser> browsers = ConcurrentHashMap.newKeySet();
    private final AtomicInteger launching = new AtomicInteger();

    /// Guards all that follows. Held while the driver starts, so that those who come meanwhile share it.
    private final ReentrantLock lock = new ReentrantLock();

    private final Condition closing = lock.newCondition();
    private volatile @Nullable Driver driver;
    private int generation;
    private long startedNanos;
    private long lastUseNanos;
    private volatile boolean closed;

    /// Who is told when drivers fail.
    interface Failures {
        /// A driver that had started ended by itself.
        void died(PlaywrightVersion version, String cause);

        /// A driver that runs did not launch a browser of the usual kind.
        void notLaunched(PlaywrightVersion version, String cause);

        /// A driver did not start.
        void notStarted(PlaywrightVersion version, String cause);
    }

    Keeper(DriverPackage wanted, Drivers drivers, Failures failures, LongSupplier nanos) {
        this.wanted = wanted;
        this.drivers = drivers;
        this.failures = failures;
        this.nanos = nanos;
        this.backoff = new Backoff(nanos);
        this.lastUseNanos = nanos.getAsLong();
    }

    /// Browsers that it has, and those that are being launched on it.
    int load() {
        browsers.removeIf(browser -> !browser.alive());
        return browsers.size() + launching.get();
    }

    /// Launches a browser; once more on the next driver, when this one died meanwhile.
    LaunchResult launch(LaunchSpec spec, Deadline deadline) throws InterruptedException {
        launching.incrementAndGet();
        try {
            var enough = deadline.left().compareTo(spec.timeout().dividedBy(2)) >= 0;
            var last = driver(deadline);
            var result = last.launch(spec, deadline.left());
            if (result instanceof LaunchResult.Failed
                    && !last.alive()
                    && !deadline.left().isZero()) {
                last = driver(deadline);
                result = last.launch(spec, deadline.left());
            }
            if (result instanceof LaunchResult.Failed(var why)
                    && last.alive() // its death is told otherwise
                    && spec.onConnect().isEmpty()
                    && (enough || !deadline.left().isZero())) {
                failures.notLaunched(wanted.version(), why);
            }
            if (result instanceof LaunchResult.Launched(var browser)) {
                browsers.removeIf(other -> !other.alive());
                browsers.add(browser);
            }
            return result;
        } catch (DriverFailedException e) {
            return new LaunchResult.Failed(String.valueOf(e.getMessage()));
        } finally {
            launching.decrementAndGet();
        }
    }

    private Driver driver(Deadline deadline) throws InterruptedException {
        if (!lock.tryLock(deadline.left().toNanos(), TimeUnit.NANOSECONDS)) {
            throw new DriverFailedException("the driver of Playwright " + wanted.version() + " did not start in time");
        }
        try {
            lastUseNanos = nanos.getAsLong();
            if (driver != null && !driver.alive()) {
                lost(); // nobody has told us yet
            }
            while (driver == null && !closed && backoff.leftNanos() > 0) {
                if (closing.awaitNanos(Math.min(
                                        backoff.leftNanos(), deadline.left().toNanos()))
                                <= 0
                        && deadline.left().isZero()) {
                    throw new DriverFailedException("the driver of Playwright " + wanted.version()
                            + " has failed and is not started again before a pause");
                }
            }
            if (closed) {
                throw new DriverFailedException("the driver of Playwright " + wanted.version() + " was ended");
            }
            var running = driver;
            return running != null ? running : start();
        } finally {
            lock.unlock();
        }
    }

    private Driver start() throws InterruptedException {
        try {
            var fresh = drivers.start(wanted);
            driver = fresh;
            startedNanos = nanos.getAsLong();
            generation++;
            var born = generation;
            fresh.onDeath(cause -> died(born, cause));
            return fresh;
        } catch (DriverFailedException e) {
            backoff.failed();
            failures.notStarted(wanted.version(), String.valueOf(e.getMessage()));
            throw e;
        }
    }

    private void died(int dead, String cause) {
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
        failures.died(wanted.version(), cause);
    }

    private void lost() {
        driver = null;
        if (nanos.getAsLong() - startedNanos > HEALTHY.toNanos()) {
            backoff.succeeded();
        }
        backoff.failed();
    }

    /// Takes no more launches from now on, if it has had no browser and nobody has asked for one for that long; whether
    /// that is so. The driver itself is ended by [#close].
    boolean retire(Duration idle) {
        browsers.removeIf(browser -> !browser.alive());
        if (!browsers.isEmpty() || !lock.tryLock()) {
            return false;
        }
        try {
            // A launch that has not answered yet has been asked for lately.
            closed = closed || nanos.getAsLong() - lastUseNanos > idle.toNanos();
            return closed;
        } finally {
            lock.unlock();
        }
    }

    boolean closed() {
        return closed;
    }

    /// The process of the driver that runs; 0 when none does.
    long pid() {
        var running = driver;
        return running != null && running.alive() ? running.pid() : 0;
    }

    /// Ends the driver and its browsers; blocks for a few seconds at most, and longer only while it starts.
    void close() {
        Driver ending;
        lock.lock();
        try {
            closed = true;
            ending = driver;
            driver = null;
            closing.signalAll();
        } finally {
            lock.unlock();
        }
        if (ending != null) {
            ending.close();
        }
    }
}
