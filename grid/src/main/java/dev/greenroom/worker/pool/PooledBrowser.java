package dev.greenroom.worker.pool;

import dev.greenroom.schedule.Subscription;
import dev.greenroom.session.PlaywrightVersion;
import dev.greenroom.worker.driver.LaunchedBrowser;
import java.nio.file.Path;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/// A browser in the hands of one session. Safe for use by many threads.
public final class PooledBrowser implements AutoCloseable {
    private final LaunchedBrowser browser;
    private final boolean warm;
    private final Consumer<PooledBrowser> giveBack;
    private final AtomicBoolean closed = new AtomicBoolean();
    private final Queue<Subscription> subscriptions = new ConcurrentLinkedQueue<>();
    private final AtomicLong peakBytes = new AtomicLong();

    /// @param giveBack called once, with this
    PooledBrowser(LaunchedBrowser browser, boolean warm, Consumer<PooledBrowser> giveBack) {
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

    /// Its main process; 0 while it waits for its client.
    public long pid() {
        return browser.pid();
    }

    /// Whether it was launched before it was asked for.
    public boolean warm() {
        return warm;
    }

    /// Notes what its processes use now.
    public void uses(long bytes) {
        peakBytes.accumulateAndGet(bytes, Math::max);
    }

    /// The most that its processes were seen to use; 0 when nobody looked.
    public long peakBytes() {
        return peakBytes.get();
    }

    LaunchedBrowser launched() {
        return browser;
    }

    /// Calls `action` once if the browser or its driver dies before this is closed, also when it already
    /// has; on a virtual thread of its own.
    public void onDeath(Runnable action) {
        subscriptions.add(browser.onDeath(() -> {
            if (!closed.get()) {
                action.run();
            }
        }));
        if (closed.get()) {
            unsubscribe();
        }
    }

    /// A browser that sessions share outlives each of them.
    private void unsubscribe() {
        for (var open = subscriptions.poll(); open != null; open = subscriptions.poll()) {
            open.close();
        }
    }

    /// Gives it back; returns at once, what has to be destroyed is destroyed in the background.
    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            unsubscribe();
            giveBack.accept(this);
        }
    }
}
