package dev.greenroom.worker.pool;

import dev.greenroom.worker.driver.Driver.LaunchResult;
import dev.greenroom.worker.driver.LaunchedBrowser;
import dev.greenroom.worker.pool.BrowserPool.TakeResult;
import dev.greenroom.worker.pool.BrowserQueue.Handed;
import dev.greenroom.worker.pool.PooledBrowser.BrowserOrigin;
import dev.greenroom.worker.pool.WarmDemand.Wanted;
import dev.greenroom.worker.store.DriverSource;
import dev.greenroom.worker.store.DriverSource.DriverPackage;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// One browser per version and owner, shared by all its sessions. Its launch serves all sessions that wait
/// for it.
final class SharedBrowsers {
    private static final Duration IDLE = Duration.ofMinutes(5);

    private final BrowserQueue queue;
    private final DriverSource source;
    private final LongSupplier nanos;

    /// Guards all below. Held briefly.
    private final ReentrantLock lock = new ReentrantLock();

    private final Map<Wanted, Shared> shared = new HashMap<>();

    SharedBrowsers(BrowserQueue queue, DriverSource source, LongSupplier nanos) {
        this.queue = queue;
        this.source = source;
        this.nanos = nanos;
    }

    /// The browser of a version and owner.
    private static final class Shared {
        private @Nullable LaunchedBrowser browser;
        private @Nullable CompletableFuture<Handed> launch;
        private int users;
        private long lastUseNanos;
    }

    /// Gives a session the browser of its version and owner, and launches it when none is alive. The
    /// caller's interruption and deadline end only its own wait.
    TakeResult take(DriverPackage driver, DriverOwner owner, Deadline deadline, Consumer<PooledBrowser> gaveBack)
            throws InterruptedException {
        var key = new Wanted(driver.version(), Optional.of(owner));
        Shared it;
        CompletableFuture<Handed> launch;
        lock.lock();
        try {
            it = shared.computeIfAbsent(key, _ -> new Shared());
            if (it.browser != null && it.browser.usable() && queue.useShared(it.browser)) {
                return taken(it, it.browser, BrowserOrigin.WARM, gaveBack);
            }
            launch = launch(it, driver, owner);
        } finally {
            lock.unlock();
        }
        var handed = await(launch, deadline);
        return switch (handed.result()) {
            case LaunchResult.Launched(var browser) -> {
                lock.lock();
                try {
                    yield queue.useShared(browser)
                            ? taken(it, browser, handed.origin(), gaveBack)
                            : new TakeResult.LaunchFailed("the shared browser has ended");
                } finally {
                    lock.unlock();
                }
            }
            case LaunchResult.Refused(var option, var why) -> new TakeResult.Refused(option, why);
            case LaunchResult.Failed(var why) -> new TakeResult.LaunchFailed(why);
            case LaunchResult.NoDriver _ -> new TakeResult.NoDriver();
            case LaunchResult.VersionUnusable(var why) -> new TakeResult.NoVersion(source.available(), why);
        };
    }

    private CompletableFuture<Handed> launch(Shared it, DriverPackage driver, DriverOwner owner) {
        var launch = it.launch;
        if (launch == null) {
            launch = queue.request(driver, owner)
                    .thenApplyAsync(handed -> launched(it, handed), Thread::startVirtualThread);
            it.launch = launch;
        }
        return launch;
    }

    private Handed launched(Shared it, Handed handed) {
        lock.lock();
        try {
            it.launch = null;
            if (handed.result() instanceof LaunchResult.Launched(var browser)) {
                it.browser = browser;
                it.lastUseNanos = nanos.getAsLong();
                queue.sharedIsReady(browser);
                queue.keepWarm(0); // a browser that waited for the first client is not needed any more
            }
            return handed;
        } finally {
            lock.unlock();
        }
    }

    private static Handed await(CompletableFuture<Handed> launch, Deadline deadline) throws InterruptedException {
        try {
            return launch.get(deadline.left().toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException _) {
            return new Handed(
                    new LaunchResult.Failed("the shared browser was not ready in time"), BrowserOrigin.LAUNCHED);
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }

    private TakeResult taken(
            Shared it, LaunchedBrowser browser, BrowserOrigin origin, Consumer<PooledBrowser> gaveBack) {
        it.users++;
        return new TakeResult.Taken(new PooledBrowser(browser, origin, pooled -> {
            lock.lock();
            try {
                it.users--;
                it.lastUseNanos = nanos.getAsLong();
                if (it.users == 0) {
                    queue.sharedIsIdle(browser);
                }
            } finally {
                lock.unlock();
            }
            gaveBack.accept(pooled);
        }));
    }

    int alive() {
        lock.lock();
        try {
            return (int) shared.values().stream().filter(SharedBrowsers::alive).count();
        } finally {
            lock.unlock();
        }
    }

    private static boolean alive(Shared it) {
        return it.browser != null && it.browser.alive();
    }

    /// Closes the browsers that no session has used for some minutes, except one.
    void endIdle(Wanted kept) {
        lock.lock();
        try {
            shared.entrySet().removeIf(entry -> {
                var it = entry.getValue();
                var idle = !entry.getKey().equals(kept)
                        && it.users == 0
                        && it.launch == null
                        && nanos.getAsLong() - it.lastUseNanos > IDLE.toNanos();
                if (idle && it.browser != null) {
                    it.browser.close();
                }
                return idle;
            });
        } finally {
            lock.unlock();
        }
    }
}
