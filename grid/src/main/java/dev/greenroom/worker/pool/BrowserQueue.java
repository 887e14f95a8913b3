package dev.greenroom.worker.pool;

import dev.greenroom.schedule.Backoff;
import dev.greenroom.session.PlaywrightVersion;
import dev.greenroom.worker.driver.Driver;
import dev.greenroom.worker.driver.Driver.LaunchPermit;
import dev.greenroom.worker.driver.Driver.LaunchResult;
import dev.greenroom.worker.driver.LaunchSpec;
import dev.greenroom.worker.driver.LaunchedBrowser;
import dev.greenroom.worker.pool.BrowserPool.PoolListener;
import dev.greenroom.worker.pool.BrowserPool.PoolStats;
import dev.greenroom.worker.process.DriverFailedException;
import dev.greenroom.worker.store.DriverSource;
import dev.greenroom.worker.store.DriverSource.DriverPackage;
import dev.greenroom.worker.store.DriverSource.DriverResolution;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedSet;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Assigns browsers to sessions first-in first-out, and decides which browser is launched next.
///
/// * Each browser that becomes ready, launched for a session or to be warm, goes to the session of its
///   version that has waited longest. No session waits for a certain browser, so no session of the same
///   version overtakes another.
/// * A limited number of launches run concurrently. They start in the order of arrival of the sessions, and
///   of the clients whose browser is launched on connect. A running launch counts for the first session of
///   its version.
/// * A warm browser is launched only while no other launch runs and no session waits.
/// * A session whose driver is still starting does not block the others.
/// * Drivers start and browsers launch on threads of their own: a session waits with its own deadline, and
///   cancels nothing when it leaves. A browser that comes too late for it goes to the next session.
///
/// Every change ends with [#dispatch], which starts what can start. Safe for use by many threads.
final class BrowserQueue {
    private static final Logger LOG = LoggerFactory.getLogger(BrowserQueue.class);

    /// A launch keeps the driver busy: the session that has just taken a browser connects first.
    static final Duration AFTER_TAKE = Duration.ofMillis(50);

    /// A launch keeps the cores busy too: while another warm browser is there for the next session, this
    /// one opens its first page first.
    static final Duration AFTER_TAKE_OF_SEVERAL = Duration.ofMillis(200);

