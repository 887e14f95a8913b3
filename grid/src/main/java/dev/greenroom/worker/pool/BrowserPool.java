package dev.greenroom.worker.pool;

import dev.greenroom.config.WorkerSections.PoolSettings;
import dev.greenroom.config.WorkerSections.PoolSettings.DriverIsolation;
import dev.greenroom.schedule.PeriodicTask;
import dev.greenroom.session.ClientProtocol;
import dev.greenroom.session.LaunchOverrides;
import dev.greenroom.session.PlaywrightVersion;
import dev.greenroom.worker.driver.Driver.DriverDeath;
import dev.greenroom.worker.driver.Driver.DriverStarter;
import dev.greenroom.worker.driver.Driver.LaunchResult;
import dev.greenroom.worker.driver.LaunchSpec;
import dev.greenroom.worker.driver.LaunchedBrowser;
import dev.greenroom.worker.pool.PooledBrowser.BrowserOrigin;
import dev.greenroom.worker.pool.WarmDemand.Wanted;
import dev.greenroom.worker.store.DriverSource;
import dev.greenroom.worker.store.DriverSource.DriverPackage;
import dev.greenroom.worker.store.DriverSource.DriverResolution;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/// The browsers of a worker. Each session takes one, a warm one if there is any, and closes it. A closed
/// browser is emptied for the next session of its tenant (`BROWSER_REUSE`) or destroyed; a shared one is
/// left to the other sessions of its tenant. Which sessions may use
/// the same driver process, `DRIVER_ISOLATION` says. Safe for use by many threads.
public final class BrowserPool implements AutoCloseable {
    private static final Duration HOUSEKEEPING = Duration.ofSeconds(30);
    private static final Duration END_PATIENCE = Duration.ofSeconds(5);
    private static final int LEAST_LAUNCHES_AT_ONCE = 2;

    private final PoolSettings settings;
    private final LaunchSpec defaultSpec;
    private final DriverSource source;
    private final LongSupplier nanos;
    private final WarmDemand warmDemand;
    private final DriverSupervisors driverSupervisors;
    private final BrowserQueue queue;
    private final BrowserReuse reuse;
    private final SharedBrowsers shared;
    private final AtomicInteger inUse = new AtomicInteger();
    private final Set<PooledBrowser> taken = ConcurrentHashMap.newKeySet();
    private final AtomicBoolean closed = new AtomicBoolean();
    private final CompletableFuture<String> fatal = new CompletableFuture<>();
    private volatile Optional<PeriodicTask> housekeeping = Optional.empty();

    /// @param spec how browsers are launched by default
    /// @param nanos a monotonic clock
    public BrowserPool(
            PoolSettings settings, LaunchSpec spec, DriverSource source, DriverStarter drivers, LongSupplier nanos) {
        this.settings = settings;
        this.defaultSpec = spec;
        this.source = source;
        this.nanos = nanos;
        this.warmDemand = new WarmDemand(
                isShared() ? Math.min(1, settings.warmBrowsers()) : settings.warmBrowsers(), nanos, inUse::get);
        var cores = Runtime.getRuntime().availableProcessors();
        this.driverSupervisors = new DriverSupervisors(
                settings.driverHostsOn(cores),
                settings.driverIsolation() == DriverIsolation.SESSION,
                source,
                drivers,
                nanos,
                new FailureThreshold(nanos, fatal::complete)::count);
        this.queue = new BrowserQueue(
                driverSupervisors,
                source,
                warmDemand,
                isShared() ? spec.sharing() : spec,
                Math.max(LEAST_LAUNCHES_AT_ONCE, cores),
                nanos);
        this.reuse = new BrowserReuse(settings, spec);
        this.shared = new SharedBrowsers(queue, source, nanos);
    }

    /// Starts to launch warm browsers; returns at once.
    public void start() {
        source.preferred().ifPresent(warmDemand::startWith);
        queue.start();
        housekeeping = Optional.of(PeriodicTask.every(HOUSEKEEPING, "pool-housekeeping", this::removeEnded));
    }

