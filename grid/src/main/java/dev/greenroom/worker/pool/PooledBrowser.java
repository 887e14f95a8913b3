package dev.greenroom.worker.pool;

import dev.greenroom.session.PlaywrightVersion;
import dev.greenroom.worker.driver.LaunchedBrowser;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicBoolean;

/// A browser in the hands of one session. Safe for use by many threads.
public final class PooledBrowser implements AutoCloseable {
    private final LaunchedBrowser browser;
    private final boolean warm;
    private final Runnable giveBack;
    private final AtomicBoolean closed = new AtomicBoolean();

    PooledBrowser(LaunchedBrowser browser, boolean warm, Runnable giveBack) {
        this.browser = browser;
        this.warm = warm;
        this.giveBack = giveBack;
    }

    /// The Unix socket on which its server listens.
    public Path socket() {
        return browser.address().socket();
    }

    /// The path of the upgrade: unguessable, not for logs.
    public String wsPath() {
        return browser.address().wsPath();
    }

    public PlaywrightVersion version() {
        return browser.version();
    }

    /// Its main process.
    public long pid() {
        return browser.address().pid();
    }

    /// Whether it was launched before it was asked for.
    public boolean warm() {
        return warm;
    }

    /// Calls `action` once if the browser or its driver dies before this is closed, also when it already has; on a
    /// virtual thread of its own.
    public void onDeath(Runnable action) {
        browser.onDeath(() -> {
            if (!closed.get()) {
                action.run();
            }
        });
    }

    /// Gives it back; returns at once, what has to be destroyed is destroyed in the background.
    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            giveBack.run();
        }
    }
}