    private static final Duration FIRST_PAUSE = Duration.ofMillis(250);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);

    private final DriverSupervisors driverSupervisors;
    private final DriverSource source;
    private final VersionDemand versionDemand;
    private final LaunchSpec spec;
    private final int launchesAtOnce;
    private final LongSupplier nanos;

    private final LongAdder launches = new LongAdder();
    private final LongAdder launchNanos = new LongAdder();
    private final LongAdder failures = new LongAdder();
    private final LongAdder crashes = new LongAdder();
    private volatile PoolListener watch = PoolListener.NOBODY;
    private volatile Consumer<LaunchedBrowser> onWarm = _ -> {};

    /// Guards all fields below. Held briefly.
    private final ReentrantLock lock = new ReentrantLock();

    /// In the order of arrival.
    private final SequencedSet<Waiter> waiters = new LinkedHashSet<>();

    /// Browsers that wait for a session, oldest first.
    private final List<LaunchedBrowser> warm = new ArrayList<>();

    /// Running launches: those of [#runningByVersion], and those for clients that have connected.
    private int running;

    private final Map<PlaywrightVersion, Integer> runningByVersion = new HashMap<>();

    /// Those whose driver is being started while sessions wait for it.
    private final Set<DriverSupervisor> starting = new HashSet<>();

    private final Backoff warmBackoff;
    private long takenNanos;
    private boolean wakeUpIsDue;
    private boolean drained;
    private boolean closed;

    /// An entry of the queue. Removed, under the lock, when its future is completed.
    private sealed interface Waiter {}

    /// A session that waits for a default browser.
    private record WaitingSession(DriverPackage driver, CompletableFuture<Handed> handed) implements Waiter {}

    /// A client that has connected and waits for the launch of its browser.
    private record WaitingTurn(CompletableFuture<Boolean> granted) implements Waiter {}

    /// What a session gets.
    ///
    /// @param warm whether the launch was started for no particular session
    record Handed(LaunchResult result, boolean warm) {}

    /// @param spec how browsers are launched by default
    BrowserQueue(
            DriverSupervisors driverSupervisors,
            DriverSource source,
            VersionDemand versionDemand,
            LaunchSpec spec,
            int launchesAtOnce,
            LongSupplier nanos) {
        this.driverSupervisors = driverSupervisors;
        this.source = source;
        this.versionDemand = versionDemand;
        this.spec = spec;
        this.launchesAtOnce = launchesAtOnce;
        this.nanos = nanos;
        this.warmBackoff = new Backoff(FIRST_PAUSE, LONGEST_PAUSE, nanos);
        this.takenNanos = nanos.getAsLong() - AFTER_TAKE_OF_SEVERAL.toNanos();
        this.drained = true;
    }

    /// Keeps browsers warm from now on.
    void start() {
        locked(() -> drained = false);
    }

    private void locked(Runnable change) {
        lock.lock();
        try {
            change.run();
            dispatch();
        } finally {
            lock.unlock();
        }
    }

    /// Waits for a browser of a version. The caller's interruption and deadline end only its own wait.
    Handed take(DriverPackage driver, Deadline deadline) throws InterruptedException {
        var session = queued(driver);
        try {
            return session.handed().get(deadline.left().toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException _) {
            return leave(session);
        } catch (InterruptedException e) {
            if (leave(session) instanceof Handed(LaunchResult.Launched(var browser), var wasWarm)) {
                locked(() -> deliverOrKeepWarm(browser, wasWarm));
            }
            throw e;
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }

    /// Queues for a browser of a version. Returns at once.
    CompletableFuture<Handed> request(DriverPackage driver) {
        return queued(driver).handed();
    }

    private WaitingSession queued(DriverPackage driver) {
        var session = new WaitingSession(driver, new CompletableFuture<>());
        locked(() -> {
            waiters.add(session);
            removeFirst(it -> it.version().equals(driver.version()) && it.usable())
                    .ifPresent(browser -> deliver(browser, true));
        });
        return session;
    }

    private Handed leave(WaitingSession session) {
        locked(() -> {
            if (waiters.remove(session)) {
                session.handed().complete(new Handed(new LaunchResult.Failed("no browser was ready in time"), false));
            }
        });
        return session.handed().join();
    }

    /// Records that a session got a browser.
    void taken() {
        locked(() -> takenNanos = nanos.getAsLong());
    }

    /// Starts what can start now. Called with the lock.
    private void dispatch() {
        if (closed) {
            refuseAll();
            return;
        }
        if (launchForWaiters() && running == 0 && !drained) {
            launchWarm();
        }
    }

    private void refuseAll() {
        waiters.forEach(waiter -> {
            switch (waiter) {
                case WaitingSession session ->
                    session.handed().complete(new Handed(new LaunchResult.Failed("the worker has ended"), false));
                case WaitingTurn turn -> turn.granted().complete(false);
            }
        });
        waiters.clear();
    }

    /// @return false when a session waits for the end of another launch
    private boolean launchForWaiters() {
        var expected = new HashMap<>(runningByVersion);
        for (var waiter : List.copyOf(waiters)) {
            switch (waiter) {
                case WaitingTurn turn -> {
                    if (running >= launchesAtOnce) {
                        return false;
                    }
                    running++;
                    waiters.remove(turn);
                    turn.granted().complete(true);
                }
                case WaitingSession session -> {
                    var coming = expected.merge(session.driver().version(), -1, Integer::sum) >= 0;
                    if (!coming && !launchFor(session)) {
                        return false;
                    }
                }
            }
        }
        return true;
    }

    /// @return false when its driver runs and too many launches are running
    private boolean launchFor(WaitingSession session) {
        var supervisor = driverSupervisors.leastLoaded(session.driver());
        if (supervisor.isEmpty()) {
            return true;
        }
        var driver = runningDriver(supervisor.get(), session.driver());
        if (driver.isPresent() && running >= launchesAtOnce) {
            return false;
        }
        driver.ifPresent(it -> launch(supervisor.get(), it, session.driver(), false));
        return true;
    }

    /// The running driver. Empty while it is being started; the end of the start calls [#dispatch].
    private Optional<Driver> runningDriver(DriverSupervisor driverSupervisor, DriverPackage driver) {
        var start = driverSupervisor.driver();
        if (start.state() == Future.State.SUCCESS) {
            return Optional.of(start.resultNow());
        }
        if (starting.add(driverSupervisor)) {
            var _ = start.whenCompleteAsync(
                    (_, failure) -> locked(() -> {
                        starting.remove(driverSupervisor);
                        if (failure != null) {
                            startFailed(driver, failed(failure));
                        }
                    }),
                    Thread::startVirtualThread);
        }
        return Optional.empty();
    }

    private static LaunchResult failed(@Nullable Throwable start) {
        return start instanceof DriverFailedException failed && failed.isOfBrokenDriver()
                ? new LaunchResult.VersionUnusable(String.valueOf(failed.getMessage()))
                : new LaunchResult.Failed(
                        start == null ? "the driver did not start" : String.valueOf(start.getMessage()));
    }

    /// Fails all sessions that wait for the driver.
    private void startFailed(DriverPackage driver, LaunchResult result) {
        var failed = complete(driver.version(), Integer.MAX_VALUE, new Handed(result, false));
        failures.add(failed);
        for (var n = 0; n < failed; n++) {
            watch.launchFailed();
        }
        warmFailed(driver.version(), result);
    }

    /// Completes the waits of the first sessions of a version.
    private int complete(PlaywrightVersion version, int most, Handed what) {
        var first = waiters.stream()
                .filter(it -> it instanceof WaitingSession session
                        && session.driver().version().equals(version))
                .limit(most)
                .toList();
        first.forEach(it -> {
            waiters.remove(it);
            ((WaitingSession) it).handed().complete(what);
        });
        return first.size();
    }

    private void launch(DriverSupervisor driverSupervisor, Driver on, DriverPackage driver, boolean toBeWarm) {
        running++;
        runningByVersion.merge(driver.version(), 1, Integer::sum);
        driverSupervisor.expectLaunch();
        Thread.ofVirtual().name("launch-" + driver.version()).start(() -> {
            var began = nanos.getAsLong();
            var result = launched(driverSupervisor, on);
            if (result instanceof LaunchResult.Launched(var browser)) {
                cameUp(began);
                driverSupervisors.launched(browser.version());
                browser.onDeath(this::crashed);
            }
            locked(() -> {
                running--;
                runningByVersion.computeIfPresent(driver.version(), (_, now) -> now > 1 ? now - 1 : null);
                if (!(result instanceof LaunchResult.Launched) && !(toBeWarm && drained)) {
                    notUp();
                }
                ended(on, driver, result, toBeWarm);
            });
        });
    }

    private LaunchResult launched(DriverSupervisor driverSupervisor, Driver on) {
        try {
            return driverSupervisor.launch(on, spec, spec.timeout());
        } catch (InterruptedException _) {
            return new LaunchResult.Failed("the worker is closing");
        } catch (RuntimeException e) {
            LOG.atError()
                    .addKeyValue("code", "LAUNCH_FAILED_UNEXPECTEDLY")
                    .setCause(e)
                    .log("Browser launch failed unexpectedly");
            return new LaunchResult.Failed(e.toString());
        }
    }

    private void ended(Driver on, DriverPackage driver, LaunchResult result, boolean toBeWarm) {
        switch (result) {
            case LaunchResult.Launched(var browser) -> deliverOrKeepWarm(browser, toBeWarm);
            case LaunchResult.VersionUnusable _ -> {
                complete(driver.version(), Integer.MAX_VALUE, new Handed(result, false));
                warmFailed(driver.version(), result);
            }
            case LaunchResult.Refused _, LaunchResult.Failed _ -> {
                // A driver that died or does not answer is replaced, and sessions keep waiting.
                if (toBeWarm) {
                    warmFailed(driver.version(), result);
                } else if (on.responsive()) {
                    complete(driver.version(), 1, new Handed(result, false));
                }
            }
        }
    }

    /// Gives an unused browser to the first waiting session of its version, or keeps it warm.
    void deliverOrKeepWarm(LaunchedBrowser browser, boolean wasWarm) {
        if (deliver(browser, wasWarm)) {
            return;
        }
        if (drained || closed) {
            browser.close();
            return;
        }
        warm.add(browser);
        onWarm.accept(browser);
        warmBackoff.succeeded();
        browser.onDeath(() -> locked(() -> {
            if (warm.remove(browser)) {
                warmFailed(browser.version(), new LaunchResult.Failed("a warm browser died"));
            }
        }));
        trim();
    }

    /// @return false when no session of its version waits
    private boolean deliver(LaunchedBrowser browser, boolean wasWarm) {
        var handed = complete(browser.version(), 1, new Handed(new LaunchResult.Launched(browser), wasWarm)) == 1;
        if (handed) {
            takenNanos = nanos.getAsLong();
        }
        return handed;
    }

    /// Returns an unused browser.
    void requeue(LaunchedBrowser browser) {
        locked(() -> deliverOrKeepWarm(browser, true));
    }

    private void trim() {
        var surplus = versionDemand.surplus(versions());
        while (surplus.isPresent()) {
            var version = surplus.get();
            removeFirst(it -> it.version().equals(version)).ifPresent(LaunchedBrowser::close);
            surplus = versionDemand.surplus(versions());
        }
    }

    private Optional<LaunchedBrowser> removeFirst(Predicate<LaunchedBrowser> condition) {
        var found = warm.stream().filter(condition).findFirst();
        found.ifPresent(warm::remove);
        return found;
    }

    private List<PlaywrightVersion> versions() {
        return warm.stream().map(LaunchedBrowser::version).toList();
    }

    /// Launches one warm browser at a time.
    private void launchWarm() {
        var missing = versionDemand.missing(versions());
        if (missing.isEmpty()) {
            return;
        }
        var left = Math.max(leftAfterTake(), warmBackoff.leftNanos());
        if (left > 0) {
            scheduleWakeUp(left);
            return;
        }
        switch (source.resolveNow(missing.get())) {
            case DriverResolution.Stored(var driver) ->
                driverSupervisors
                        .leastLoaded(driver)
                        .ifPresent(driverSupervisor -> runningDriver(driverSupervisor, driver)
                                .ifPresent(it -> launch(driverSupervisor, it, driver, true)));
            case DriverResolution.StillFetching(var version) -> {
                warmFailed(version, new LaunchResult.Failed("its driver is still being fetched"));
                scheduleWakeUp(warmBackoff.leftNanos());
            }
            case DriverResolution.Unavailable(var _, var why) -> {
                warmFailed(missing.get(), new LaunchResult.VersionUnusable(why));
                launchWarm();
            }
        }
    }

    private long leftAfterTake() {
        var pause = warm.isEmpty() ? AFTER_TAKE : AFTER_TAKE_OF_SEVERAL;
        return takenNanos + pause.toNanos() - nanos.getAsLong();
    }

    private void scheduleWakeUp(long afterNanos) {
        if (!wakeUpIsDue) {
            wakeUpIsDue = true;
            CompletableFuture.delayedExecutor(afterNanos, TimeUnit.NANOSECONDS, Thread::startVirtualThread)
                    .execute(() -> locked(() -> wakeUpIsDue = false));
        }
    }

    private void warmFailed(PlaywrightVersion version, LaunchResult result) {
        switch (result) {
            case LaunchResult.Launched _, LaunchResult.Refused _ -> {
                // Nothing failed.
            }
            case LaunchResult.VersionUnusable _ -> versionDemand.forget(version, source.preferred());
            case LaunchResult.Failed _ when drained -> {
                // No warm browsers are needed any more, and closing the pool aborts running launches.
            }
            case LaunchResult.Failed(var why) -> {
                LOG.atWarn()
                        .addKeyValue("code", "WARM_BROWSER_MISSING")
                        .addKeyValue("version", version)
                        .addKeyValue("cause", why)
                        .log("Warm browser not launched; trying again after a pause");
                warmBackoff.failed();
            }
        }
    }

    /// Prepares a browser with custom options, which is launched once its client connects. That launch
    /// waits for its turn like all others.
    LaunchResult onConnect(DriverPackage driver, LaunchSpec wanted, Deadline deadline) throws InterruptedException {
        LaunchResult result;
        Driver on;
        do {
            var supervisor = driverSupervisors.leastLoaded(driver);
            if (supervisor.isEmpty()) {
                return new LaunchResult.Failed("the worker has ended");
            }
            try {
                on = supervisor.get().driver().get(deadline.left().toNanos(), TimeUnit.NANOSECONDS);
            } catch (TimeoutException _) {
                notUp();
                return new LaunchResult.Failed(
                        "the driver of Playwright " + driver.version() + " did not start in time");
            } catch (ExecutionException e) {
                notUp();
                return failed(e.getCause());
            }
            result = await(place(supervisor.get(), on, wanted), deadline);
        } while (result instanceof LaunchResult.Failed
                && !on.responsive()
                && !deadline.left().isZero());
        if (result instanceof LaunchResult.Launched(var browser)) {
            browser.withPermit(new Turn(wanted.timeout()));
            browser.onDeath(this::crashed);
        } else if (!(result instanceof LaunchResult.Refused)) {
            notUp();
        }
        return result;
    }

    private CompletableFuture<LaunchResult> place(DriverSupervisor driverSupervisor, Driver on, LaunchSpec wanted) {
        var answer = new CompletableFuture<LaunchResult>();
        driverSupervisor.expectLaunch();
        Thread.ofVirtual().name("launch-on-connect").start(() -> {
            try {
                answer.complete(driverSupervisor.launch(on, wanted, spec.timeout()));
            } catch (InterruptedException _) {
                answer.complete(new LaunchResult.Failed("the worker is closing"));
            } catch (RuntimeException e) {
                answer.complete(new LaunchResult.Failed(e.toString()));
            }
        });
        return answer;
    }

    private static LaunchResult await(CompletableFuture<LaunchResult> answer, Deadline deadline)
            throws InterruptedException {
        try {
            return answer.get(deadline.left().toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException _) {
            closeWhenLaunched(answer);
            return new LaunchResult.Failed("the driver did not prepare a browser in time");
        } catch (InterruptedException e) {
            closeWhenLaunched(answer);
            throw e;
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }

    /// A browser with custom options is of no use to other sessions.
    private static void closeWhenLaunched(CompletableFuture<LaunchResult> answer) {
        var _ = answer.thenAccept(late -> {
            if (late instanceof LaunchResult.Launched(var browser)) {
                browser.close();
            }
        });
    }

    private void cameUp(long startedNanos) {
        var took = nanos.getAsLong() - startedNanos;
        launches.increment();
        launchNanos.add(took);
        watch.launched(Duration.ofNanos(took));
    }

    private void notUp() {
        failures.increment();
        watch.launchFailed();
    }

    private void crashed() {
        crashes.increment();
        watch.crashed();
    }

    /// Reports launches and crashes from now on.
    void setListener(PoolListener other) {
        watch = other;
        driverSupervisors.onDeath(other::driverDied);
    }

    /// Reports browsers that wait for sessions from now on. Must not block.
    void onWarm(Consumer<LaunchedBrowser> listener) {
        onWarm = listener;
    }

    /// Reports a shared browser that waits for sessions.
    void sharedIsReady(LaunchedBrowser browser) {
        onWarm.accept(browser);
    }

    /// Limits the number of warm browsers from now on.
    void keepWarm(int atMost) {
        locked(() -> {
            versionDemand.limit(atMost);
            trim();
        });
    }

    /// Whether a warm browser is missing.
    boolean isWarmMissing() {
        lock.lock();
        try {
            return !drained && versionDemand.missing(versions()).isPresent();
        } finally {
            lock.unlock();
        }
    }

    int warm() {
        lock.lock();
        try {
            return warm.size();
        } finally {
            lock.unlock();
        }
    }

    PoolStats stats(int ready, int inUse) {
        return new PoolStats(
                ready,
                inUse,
                launches.sum(),
                Duration.ofNanos(launchNanos.sum()),
                failures.sum(),
                crashes.sum(),
                driverSupervisors.running(),
                driverSupervisors.hung());
    }

    /// Keeps no more browsers warm and destroys the warm ones; sessions still get browsers.
    void drain() {
        locked(() -> {
            drained = true;
            warm.forEach(LaunchedBrowser::close);
            warm.clear();
        });
    }

    /// Launches no more browsers, and refuses all waiting sessions.
    void close() {
        drain();
        locked(() -> closed = true);
    }

    /// The permit of one launch for a client that has connected.
    private final class Turn implements LaunchPermit {
        private final Duration patience;
        private volatile long startedNanos;

        Turn(Duration patience) {
            this.patience = patience;
        }

        @Override
        public Optional<String> awaitTurn() throws InterruptedException {
            var turn = new WaitingTurn(new CompletableFuture<>());
            locked(() -> waiters.add(turn));
            if (!granted(turn)) {
                notUp();
                return Optional.of("too many browsers are being launched");
            }
            startedNanos = nanos.getAsLong();
            return Optional.empty();
        }

        private boolean granted(WaitingTurn turn) throws InterruptedException {
            try {
                return turn.granted().get(patience.toNanos(), TimeUnit.NANOSECONDS);
            } catch (TimeoutException _) {
                return !left(turn) && turn.granted().join();
            } catch (InterruptedException e) {
                if (!left(turn) && turn.granted().join()) {
                    locked(() -> running--);
                }
                throw e;
            } catch (ExecutionException e) {
                throw new IllegalStateException(e);
            }
        }

        /// Removes it from the queue; false when it has its turn already.
        private boolean left(WaitingTurn turn) {
            lock.lock();
            try {
                var waited = waiters.remove(turn);
                dispatch();
                return waited;
            } finally {
                lock.unlock();
            }
        }

        @Override
        public void ended(LaunchEnd how) {
            switch (how) {
                case UP -> cameUp(startedNanos);
                case FAILED -> notUp();
                case LEFT -> {
                    // Nothing was launched, and nothing failed.
                }
            }
            locked(() -> running--);
        }
    }
}
