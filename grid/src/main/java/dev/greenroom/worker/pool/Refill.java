package dev.greenroom.worker.pool;

import dev.greenroom.session.PlaywrightVersion;
import dev.greenroom.worker.driver.DriverPackage;
import dev.greenroom.worker.driver.DriverSource;
import dev.greenroom.worker.driver.LaunchResult;
import dev.greenroom.worker.driver.LaunchedBrowser;
import dev.greenroom.worker.driver.Resolution;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Keeps the shelf as the demand wants it, one browser at a time, on one thread.
final class Refill {
    private static final Logger LOG = LoggerFactory.getLogger(Refill.class);
    private static final Duration FETCH_PATIENCE = Duration.ofMinutes(1);

    /// A launch keeps the driver busy; the session that has just taken a browser connects to it first.
    static final Duration AFTER_TAKE = Duration.ofMillis(50);

    /// A launch keeps the cores busy, too; while there is another browser for whoever comes next, the session opens
    /// its first page first.
    static final Duration AFTER_TAKE_OF_SEVERAL = Duration.ofMillis(200);

    private final WarmShelf shelf;
    private final Demand demand;
    private final DriverSource source;
    private final Launcher launcher;
    private final Backoff backoff;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition wake = lock.newCondition();
    private final LongSupplier nanos;
    private boolean changed;
    private long takenNanos;

    Refill(WarmShelf shelf, Demand demand, DriverSource source, Launcher launcher, LongSupplier nanos) {
        this.shelf = shelf;
        this.demand = demand;
        this.source = source;
        this.launcher = launcher;
        this.backoff = new Backoff(nanos);
        this.nanos = nanos;
        this.takenNanos = nanos.getAsLong() - AFTER_TAKE_OF_SEVERAL.toNanos();
    }

    /// Says that the shelf or the demand is not what it was.
    void changed() {
        lock.lock();
        try {
            changed = true;
            wake.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /// Says that a session was given a browser.
    void taken() {
        lock.lock();
        try {
            takenNanos = nanos.getAsLong();
        } finally {
            lock.unlock();
        }
        changed();
    }

    /// Works until it is interrupted.
    void run() {
        try {
            while (!Thread.currentThread().isInterrupted()) {
                refillOrWait();
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    /// Whatever goes wrong with one browser, the next one is launched after a pause.
    private void refillOrWait() throws InterruptedException {
        var version = demand.missing(shelf.versions());
        if (version.isEmpty()) {
            awaitChange();
            return;
        }
        pause();
        try {
            refill(version.get());
        } catch (RuntimeException e) {
            LOG.atError()
                    .addKeyValue("code", "REFILL_FAILED")
                    .setCause(e)
                    .log("Warming a browser failed; trying again");
            failed(version.get(), String.valueOf(e.getMessage()));
        }
    }

    private void awaitChange() throws InterruptedException {
        lock.lockInterruptibly();
        try {
            while (!changed) {
                wake.await();
            }
            changed = false;
        } finally {
            lock.unlock();
        }
    }

    /// After a take, and after failures, whatever happens meanwhile.
    private void pause() throws InterruptedException {
        lock.lockInterruptibly();
        try {
            for (var left = leftAfterTake(); left > 0; left = leftAfterTake()) {
                var _ = wake.awaitNanos(left);
            }
            while (backoff.leftNanos() > 0) {
                var _ = wake.await(backoff.leftNanos(), TimeUnit.NANOSECONDS);
            }
        } finally {
            lock.unlock();
        }
    }

    private long leftAfterTake() {
        var pause = shelf.versions().isEmpty() ? AFTER_TAKE : AFTER_TAKE_OF_SEVERAL;
        return takenNanos + pause.toNanos() - nanos.getAsLong();
    }

    private void refill(PlaywrightVersion version) throws InterruptedException {
        switch (source.resolve(version, FETCH_PATIENCE)) {
            case Resolution.Stored(var driver) -> refill(driver);
            case Resolution.StillFetching _ -> failed(version, "its driver is still being fetched");
            case Resolution.NotToBeHad gone -> failed(version, gone.why());
        }
    }

    private void refill(DriverPackage driver) throws InterruptedException {
        var promise = shelf.promise(driver.version());
        var launched = Optional.<LaunchedBrowser>empty();
        try {
            switch (launcher.forShelf(driver)) {
                case LaunchResult.Launched(var browser) -> launched = Optional.of(browser);
                case LaunchResult.Failed(var why) -> failed(driver.version(), why);
            }
        } finally {
            if (shelf.withdraw()) {
                launched.ifPresent(this::shelve);
            } else {
                promise.complete(launched); // a session waits for it, or for the news that there is none
            }
        }
    }

    /// Puts a browser that nobody has had onto the shelf.
    void shelve(LaunchedBrowser browser) {
        shelf.put(browser);
        launcher.waits(browser);
        trim();
        lock.lock();
        try {
            backoff.succeeded();
        } finally {
            lock.unlock();
        }
        browser.onDeath(() -> {
            if (shelf.remove(browser)) {
                failed(browser.version(), "a browser died while it waited");
                changed();
            }
        });
    }

    /// Destroys those that wait for nobody.
    void trim() {
        var surplus = demand.surplus(shelf.versions()).flatMap(shelf::removeOne);
        while (surplus.isPresent()) {
            surplus.get().close();
            surplus = demand.surplus(shelf.versions()).flatMap(shelf::removeOne);
        }
    }

    private void failed(PlaywrightVersion version, String why) {
        LOG.atWarn().addKeyValue("version", version).addKeyValue("cause", why).log("warm browser is missing");
        lock.lock();
        try {
            backoff.failed();
        } finally {
            lock.unlock();
        }
    }
}