    /// Takes a browser, on the calling thread, which should be a virtual one. A browser with launch options
    /// of the client's own is never shared or warm, and is launched when the client connects.
    ///
    /// @param wanted the client's version; empty for the newest that is available
    /// @param overrides the client's launch options
    /// @param tenant whose the session is; one without a known tenant shares no driver with any other
    /// @param patience how long it may take
    public TakeResult take(
            Optional<PlaywrightVersion> wanted, LaunchOverrides overrides, Optional<String> tenant, Duration patience)
            throws InterruptedException {
        return take(wanted, ClientProtocol.PLAYWRIGHT, overrides, tenant, patience);
    }

    /// The same, for a client of either protocol. Over CDP, any version will do, and browsers are never
    /// shared.
    public TakeResult take(
            Optional<PlaywrightVersion> wanted,
            ClientProtocol protocol,
            LaunchOverrides overrides,
            Optional<String> tenant,
            Duration patience)
            throws InterruptedException {
        var owner = owner(tenant);
        TakeResult result = new TakeResult.LaunchFailed("the wait was interrupted");
        try {
            result = takeAny(wanted, protocol, overrides, Optional.of(owner), patience);
            return result;
        } finally {
            if (!(result instanceof TakeResult.Taken)) {
                queue.released(owner);
            }
        }
    }

    private DriverOwner owner(Optional<String> tenant) {
        return switch (settings.driverIsolation()) {
            case WORKER -> new DriverOwner.Everybody();
            case TENANT -> tenant.<DriverOwner>map(DriverOwner.OfTenant::new).orElseGet(DriverOwner.OfSession::new);
            case SESSION -> new DriverOwner.OfSession();
        };
    }

    /// @param owner empty for nobody's browser, whose driver is left to others
    private TakeResult takeAny(
            Optional<PlaywrightVersion> wanted,
            ClientProtocol protocol,
            LaunchOverrides overrides,
            Optional<DriverOwner> owner,
            Duration patience)
            throws InterruptedException {
        var deadline = Deadline.in(patience, nanos);
        var version = wanted.or(source::preferred);
        while (version.isPresent()) {
            var result = take(version.get(), protocol, overrides, owner, deadline);
            var next = wanted.or(source::preferred);
            if (!(result instanceof TakeResult.NoVersion) || next.equals(version)) {
                return result;
            }
            version = next; // without a certain version, try the next one that may work
        }
        return new TakeResult.NoVersion(List.of(), "this worker has no driver of Playwright");
    }

    private TakeResult take(
            PlaywrightVersion version,
            ClientProtocol protocol,
            LaunchOverrides overrides,
            Optional<DriverOwner> owner,
            Deadline deadline)
            throws InterruptedException {
        if (closed.get()) {
            return new TakeResult.LaunchFailed("the worker has ended");
        }
        return switch (source.resolve(version, deadline.left())) {
            case DriverResolution.Unavailable(var available, var why) -> new TakeResult.NoVersion(available, why);
            case DriverResolution.StillFetching(var fetching) -> new TakeResult.Fetching(fetching);
            case DriverResolution.Stored(var driver) ->
                take(driver, LaunchPlan.of(defaultSpec.speaking(protocol), overrides), protocol, owner, deadline);
        };
    }

    /// The launch options of a client that apply to the browsers of this worker. [#take] ignores the
    /// others.
    public LaunchPlan.Applicable applicable(LaunchOverrides overrides) {
        return LaunchPlan.applicable(defaultSpec, overrides);
    }

    private TakeResult take(
            DriverPackage driver,
            LaunchPlan launchPlan,
            ClientProtocol protocol,
            Optional<DriverOwner> owner,
            Deadline deadline)
            throws InterruptedException {
        inUse.incrementAndGet();
        TakeResult result = new TakeResult.LaunchFailed("the wait was interrupted");
        try {
            result = launchPlan instanceof LaunchPlan.Custom(var spec) && owner.isPresent()
                    ? takeCustom(driver, spec, owner.get(), deadline)
                    : takeDefault(driver, protocol, owner, deadline);
            return result;
        } finally {
            if (result instanceof TakeResult.Taken(var browser)) {
                taken.add(browser);
                queue.taken(browser.origin());
            } else {
                inUse.decrementAndGet();
            }
        }
    }

