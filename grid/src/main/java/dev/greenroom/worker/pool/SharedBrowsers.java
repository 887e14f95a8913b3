package dev.greenroom.worker.pool;

import dev.greenroom.session.PlaywrightVersion;
import dev.greenroom.worker.driver.Driver.LaunchResult;
import dev.greenroom.worker.driver.LaunchedBrowser;
import dev.greenroom.worker.pool.BrowserPool.TakeResult;
import dev.greenroom.worker.store.DriverSource;
import dev.greenroom.worker.store.DriverSource.DriverPackage;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// One browser per version, shared by all its sessions. Its launch serves all sessions that wait for it.
final class SharedBrowsers {
    private static final Duration IDLE = Duration.ofMinutes(5);

    private final BrowserQueue queue;
    private final DriverSource source;
    private final LongSupplier nanos;
    private final Map<PlaywrightVersion, Shared> shared = new ConcurrentHashMap<>();

    SharedBrowsers(BrowserQueue queue, DriverSource source, LongSupplier nanos) {
        this.queue = queue;
        this.source = source;
        this.nanos = nanos;
    }

    /// The browser of a version. The lock guards the other fields, and is held briefly.
    private static final class Shared {
        private final ReentrantLock lock = new ReentrantLock();
        private @Nullable LaunchedBrowser browser;
        private @Nullable CompletableFuture<LaunchResult> launch;
        private int users;
        private long lastUseNanos;
    }

    /// Gives a session the browser of its version, and launches it when none is alive. The caller's
    /// interruption and deadline end only its own wait.
    TakeResult take(DriverPackage driver, Deadline deadline, Consumer<PooledBrowser> gaveBack)
            throws InterruptedException {
        var it = shared.computeIfAbsent(driver.version(), _ -> new Shared());
        CompletableFuture<LaunchResult> launch;
        it.lock.lock();
        try {
            if (it.browser != null && it.browser.usable()) {
                return taken(it, it.browser, true, gaveBack);
            }
            launch = launch(it, driver);
        } finally {
            it.lock.unlock();
        }
        return switch (await(launch, deadline)) {
            case LaunchResult.Launched(var browser) -> {
                it.lock.lock();
                try {
                    yield taken(it, browser, false, gaveBack);
                } finally {
                    it.lock.unlock();
                }
            }
            case LaunchResult.Refused(var option, var why) -> new TakeResult.Refused(option, why);
            case LaunchResult.Failed(var why) -> new TakeResult.LaunchFailed(why);
            case LaunchResult.VersionUnusable(var why) -> new TakeResult.NoVersion(source.available(), why);
        };
    }

    private CompletableFuture<LaunchResult> launch(Shared it, DriverPackage driver) {
        var launch = it.launch;
        if (launch == null) {
            launch = queue.request(driver)
                    .thenApplyAsync(handed -> launched(it, handed.result()), Thread::startVirtualThread);
            it.launch = launch;
        }
        return launch;
    }

    private LaunchResult launched(Shared it, LaunchResult result) {
        it.lock.lock();
        try {
            it.launch = null;
            if (result instanceof LaunchResult.Launched(var browser)) {
                it.browser = browser;
                it.lastUseNanos = nanos.getAsLong();
                queue.sharedIsReady(browser);
            }
            return result;
        } finally {
            it.lock.unlock();
        }
    }

    private static LaunchResult await(CompletableFuture<LaunchResult> launch, Deadline deadline)
            throws InterruptedException {
        try {
            return launch.get(deadline.left().toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException _) {
            return new LaunchResult.Failed("the shared browser was not ready in time");
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }

    private TakeResult taken(Shared it, LaunchedBrowser browser, boolean warm, Consumer<PooledBrowser> gaveBack) {
        it.users++;
        return new TakeResult.Taken(new PooledBrowser(browser, warm, pooled -> {
            it.lock.lock();
            try {
                it.users--;
                it.lastUseNanos = nanos.getAsLong();
            } finally {
                it.lock.unlock();
            }
            gaveBack.accept(pooled);
        }));
    }

    int alive() {
        return (int) shared.values().stream().filter(SharedBrowsers::alive).count();
    }

    private static boolean alive(Shared it) {
        it.lock.lock();
        try {
            return it.browser != null && it.browser.alive();
        } finally {
            it.lock.unlock();
        }
    }

    /// Closes the browsers that no session has used for some minutes, except that of one version.
    void endIdle(PlaywrightVersion kept) {
        shared.forEach((version, it) -> {
            if (!version.equals(kept)) {
                endIfIdle(it);
            }
        });
    }

    private void endIfIdle(Shared it) {
        it.lock.lock();
        try {
            var browser = it.browser;
            if (browser != null && it.users == 0 && nanos.getAsLong() - it.lastUseNanos > IDLE.toNanos()) {
                browser.close();
                it.browser = null;
            }
        } finally {
            it.lock.unlock();
        }
    }
}
