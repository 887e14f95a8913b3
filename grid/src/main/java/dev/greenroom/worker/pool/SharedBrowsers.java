package dev.greenroom.worker.pool;

import dev.greenroom.session.PlaywrightVersion;
import dev.greenroom.worker.driver.DriverPackage;
import dev.greenroom.worker.driver.LaunchResult;
import dev.greenroom.worker.driver.LaunchedBrowser;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// One browser for all sessions of a version.
final class SharedBrowsers {
    private static final Duration IDLE = Duration.ofMinutes(5);

    private final Launcher launcher;
    private final LongSupplier nanos;
    private final Map<PlaywrightVersion, Shared> shared = new ConcurrentHashMap<>();

    SharedBrowsers(Launcher launcher, LongSupplier nanos) {
        this.launcher = launcher;
        this.nanos = nanos;
    }

    /// A version's browser. Its lock is held while it is launched, so that those who come meanwhile share it.
    private static final class Shared {
        private final ReentrantLock lock = new ReentrantLock();
        private @Nullable LaunchedBrowser browser;
        private int users;
        private long lastUseNanos;
    }

    /// Gives a session its version's browser, launching it when there is none that lives.
    TakeResult take(DriverPackage driver, Deadline deadline, Runnable gaveBack) throws InterruptedException {
        var it = shared.computeIfAbsent(driver.version(), _ -> new Shared());
        if (!it.lock.tryLock(deadline.left().toNanos(), TimeUnit.NANOSECONDS)) {
            return new TakeResult.LaunchFailed("the shared browser was not there in time");
        }
        try {
            var running = it.browser;
            if (running != null && running.alive()) {
                return taken(it, running, true, gaveBack);
            }
            return switch (launcher.forSession(driver, deadline)) {
                case LaunchResult.Failed(var why) -> new TakeResult.LaunchFailed(why);
                case LaunchResult.Launched(var browser) -> {
                    it.browser = browser;
                    launcher.waits(browser);
                    yield taken(it, browser, false, gaveBack);
                }
            };
        } finally {
            it.lock.unlock();
        }
    }

    private TakeResult taken(Shared it, LaunchedBrowser browser, boolean warm, Runnable gaveBack) {
        it.users++;
        return new TakeResult.Taken(new PooledBrowser(browser, warm, () -> {
            it.lock.lock();
            try {
                it.users--;
                it.lastUseNanos = nanos.getAsLong();
            } finally {
                it.lock.unlock();
            }
            gaveBack.run();
        }));
    }

    int alive() {
        return (int) shared.values().stream().filter(SharedBrowsers::alive).count();
    }

    private static boolean alive(Shared it) {
        var browser = it.browser;
        return browser != null && browser.alive();
    }

    /// Closes the browsers that no session has used for some minutes, except one version's.
    void endIdle(PlaywrightVersion kept) {
        shared.forEach((version, it) -> {
            if (!version.equals(kept) && it.lock.tryLock()) {
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
        });
    }
}
