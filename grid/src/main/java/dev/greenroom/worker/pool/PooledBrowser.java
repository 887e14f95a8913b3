package dev.greenroom.worker.pool;

import dev.greenroom.schedule.Subscription;
import dev.greenroom.session.ClientProtocol;
import dev.greenroom.session.PlaywrightVersion;
import dev.greenroom.session.SessionEnding;
import dev.greenroom.session.SessionEnding.Cause;
import dev.greenroom.session.SessionId;
import dev.greenroom.worker.driver.LaunchedBrowser;
import dev.greenroom.worker.driver.PageViews.PageViewer;
import dev.greenroom.worker.driver.PageViews.SessionTimeline;
import dev.greenroom.worker.driver.PageViews.ViewOptions;
import dev.greenroom.worker.driver.PageViews.ViewedPage;
import java.nio.file.Path;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/// A browser that a session holds. Safe for use by many threads.
public final class PooledBrowser implements AutoCloseable {
    private final LaunchedBrowser browser;
    private final BrowserOrigin origin;
    private final Consumer<PooledBrowser> release;
    private final AtomicBoolean closed = new AtomicBoolean();
    private final Queue<Subscription> subscriptions = new ConcurrentLinkedQueue<>();
    private final AtomicLong peakBytes = new AtomicLong();
    private volatile boolean leftInOrder;
    private volatile long connection;

    /// How a session came by its browser.
    public enum BrowserOrigin {
        /// It was launched in advance, and had served nobody.
        WARM("warm"),
        /// It had served the same tenant, and was emptied since.
        REUSED("reused"),
        /// It was launched while the session waited for it.
        LAUNCHED("launched");

        private final String word;

        BrowserOrigin(String word) {
            this.word = word;
        }

        /// The word in the log and in metrics.
        public String word() {
            return word;
        }
    }

    /// @param release called once, with this
    PooledBrowser(LaunchedBrowser browser, BrowserOrigin origin, Consumer<PooledBrowser> release) {
        this.browser = browser;
        this.origin = origin;
        this.release = release;
    }

    /// The Unix socket on which its server listens.
    public Path socket() {
        return browser.address().socket();
    }

    /// The path of the upgrade: unguessable, not for logs.
    public String wsPath() {
        return browser.address().wsPath();
    }

    public ClientProtocol protocol() {
        return browser.protocol();
    }

    public PlaywrightVersion version() {
        return browser.version();
    }

    /// Its main process; 0 until its client connects.
    public long pid() {
        return browser.pid();
    }

    /// How its session came by it.
    public BrowserOrigin origin() {
        return origin;
    }

    /// Whether it was running before the session requested it.
    public boolean warm() {
        return origin != BrowserOrigin.LAUNCHED;
    }

    /// Records the memory of its processes.
    public void recordMemory(long bytes) {
        peakBytes.accumulateAndGet(bytes, Math::max);
    }

    /// The highest recorded memory; 0 when none was recorded.
    public long peakBytes() {
        return peakBytes.get();
    }

    /// Records that its session has ended as its client wanted, so that it may serve another one.
    public void leftInOrder() {
        leftInOrder = true;
    }

    boolean wasLeftInOrder() {
        return leftInOrder;
    }

    LaunchedBrowser launched() {
        return browser;
    }

    /// How its sessions end when it has died.
    public Cause deathCause() {
        return browser.deathCause();
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

    /// Names the session that holds it.
    ///
    /// @param connection the number of the session's connection to the driver
    /// @param ended called at most once before this is closed, when the driver has ended the session; must
    ///     not block
    public void serve(SessionId session, long connection, Consumer<SessionEnding> ended) {
        this.connection = connection;
        subscriptions.add(browser.serve(session, connection, ended));
        if (closed.get()) {
            unsubscribe();
        }
    }

    /// The pages of its session, as [PageViews#pages].
    public CompletableFuture<List<ViewedPage>> pages() {
        return browser.views().pages(connection);
    }

    /// What its session has called, as [PageViews#timeline].
    public CompletableFuture<SessionTimeline> timeline() {
        return browser.views().timeline(connection);
    }

    /// Whether the client of its session waits for the answer to a call; fails as [#timeline].
    public CompletableFuture<Boolean> isAwaited() {
        return timeline().thenApply(timeline -> !timeline.running().isEmpty());
    }

    /// Watches a page of its session, as [PageViews#watch]. Also ends with the session.
    public Subscription watch(ViewOptions options, PageViewer viewer) {
        var watching = browser.views().watch(connection, options, viewer);
        subscriptions.add(watching);
        if (closed.get()) {
            unsubscribe();
        }
        return () -> {
            subscriptions.remove(watching);
            watching.close();
        };
    }

    /// A shared browser outlives its sessions.
    private void unsubscribe() {
        for (var open = subscriptions.poll(); open != null; open = subscriptions.poll()) {
            open.close();
        }
    }

    /// Releases it; returns at once. A browser that is not shared is emptied or destroyed in the background.
    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            unsubscribe();
            release.accept(this);
        }
    }
}