    /// A launch with custom options proves nothing about a version, so a default browser is launched first.
    private TakeResult takeCustom(DriverPackage driver, LaunchSpec spec, DriverOwner owner, Deadline deadline)
            throws InterruptedException {
        if (spec.protocol() == ClientProtocol.PLAYWRIGHT && !driverSupervisors.isProven(driver)) {
            switch (queue.take(driver, Optional.of(owner), deadline).result()) {
                case LaunchResult.Launched(var browser) -> queue.requeue(browser);
                case LaunchResult.VersionUnusable unusable -> {
                    return taken(unusable, BrowserOrigin.LAUNCHED, Optional.of(owner), false);
                }
                case LaunchResult.Refused _, LaunchResult.Failed _, LaunchResult.NoDriver _ -> {
                    // The client's own launch may succeed, or reports why not.
                }
            }
        }
        return taken(queue.onConnect(driver, owner, spec, deadline), BrowserOrigin.LAUNCHED, Optional.of(owner), false);
    }

    private TakeResult takeDefault(
            DriverPackage driver, ClientProtocol protocol, Optional<DriverOwner> owner, Deadline deadline)
            throws InterruptedException {
        var sharer = owner.filter(it -> isShared() && protocol == ClientProtocol.PLAYWRIGHT && !it.isOneSession());
        TakeResult result;
        if (sharer.isPresent()) {
            result = shared.take(driver, sharer.get(), deadline, this::returned);
        } else {
            var handed = queue.take(driver, protocol, owner, deadline);
            result = taken(handed.result(), handed.origin(), owner, true);
        }
        if (result instanceof TakeResult.Taken && owner.isPresent()) {
            warmDemand.asked(new Wanted(driver.version(), owner.filter(it -> !it.isOneSession()), protocol));
        }
        return result;
    }

    /// @param isUsual whether it was launched without options of a client's own
    private TakeResult taken(LaunchResult result, BrowserOrigin origin, Optional<DriverOwner> owner, boolean isUsual) {
        return switch (result) {
            case LaunchResult.Launched(var browser) ->
                new TakeResult.Taken(new PooledBrowser(browser, origin, it -> {
                    returned(it);
                    var again = isUsual
                            && it.wasLeftInOrder()
                            && owner.filter(its -> reuse.mayServeAgain(browser, its))
                                    .isPresent();
                    if (again) {
                        queue.empty(browser);
                    } else {
                        browser.close();
                    }
                    owner.ifPresent(queue::released);
                }));
            case LaunchResult.Refused(var option, var why) -> new TakeResult.Refused(option, why);
            case LaunchResult.Failed(var why) -> new TakeResult.LaunchFailed(why);
            case LaunchResult.NoDriver _ -> new TakeResult.NoDriver();
            case LaunchResult.VersionUnusable(var why) -> new TakeResult.NoVersion(source.available(), why);
        };
    }

    private void returned(PooledBrowser browser) {
        taken.remove(browser);
        inUse.decrementAndGet();
    }

    /// Launches a browser as for the first session, to prove that it works. The browser is kept warm where
    /// warm browsers are configured; otherwise it has ended when this returns.
    public TakeResult prove(Duration patience) throws InterruptedException {
        var result =
                takeAny(Optional.empty(), ClientProtocol.PLAYWRIGHT, LaunchOverrides.NONE, Optional.empty(), patience);
        if (result instanceof TakeResult.Taken(var browser)) {
            if (!queue.isWarmMissing()) {
                var process = ProcessHandle.of(browser.pid());
                browser.close();
                if (process.isPresent()) {
                    awaitEnd(process.get());
                }
            } else {
                returned(browser);
                queue.requeue(browser.launched());
            }
        }
        return result;
    }

