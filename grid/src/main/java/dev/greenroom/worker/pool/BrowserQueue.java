package dev.greenroom.worker.pool;

import dev.greenroom.schedule.Backoff;
import dev.greenroom.session.ClientProtocol;
import dev.greenroom.session.PlaywrightVersion;
import dev.greenroom.worker.driver.Driver;
import dev.greenroom.worker.driver.Driver.LaunchPermit;
import dev.greenroom.worker.driver.Driver.LaunchPermit.LaunchEnd;
import dev.greenroom.worker.driver.Driver.LaunchResult;
import dev.greenroom.worker.driver.LaunchSpec;
import dev.greenroom.worker.driver.LaunchedBrowser;
import dev.greenroom.worker.pool.BrowserPool.PoolListener;
import dev.greenroom.worker.pool.BrowserPool.PoolStats;
import dev.greenroom.worker.pool.PooledBrowser.BrowserOrigin;
import dev.greenroom.worker.pool.WarmDemand.Wanted;
import dev.greenroom.worker.process.DriverFailedException;
import dev.greenroom.worker.store.DriverSource;
import dev.greenroom.worker.store.DriverSource.DriverPackage;
import dev.greenroom.worker.store.DriverSource.DriverResolution;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
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
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Assigns browsers to sessions first-in first-out, and decides which browser is launched next.
///
/// * Each browser that becomes ready, launched for a session or to be warm, goes to the session of its
///   version and protocol that has waited longest, of those to which its driver's owner allows it. No session waits for
///   a certain browser, so no session of the same version and owner overtakes another.
/// * A driver is claimed for a session when a browser on it is given to the session, or is being launched
///   for it. From then on its warm browsers are for the same owner.
/// * While a session waits for a driver, because all that there may be are in use, no session behind it gets
///   a browser: otherwise the drivers of others might never become free.
/// * A limited number of launches run concurrently. They start in the order of arrival of the sessions, and
///   of the clients whose browser is launched on connect. A running launch counts for the first session of
///   its version.
/// * A browser that is being emptied counts like a running launch, for a moment: then it becomes ready for
///   the next session of its driver's owner.
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

    /// After that, a session waits no longer for a browser that is being emptied.
    static final Duration SOON_EMPTY = Duration.ofMillis(300);

    private static final Duration FIRST_PAUSE = Duration.ofMillis(250);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);

    private final DriverSupervisors driverSupervisors;
    private final DriverSource source;
    private final WarmDemand warmDemand;
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

    /// Shared browsers that no session uses.
    private final Set<LaunchedBrowser> idleShared = new HashSet<>();

    /// Running launches: those of [#launching], and those for clients that have connected.
    private int running;

    private final List<RunningLaunch> launching = new ArrayList<>();

    private final List<Emptying> emptying = new ArrayList<>();

    /// Those whose driver is being started while sessions wait for it.
    private final Set<DriverSupervisor> starting = new HashSet<>();

    private final Map<Wanted, Backoff> warmBackoffs = new HashMap<>();
    private long takenNanos;

    /// Whether a session waits because every driver that there may be is in use.
    private boolean isShortOfDrivers;

    private boolean wakeUpIsDue;
    private boolean drained;
    private boolean closed;

    /// An entry of the queue. Removed, under the lock, when its future is completed.
    private sealed interface Waiter {}

    /// A session that waits for a default browser.
    ///
    /// @param owner empty for one that leaves the driver to others
    private record WaitingSession(
            DriverPackage driver,
            ClientProtocol protocol,
            Optional<DriverOwner> owner,
            CompletableFuture<Handed> handed)
            implements Waiter {
        PlaywrightVersion version() {
            return driver.version();
        }

        boolean isFor(LaunchedBrowser browser) {
            return browser.version().equals(version()) && browser.protocol() == protocol;
        }
    }

    /// A session with launch options of its own that waits for a driver, on which a launch is expected then.
    ///
    /// @param found empty when there is none
    private record WaitingForDriver(
            DriverPackage driver, DriverOwner owner, CompletableFuture<Optional<DriverSupervisor>> found)
            implements Waiter {}

    /// A client that has connected and waits for the launch of its browser.
    private record WaitingTurn(CompletableFuture<Boolean> granted) implements Waiter {}

    /// A default browser that is being launched.
    private record RunningLaunch(DriverSupervisor on, PlaywrightVersion version, ClientProtocol protocol) {}

    /// A browser that is being emptied.
    private record Emptying(LaunchedBrowser browser, DriverSupervisor on, long sinceNanos) {}

    /// What a session gets.
    ///
    record Handed(LaunchResult result, BrowserOrigin origin) {}

    /// @param spec how browsers are launched by default
    BrowserQueue(
            DriverSupervisors driverSupervisors,
            DriverSource source,
            WarmDemand warmDemand,
            LaunchSpec spec,
            int launchesAtOnce,
            LongSupplier nanos) {
        this.driverSupervisors = driverSupervisors;
        this.source = source;
        this.warmDemand = warmDemand;
        this.spec = spec;
        this.launchesAtOnce = launchesAtOnce;
        this.nanos = nanos;
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
    ///
    /// @param owner whose the browser's driver is from now on; empty to leave it to others
    Handed take(DriverPackage driver, Optional<DriverOwner> owner, Deadline deadline) throws InterruptedException {
        return take(driver, ClientProtocol.PLAYWRIGHT, owner, deadline);
    }

    /// The same, for a client of either protocol.
    Handed take(DriverPackage driver, ClientProtocol protocol, Optional<DriverOwner> owner, Deadline deadline)
            throws InterruptedException {
        var session = queued(driver, protocol, owner);
        try {
            return session.handed().get(deadline.left().toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException _) {
            return leave(session);
        } catch (InterruptedException e) {
            if (leave(session) instanceof Handed(LaunchResult.Launched(var browser), var origin)) {
                locked(() -> deliverOrKeepWarm(browser, origin));
            }
            throw e;
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }

    /// Queues for a browser of a version. Returns at once.
    CompletableFuture<Handed> request(DriverPackage driver, DriverOwner owner) {
        return queued(driver, ClientProtocol.PLAYWRIGHT, Optional.of(owner)).handed();
    }

    private WaitingSession queued(DriverPackage driver, ClientProtocol protocol, Optional<DriverOwner> owner) {
        var session = new WaitingSession(driver, protocol, owner, new CompletableFuture<>());
        locked(() -> waiters.add(session));
        return session;
    }

    private Handed leave(WaitingSession session) {
        locked(() -> {
            if (waiters.remove(session)) {
                session.handed()
                        .complete(new Handed(
                                isShortOfDrivers
                                        ? new LaunchResult.NoDriver()
                                        : new LaunchResult.Failed("no browser was ready in time"),
                                BrowserOrigin.LAUNCHED));
            }
        });
        return session.handed().join();
    }

    /// Records that a session got a browser.
    void taken(BrowserOrigin origin) {
        locked(() -> takenNanos = nanos.getAsLong());
        watch.taken(origin);
    }

    /// Records that a session has ended, or got no browser.
    void released(DriverOwner owner) {
        locked(() -> driverSupervisors.release(owner));
    }

    /// Starts what can start now. Called with the lock.
    private void dispatch() {
        if (closed) {
            refuseAll();
            return;
        }
        serveWaiters();
        if (waiters.isEmpty() && running == 0 && !drained) {
            launchWarm();
        }
    }

    private void refuseAll() {
        waiters.forEach(waiter -> {
            switch (waiter) {
                case WaitingSession session ->
                    session.handed()
                            .complete(new Handed(
                                    new LaunchResult.Failed("the worker has ended"), BrowserOrigin.LAUNCHED));
                case WaitingForDriver client -> client.found().complete(Optional.empty());
                case WaitingTurn turn -> turn.granted().complete(false);
            }
        });
        waiters.clear();
    }

    /// What keeps a session from being served.
    private enum LaunchShortage {
        NONE,
        LAUNCHES,
        DRIVERS
    }

    private void serveWaiters() {
        var coming = coming();
        var assigned = new HashSet<DriverSupervisor>();
        var launchesFull = false;
        isShortOfDrivers = false;
        for (var waiter : List.copyOf(waiters)) {
            switch (waiter) {
                case WaitingTurn turn -> {
                    launchesFull |= running >= launchesAtOnce;
                    if (!launchesFull) {
                        running++;
                        waiters.remove(turn);
                        turn.granted().complete(true);
                    }
                }
                case WaitingForDriver client -> isShortOfDrivers = isShortOfDrivers || !grantDriver(client, assigned);
                case WaitingSession session -> {
                    if (!isShortOfDrivers && !takeWarm(session) && !expect(session, coming) && !launchesFull) {
                        var shortage = launchFor(session, assigned);
                        launchesFull = shortage == LaunchShortage.LAUNCHES;
                        isShortOfDrivers = shortage == LaunchShortage.DRIVERS;
                    }
                }
            }
        }
    }

    /// The browsers that are about to become ready.
    private List<RunningLaunch> coming() {
        var coming = new ArrayList<>(launching);
        emptying.stream()
                .filter(it -> nanos.getAsLong() - it.sinceNanos() < SOON_EMPTY.toNanos())
                .forEach(it -> coming.add(new RunningLaunch(
                        it.on(), it.browser().version(), it.browser().protocol())));
        return coming;
    }

    private boolean grantDriver(WaitingForDriver client, Set<DriverSupervisor> assigned) {
        var on = place(client.driver(), Optional.of(client.owner()), it -> isUnused(it) && !assigned.contains(it));
        on.ifPresent(it -> {
            claim(it, client.owner());
            it.expectLaunch();
            waiters.remove(client);
            client.found().complete(on);
        });
        return on.isPresent();
    }

    /// Gives a session a warm browser; one on a driver of its owner, if there is one.
    private boolean takeWarm(WaitingSession session) {
        var found = warm.stream()
                .filter(it -> session.isFor(it) && it.usable())
                .filter(it -> driverSupervisors
                        .of(it)
                        .filter(on -> on.fits(session.owner()))
                        .isPresent())
                .min(Comparator.comparing(it -> ownerOf(it).isEmpty()));
        found.ifPresent(it -> {
            warm.remove(it);
            hand(session, it, it.emptied() > 0 ? BrowserOrigin.REUSED : BrowserOrigin.WARM);
        });
        return found.isPresent();
    }

    private Optional<DriverOwner> ownerOf(LaunchedBrowser browser) {
        return driverSupervisors.of(browser).flatMap(DriverSupervisor::owner);
    }

    /// Counts a running launch for a session, whose driver is claimed for it.
    ///
    /// @param coming the launches that count for no session yet
    private boolean expect(WaitingSession session, List<RunningLaunch> coming) {
        var found = coming.stream()
                .filter(it -> it.version().equals(session.version()) && it.protocol() == session.protocol())
                .filter(it -> it.on().fits(session.owner()) && it.on().responsive())
                .min(Comparator.comparing(it -> it.on().owner().isEmpty()));
        found.ifPresent(it -> {
            coming.remove(it);
            session.owner().ifPresent(owner -> claim(it.on(), owner));
        });
        return found.isPresent();
    }

    /// Gives a session a browser.
    private void hand(WaitingSession session, LaunchedBrowser browser, BrowserOrigin origin) {
        session.owner().ifPresent(owner -> driverSupervisors.of(browser).ifPresent(driver -> claim(driver, owner)));
        waiters.remove(session);
        takenNanos = nanos.getAsLong();
        session.handed().complete(new Handed(new LaunchResult.Launched(browser), origin));
    }

    /// What else is warm on the driver of one session is of no use to others.
    private void claim(DriverSupervisor driver, DriverOwner owner) {
        driverSupervisors.claim(driver, owner);
        if (owner.isOneSession()) {
            closeWarm(driver);
        }
    }

    private void closeWarm(DriverSupervisor driver) {
        var its = warm.stream().filter(driver::has).toList();
        warm.removeAll(its);
        its.forEach(LaunchedBrowser::close);
    }

    /// @param assigned the drivers of sessions that came earlier
    private LaunchShortage launchFor(WaitingSession session, Set<DriverSupervisor> assigned) {
        var supervisor = place(session.driver(), session.owner(), it -> isUnused(it) && !assigned.contains(it));
        if (supervisor.isEmpty()) {
            return LaunchShortage.DRIVERS;
        }
        assigned.add(supervisor.get());
        session.owner().ifPresent(owner -> claim(supervisor.get(), owner));
        var driver = runningDriver(supervisor.get(), session.driver());
        if (driver.isPresent() && running >= launchesAtOnce) {
            return LaunchShortage.LAUNCHES;
        }
        driver.ifPresent(it -> launch(supervisor.get(), it, session.driver(), session.protocol(), Optional.empty()));
        return LaunchShortage.NONE;
    }

    /// The supervisor for the next launch. Ends a driver for it if there may be no more of them. Empty when
    /// none of them can be ended.
    private Optional<DriverSupervisor> place(
            DriverPackage driver, Optional<DriverOwner> owner, Predicate<DriverSupervisor> canEnd) {
        var found = driverSupervisors.place(driver, owner);
        if (found.isPresent()) {
            return found;
        }
        var unused = driverSupervisors.leastUsed(it -> !starting.contains(it) && canEnd.test(it));
        unused.ifPresent(it -> {
            closeWarm(it);
            idleShared.stream().filter(it::has).forEach(LaunchedBrowser::close);
            driverSupervisors.end(it);
        });
        return unused.flatMap(_ -> driverSupervisors.place(driver, owner));
    }

    /// Whether no session has a browser on it, or waits for one.
    private boolean isUnused(DriverSupervisor driver) {
        return driver.load()
                == Stream.of(
                                warm,
                                idleShared,
                                emptying.stream().map(Emptying::browser).toList())
                        .flatMap(Collection::stream)
                        .filter(it -> it.alive() && driver.has(it))
                        .count();
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
                            startFailed(driverSupervisor, driver, failed(failure));
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

    /// Fails all sessions that wait for the driver; all of the version if that is unusable.
    private void startFailed(DriverSupervisor on, DriverPackage driver, LaunchResult result) {
        if (on.isClosed()) {
            return;
        }
        var failed = result instanceof LaunchResult.VersionUnusable
                ? complete(it -> it.version().equals(driver.version()), Integer.MAX_VALUE, result)
                : complete(it -> it.driver().equals(driver) && waitsFor(it, on), Integer.MAX_VALUE, result);
        failures.add(failed);
        for (var n = 0; n < failed; n++) {
            watch.launchFailed();
        }
        warmFailed(new Wanted(driver.version(), on.owner()), result);
    }

    private static boolean waitsFor(WaitingSession session, DriverSupervisor on) {
        return session.owner().isEmpty() || session.owner().equals(on.owner());
    }

    /// Fails the first sessions of some kind.
    private int complete(Predicate<WaitingSession> which, int most, LaunchResult result) {
        var first = sessions().filter(which).limit(most).toList();
        first.forEach(session -> {
            waiters.remove(session);
            session.handed().complete(new Handed(result, BrowserOrigin.LAUNCHED));
        });
        return first.size();
    }

    /// Those that wait, in the order of their arrival.
    private Stream<WaitingSession> sessions() {
        return waiters.stream().filter(WaitingSession.class::isInstance).map(WaitingSession.class::cast);
    }

    /// @param warmFor what it is to meet, if it is launched for no session
    private void launch(
            DriverSupervisor driverSupervisor,
            Driver on,
            DriverPackage driver,
            ClientProtocol protocol,
            Optional<Wanted> warmFor) {
        running++;
        var entry = new RunningLaunch(driverSupervisor, driver.version(), protocol);
        launching.add(entry);
        driverSupervisor.expectLaunch();
        Thread.ofVirtual().name("launch-" + driver.version()).start(() -> {
            var began = nanos.getAsLong();
            var result = launched(driverSupervisor, on, protocol);
            if (result instanceof LaunchResult.Launched(var browser)) {
                cameUp(began);
                if (protocol == ClientProtocol.PLAYWRIGHT) {
                    driverSupervisors.launched(browser.version());
                }
                browser.onDeath(() -> died(driverSupervisor, browser));
            }
            locked(() -> {
                running--;
                launching.remove(entry);
                if (!driverSupervisor.isClosed()) {
                    if (!(result instanceof LaunchResult.Launched) && !(warmFor.isPresent() && drained)) {
                        notUp();
                    }
                    ended(driverSupervisor, on, driver, protocol, result, warmFor);
                } else if (result instanceof LaunchResult.Launched(var browser)) {
                    browser.close();
                }
            });
        });
    }

    private LaunchResult launched(DriverSupervisor driverSupervisor, Driver on, ClientProtocol protocol) {
        try {
            return driverSupervisor.launch(on, spec.speaking(protocol), spec.timeout());
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

    private void ended(
            DriverSupervisor driverSupervisor,
            Driver on,
            DriverPackage driver,
            ClientProtocol protocol,
            LaunchResult result,
            Optional<Wanted> warmFor) {
        switch (result) {
            case LaunchResult.Launched(var browser) ->
                deliverOrKeepWarm(browser, warmFor.isPresent() ? BrowserOrigin.WARM : BrowserOrigin.LAUNCHED);
            case LaunchResult.VersionUnusable _ -> {
                complete(it -> it.version().equals(driver.version()), Integer.MAX_VALUE, result);
                warmFailed(new Wanted(driver.version(), Optional.empty()), result);
            }
            case LaunchResult.Refused _, LaunchResult.Failed _, LaunchResult.NoDriver _ -> {
                // A driver that died or does not answer is replaced, and sessions keep waiting.
                if (warmFor.isPresent()) {
                    warmFailed(warmFor.get(), result);
                } else if (on.responsive()) {
                    complete(
                            it -> it.driver().equals(driver)
                                    && it.protocol() == protocol
                                    && waitsFor(it, driverSupervisor),
                            1,
                            result);
                }
            }
        }
    }

    /// Gives an unused browser to the first waiting session that it fits, or keeps it warm.
    void deliverOrKeepWarm(LaunchedBrowser browser, BrowserOrigin origin) {
        var on = driverSupervisors.of(browser);
        var session = on.flatMap(driver -> sessions()
                .filter(it -> it.isFor(browser) && driver.fits(it.owner()))
                .findFirst());
        if (session.isPresent()) {
            hand(session.get(), browser, origin);
            return;
        }
        var isUseful = on.isPresent()
                && on.get().owner().filter(DriverOwner::isOneSession).isEmpty();
        if (drained || closed || !isUseful) {
            browser.close();
            return;
        }
        warm.add(browser);
        onWarm.accept(browser);
        backoff(wanted(browser)).succeeded();
        trim();
    }

    private void died(DriverSupervisor on, LaunchedBrowser browser) {
        crashed();
        locked(() -> {
            if (warm.remove(browser)) {
                warmFailed(
                        new Wanted(browser.version(), on.owner(), browser.protocol()),
                        new LaunchResult.Failed("a warm browser died"));
            }
        });
    }

    /// Has a browser emptied for the next session of its driver's owner; returns at once.
    void empty(LaunchedBrowser browser) {
        var on = driverSupervisors.of(browser);
        if (on.isEmpty()) {
            browser.close();
            return;
        }
        var entry = new Emptying(browser, on.get(), nanos.getAsLong());
        locked(() -> emptying.add(entry));
        var emptied = browser.empty();
        var _ = emptied.thenAcceptAsync(
                refusal -> locked(() -> {
                    emptying.remove(entry);
                    if (refusal.isPresent()) {
                        notEmptied(browser, refusal.get());
                    } else {
                        deliverOrKeepWarm(browser, BrowserOrigin.REUSED);
                    }
                }),
                Thread::startVirtualThread);
        CompletableFuture.delayedExecutor(SOON_EMPTY.toNanos(), TimeUnit.NANOSECONDS, Thread::startVirtualThread)
                .execute(() -> {
                    if (!emptied.isDone()) {
                        locked(() -> {}); // a session may have counted on it
                    }
                });
    }

    private static void notEmptied(LaunchedBrowser browser, String why) {
        LOG.atDebug()
                .addKeyValue("browserPid", browser.pid())
                .addKeyValue("version", browser.version())
                .addKeyValue("cause", why)
                .addKeyValue("code", "BROWSER_NOT_USED_AGAIN")
                .log("Browser is not used again");
        browser.close();
    }

    /// What a warm browser is good for.
    private Wanted wanted(LaunchedBrowser browser) {
        return new Wanted(browser.version(), ownerOf(browser), browser.protocol());
    }

    private Backoff backoff(Wanted wanted) {
        return warmBackoffs.computeIfAbsent(wanted, _ -> new Backoff(FIRST_PAUSE, LONGEST_PAUSE, nanos));
    }

    /// Returns an unused browser.
    void requeue(LaunchedBrowser browser) {
        locked(() -> deliverOrKeepWarm(browser, BrowserOrigin.WARM));
    }

    /// Ends the browsers that are not kept any more since the load is less.
    void removeSurplus() {
        locked(this::trim);
    }

    private void trim() {
        for (var surplus = warmDemand.surplus(waiting());
                surplus.isPresent();
                surplus = warmDemand.surplus(waiting())) {
            var one = surplus.get();
            var first = warm.stream()
                    .filter(it -> wanted(it).equals(one))
                    .findFirst()
                    .orElseThrow();
            warm.remove(first);
            first.close();
        }
    }

    /// What is to be launched to be warm. A browser whose driver does not answer counts for nothing.
    private List<Wanted> missing() {
        return warmDemand.missing(Stream.concat(warm.stream(), emptying.stream().map(Emptying::browser))
                .filter(LaunchedBrowser::usable)
                .map(this::wanted)
                .toList());
    }

    private List<Wanted> waiting() {
        return warm.stream().map(this::wanted).toList();
    }

    /// Launches one warm browser at a time: the first that is missing and can be launched now.
    private void launchWarm() {
        var missing = missing();
        if (missing.isEmpty()) {
            return;
        }
        warmBackoffs.keySet().removeIf(it -> !warmDemand.isRecent(it));
        var pause = Math.max(
                leftAfterTake(),
                missing.stream().mapToLong(it -> backoff(it).leftNanos()).min().orElseThrow());
        if (pause > 0) {
            scheduleWakeUp(pause);
            return;
        }
        for (var wanted : missing) {
            if (running == 0 && backoff(wanted).leftNanos() <= 0) {
                launchWarm(wanted);
            }
        }
        if (running == 0) {
            missing.stream()
                    .mapToLong(it -> backoff(it).leftNanos())
                    .filter(left -> left > 0)
                    .min()
                    .ifPresent(this::scheduleWakeUp);
        }
    }

    private void launchWarm(Wanted wanted) {
        switch (source.resolveNow(wanted.version())) {
            case DriverResolution.Stored(var driver) ->
                place(driver, wanted.owner(), it -> it.load() == 0)
                        .ifPresent(driverSupervisor -> runningDriver(driverSupervisor, driver)
                                .ifPresent(it ->
                                        launch(driverSupervisor, it, driver, wanted.protocol(), Optional.of(wanted))));
            case DriverResolution.StillFetching _ -> {
                warmFailed(wanted, new LaunchResult.Failed("its driver is still being fetched"));
                scheduleWakeUp(backoff(wanted).leftNanos());
            }
            case DriverResolution.Unavailable(var _, var why) -> {
                warmFailed(wanted, new LaunchResult.VersionUnusable(why));
                scheduleWakeUp(0);
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

    private void warmFailed(Wanted wanted, LaunchResult result) {
        switch (result) {
            case LaunchResult.Launched _, LaunchResult.Refused _, LaunchResult.NoDriver _ -> {
                // Nothing failed.
            }
            case LaunchResult.VersionUnusable _ -> warmDemand.forget(wanted.version(), source.preferred());
            case LaunchResult.Failed _ when drained -> {
                // No warm browsers are needed any more, and closing the pool aborts running launches.
            }
            case LaunchResult.Failed(var why) -> {
                LOG.atWarn()
                        .addKeyValue("code", "WARM_BROWSER_MISSING")
                        .addKeyValue("version", wanted.version())
                        .addKeyValue("cause", why)
                        .log("Warm browser not launched; trying again after a pause");
                backoff(wanted).failed();
            }
        }
    }

    /// Prepares a browser with custom options, which is launched once its client connects. That launch
    /// waits for its turn like all others.
    LaunchResult onConnect(DriverPackage driver, DriverOwner owner, LaunchSpec wanted, Deadline deadline)
            throws InterruptedException {
        LaunchResult result;
        Driver on;
        do {
            var supervisor = awaitDriver(driver, owner, deadline);
            if (supervisor.isEmpty()) {
                return new LaunchResult.NoDriver();
            }
            try {
                on = supervisor.get().driver().get(deadline.left().toNanos(), TimeUnit.NANOSECONDS);
            } catch (TimeoutException _) {
                supervisor.get().expectNoLaunch();
                notUp();
                return new LaunchResult.Failed(
                        "the driver of Playwright " + driver.version() + " did not start in time");
            } catch (ExecutionException e) {
                supervisor.get().expectNoLaunch();
                notUp();
                return failed(e.getCause());
            } catch (InterruptedException e) {
                supervisor.get().expectNoLaunch();
                throw e;
            }
            result = wanted.protocol() == ClientProtocol.CDP
                    ? launchInTurn(supervisor.get(), on, wanted, deadline)
                    : await(prepare(supervisor.get(), on, wanted), deadline);
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

    /// A browser for a client of CDP is launched at once, as far as others leave room for it.
    private LaunchResult launchInTurn(
            DriverSupervisor driverSupervisor, Driver on, LaunchSpec wanted, Deadline deadline)
            throws InterruptedException {
        var turn = new Turn(deadline.left());
        var isOver = true;
        try {
            var refusal = turn.awaitTurn();
            if (refusal.isPresent()) {
                return new LaunchResult.Failed(refusal.get());
            }
            isOver = false;
        } finally {
            if (isOver) {
                driverSupervisor.expectNoLaunch();
            }
        }
        var launch = prepare(driverSupervisor, on, wanted);
        var _ = launch.thenAccept(
                result -> turn.ended(result instanceof LaunchResult.Launched ? LaunchEnd.UP : LaunchEnd.LEFT));
        return await(launch, deadline);
    }

    /// Waits for a driver, on which a launch is expected then. Empty when there is none in time.
    private Optional<DriverSupervisor> awaitDriver(DriverPackage driver, DriverOwner owner, Deadline deadline)
            throws InterruptedException {
        var client = new WaitingForDriver(driver, owner, new CompletableFuture<>());
        locked(() -> waiters.add(client));
        try {
            return client.found().get(deadline.left().toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException _) {
            return leave(client);
        } catch (InterruptedException e) {
            leave(client).ifPresent(DriverSupervisor::expectNoLaunch);
            throw e;
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }

    private Optional<DriverSupervisor> leave(WaitingForDriver client) {
        locked(() -> {
            if (waiters.remove(client)) {
                client.found().complete(Optional.empty());
            }
        });
        return client.found().join();
    }

    private CompletableFuture<LaunchResult> prepare(DriverSupervisor driverSupervisor, Driver on, LaunchSpec wanted) {
        var answer = new CompletableFuture<LaunchResult>();
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
        sharedIsIdle(browser);
    }

    /// Records that no session uses a shared browser, so that its driver may be ended for another one.
    void sharedIsIdle(LaunchedBrowser browser) {
        locked(() -> {
            idleShared.removeIf(it -> !it.alive());
            idleShared.add(browser);
        });
    }

    /// Records that a session uses a shared browser again.
    ///
    /// @return false when the browser has ended
    boolean useShared(LaunchedBrowser browser) {
        lock.lock();
        try {
            idleShared.remove(browser);
            return browser.alive();
        } finally {
            lock.unlock();
        }
    }

    /// Limits the number of drivers from now on.
    void limitDrivers(int atMost) {
        locked(() -> driverSupervisors.limit(atMost));
    }

    /// Limits the number of warm browsers at rest from now on.
    void keepWarm(int atMost) {
        locked(() -> {
            warmDemand.limit(atMost);
            trim();
        });
    }

    /// Whether a warm browser is missing.
    boolean isWarmMissing() {
        lock.lock();
        try {
            return !drained && !missing().isEmpty();
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
