package dev.greenroom.worker.driver;

import dev.greenroom.schedule.Subscription;
import dev.greenroom.session.ClientProtocol;
import dev.greenroom.session.PlaywrightVersion;
import dev.greenroom.session.SessionEnding;
import dev.greenroom.session.SessionEnding.Cause;
import dev.greenroom.session.SessionId;
import dev.greenroom.worker.driver.Driver.LaunchPermit;
import dev.greenroom.worker.driver.Driver.LaunchPermit.LaunchEnd;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Supplier;

/// A browser process with its Playwright server. It ends once: it is closed, or it dies by itself; the
/// first of the two counts. Safe for use by many threads.
public final class LaunchedBrowser implements AutoCloseable {
    private enum BrowserEnd {
        CLOSED,
        DIED
    }

    private final BrowserAddress address;
    private final PlaywrightVersion version;
    private final ClientProtocol protocol;
    private final Runnable destroy;
    private final BooleanSupplier responsive;
    private final BiConsumer<Long, SessionId> served;
    private final Supplier<CompletableFuture<Optional<String>>> emptying;
    private final PageViews views;
    private final CompletableFuture<BrowserEnd> end = new CompletableFuture<>();
    private final Subscription.Listeners<BrowserEnd> listeners = new Subscription.Listeners<>();
    private final CompletableFuture<LaunchEnd> launch = new CompletableFuture<>();
    private final Map<Long, SessionId> sessions = new ConcurrentHashMap<>();
    private final Map<Long, CompletableFuture<SessionEnding>> endings = new ConcurrentHashMap<>();
    private volatile long pid;
    private volatile Cause deathCause = Cause.BROWSER_CRASHED;
    private final AtomicInteger emptied = new AtomicInteger();
    private volatile LaunchPermit permit = LaunchPermit.NONE;

    /// Where a browser listens.
    ///
    /// @param socket the Unix socket on which its server listens
    /// @param wsPath the path of the upgrade, unguessable
    /// @param pid its main process; 0 when it is launched for a client and waits for it
    public record BrowserAddress(Path socket, String wsPath, long pid) {
        /// Without the path of the upgrade: who knows it, owns the browser.
        @Override
        public String toString() {
            return "browser " + pid + " at " + socket;
        }
    }

    /// @param destroy ends the process, must not block
    public LaunchedBrowser(BrowserAddress address, PlaywrightVersion version, Runnable destroy) {
        this(
                address,
                version,
                ClientProtocol.PLAYWRIGHT,
                destroy,
                () -> true,
                (_, _) -> {},
                LaunchedBrowser::neverEmptied,
                PageViews.none());
    }

    private static CompletableFuture<Optional<String>> neverEmptied() {
        return CompletableFuture.completedFuture(Optional.of("it cannot be emptied"));
    }

    /// @param protocol in which its clients drive it
    /// @param destroy as above
    /// @param responsive whether its driver answers
    /// @param served called with the number of a connection and its session when that begins, and when it
    ///     ends; must not block
    /// @param emptying makes it ready for another session, must not block; see [#empty]
    /// @param views of its pages
    public LaunchedBrowser(
            BrowserAddress address,
            PlaywrightVersion version,
            ClientProtocol protocol,
            Runnable destroy,
            BooleanSupplier responsive,
            BiConsumer<Long, SessionId> served,
            Supplier<CompletableFuture<Optional<String>>> emptying,
            PageViews views) {
        this.emptying = emptying;
        this.views = views;
        this.address = address;
        this.version = version;
        this.protocol = protocol;
        this.destroy = destroy;
        this.responsive = responsive;
        this.served = served;
        this.pid = address.pid();
    }

    public BrowserAddress address() {
        return address;
    }

    /// The protocol in which its clients drive it.
    public ClientProtocol protocol() {
        return protocol;
    }

    /// Pictures of its pages.
    public PageViews views() {
        return views;
    }

    /// The version of Playwright that its server speaks, or that launched it for clients of CDP.
    public PlaywrightVersion version() {
        return version;
    }

    /// Its main process; 0 as long as it waits for its client.
    public long pid() {
        return pid;
    }

    /// Told by the driver when the process of a browser that waited for its client runs.
    void spawned(long process) {
        pid = process;
    }

    public boolean alive() {
        return !end.isDone();
    }