    private static void awaitEnd(ProcessHandle process) throws InterruptedException {
        try {
            process.onExit().get(END_PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException _) {
            // Its driver kills it.
        }
    }

    /// Limits the number of drivers by that of the sessions, unless `MAX_DRIVERS` is set, and that of warm
    /// browsers under load.
    ///
    /// @param concurrent sessions, at most
    public void expectSessions(int concurrent) {
        if (!isShared()) {
            warmDemand.expectSessions(concurrent);
        }
        queue.limitDrivers(settings.maxDriversFor(concurrent));
    }

    /// The configured number of warm browsers.
    public int warmBrowsers() {
        return isShared() ? 0 : settings.warmBrowsers();
    }

    /// Limits the number of warm browsers from now on.
    public void keepWarm(int atMost) {
        if (!isShared()) {
            queue.keepWarm(Math.min(atMost, settings.warmBrowsers()));
        }
    }

    /// The browsers that sessions hold.
    public Collection<PooledBrowser> inUse() {
        return List.copyOf(taken);
    }

    /// The processes of the running drivers; browsers are their children.
    public List<Long> driverPids() {
        return driverSupervisors.pids();
    }

    /// Reports launches and crashes from now on.
    public void setListener(PoolListener listener) {
        queue.setListener(listener);
    }

    /// Calls `listener` with each browser that waits for sessions: warm and shared ones. It must not block.
    public void onWaiting(Consumer<LaunchedBrowser> listener) {
        queue.onWarm(listener);
    }

    /// Calls `action` once with the cause when drivers or browsers fail so often that the worker should
    /// end; on a thread of its own.
    public void onFatal(Consumer<String> action) {
        var _ = fatal.thenAcceptAsync(action, Thread::startVirtualThread);
    }

    public PoolStats stats() {
        return queue.stats(queue.warm() + shared.alive(), inUse.get());
    }

    /// Keeps no more browsers warm and destroys the waiting ones; those in use stay. Sessions that were
    /// accepted before still get a browser.
    public void drain() {
        queue.drain();
    }

    /// Ends all browsers and drivers; blocks for some seconds at most.
    @Override
    public void close() {
        closed.set(true);
        housekeeping.ifPresent(PeriodicTask::close);
        drain();
        queue.close();
        driverSupervisors.close();
    }

    private boolean isShared() {
        return settings.isolation() == PoolSettings.Isolation.SHARED;
    }

    private void removeEnded() {
        source.refresh();
        queue.removeSurplus();
        warmDemand.latest().ifPresent(shared::endIdle);
        driverSupervisors.endIdle(warmDemand::isRecent);
    }

    /// Statistics of a pool. Counters count from its start.
    ///
    /// @param warm browsers that wait
    /// @param inUse sessions that hold a browser
    /// @param launches successful launches
    /// @param launching the time of all successful launches
    /// @param launchFailures failed launches, for any reason
    /// @param crashes browsers that ended by themselves, or with their driver
    /// @param drivers running driver processes by version
    /// @param hungDrivers driver processes that do not answer now
    public record PoolStats(
            int warm,
            int inUse,
            long launches,
            Duration launching,
            long launchFailures,
            long crashes,
            SortedMap<PlaywrightVersion, Integer> drivers,
            int hungDrivers) {}

    /// Receives the events of a pool. Must not block.
    public interface PoolListener {
        /// Ignores all events.
        PoolListener NOBODY = new PoolListener() {};

        /// A session got a browser.
        default void taken(BrowserOrigin origin) {}

        /// A browser was launched.
        default void launched(Duration took) {}

        /// A launch failed.
        default void launchFailed() {}

        /// A browser ended by itself, or with its driver.
        default void crashed() {}

        /// A driver ended that nobody had closed.
        default void driverDied(DriverDeath death) {}
    }

    /// The outcome of taking a browser.
    public sealed interface TakeResult {
        /// A browser; the caller closes it.
        record Taken(PooledBrowser browser) implements TakeResult {}

        /// The driver of that version is not available.
        ///
        /// @param available the available versions, ascending
        /// @param why for people
        record NoVersion(List<PlaywrightVersion> available, String why) implements TakeResult {
            public NoVersion {
                available = List.copyOf(available);
            }
        }

        /// The driver of that version is being fetched.
        record Fetching(PlaywrightVersion version) implements TakeResult {}

        /// A launch option of the client is refused.
        ///
        /// @param option the name of the launch option
        /// @param why one sentence
        record Refused(String option, String why) implements TakeResult {}

        /// Every driver that there may be was in use, and none became free in time; another worker may have
        /// one.
        record NoDriver() implements TakeResult {}

        /// No browser was launched in time; another worker may succeed.
        ///
        /// @param why for people, may be several lines long
        record LaunchFailed(String why) implements TakeResult {}
    }
}