    /// Whether it can serve a new session now: it is alive, and its driver answers.
    public boolean usable() {
        return alive() && responsive.getAsBoolean();
    }

    /// How its sessions end when it has died.
    public Cause deathCause() {
        return deathCause;
    }

    /// Calls `action` once when the browser ends without being closed, also when it already has; on a
    /// thread of its own. Close the subscription when the subscriber ends before the browser.
    public Subscription onDeath(Runnable action) {
        return subscribe(how -> {
            if (how == BrowserEnd.DIED) {
                action.run();
            }
        });
    }

    /// Calls `action` once when the browser ends for any reason, also when it already has; on a thread of
    /// its own.
    public Subscription onEnd(Runnable action) {
        return subscribe(_ -> action.run());
    }

    /// Names a session of this browser, until the result is closed.
    ///
    /// @param connection its number
    /// @param ended called at most once, when the driver has ended the session, also when it already has;
    ///     must not block
    public Subscription serve(SessionId session, long connection, Consumer<SessionEnding> ended) {
        sessions.put(connection, session);
        served.accept(connection, session);
        var _ = endings.computeIfAbsent(connection, _ -> new CompletableFuture<>())
                .thenAccept(ended);
        return () -> {
            sessions.remove(connection);
            endings.remove(connection);
            served.accept(connection, session);
        };
    }

    /// Its sessions: the one with this connection, or all when there is none.
    Collection<SessionId> sessions(long connection) {
        var one = sessions.get(connection);
        return one == null ? List.copyOf(sessions.values()) : List.of(one);
    }

    /// Told by the driver when it has ended a session.
    void sessionEnded(long connection, SessionEnding why) {
        endings.computeIfAbsent(connection, _ -> new CompletableFuture<>()).complete(why);
    }

    /// Removes what its last session has left, for another one of the same tenant. Completed with why that
    /// is not possible, empty when it is done; never exceptionally.
    public CompletableFuture<Optional<String>> empty() {
        return emptying.get().whenComplete((refusal, _) -> {
            if (refusal != null && refusal.isEmpty()) {
                emptied.incrementAndGet();
            }
        });
    }

    /// How often it was emptied.
    public int emptied() {
        return emptied.get();
    }

    private Subscription subscribe(Consumer<BrowserEnd> listener) {
        var told = new AtomicBoolean();
        Consumer<BrowserEnd> once = how -> {
            if (told.compareAndSet(false, true)) {
                Thread.startVirtualThread(() -> listener.accept(how));
            }
        };
        var subscription = listeners.add(once);
        if (end.isDone()) {
            subscription.close();
            once.accept(end.join());
        }
        return subscription;
    }

    private boolean end(BrowserEnd how) {
        var first = end.complete(how);
        if (first) {
            views.end();
            listeners.publish(how);
            listeners.clear();
        }
        return first;
    }

    /// Makes its launch wait for a turn, if it is launched for its client. Called before that client can
    /// connect.
    public void withPermit(LaunchPermit by) {
        permit = by;
    }

    /// Waits until it may be launched for its client. Empty when it may; otherwise why not.
    ///
    /// @param atMost how long the launch may take
    public Optional<String> awaitLaunch(Duration atMost) throws InterruptedException {
        var turns = permit;
        var refusal = turns.awaitTurn();
        if (refusal.isEmpty()) {
            var _ = launch.completeOnTimeout(LaunchEnd.FAILED, atMost.toMillis(), TimeUnit.MILLISECONDS)
                    .thenAcceptAsync(turns::ended, Thread::startVirtualThread);
            var _ = end.thenRun(() -> launch.complete(LaunchEnd.LEFT));
        }
        return refusal;
    }

    /// Told by the driver when that launch is over.
    public void launchEnded(boolean up) {
        launch.complete(up ? LaunchEnd.UP : LaunchEnd.FAILED);
    }

    /// Told by the driver when the process is gone.
    public void died() {
        died(Cause.BROWSER_CRASHED);
    }

    /// The same, with what it means to its sessions.
    public void died(Cause cause) {
        if (alive()) {
            deathCause = cause;
        }
        end(BrowserEnd.DIED);
    }

    /// Destroys the browser; returns at once.
    @Override
    public void close() {
        if (end(BrowserEnd.CLOSED)) {
            destroy.run();
        }
    }
}
