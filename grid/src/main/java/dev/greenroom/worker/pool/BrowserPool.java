package dev.greenroom.worker.pool;

import dev.greenroom.config.PoolSettings;
import dev.greenroom.schedule.PeriodicTask;
import dev.greenroom.session.PlaywrightVersion;
import dev.greenroom.session.Wishes;
import dev.greenroom.worker.driver.DriverPackage;
import dev.greenroom.worker.driver.DriverSource;
import dev.greenroom.worker.driver.Drivers;
import dev.greenroom.worker.driver.LaunchResult;
import dev.greenroom.worker.driver.LaunchSpec;
import dev.greenroom.worker.driver.LaunchedBrowser;
import dev.greenroom.worker.driver.Resolution;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/// The browsers of a worker. Sessions take one each, warm where one waits, and close it; a closed browser is destroyed
/// (or, where sessions share one, left to the others). Safe for use by many threads.
public final class BrowserPool implements AutoCloseable {
    private static final Duration HOUSEKEEPING = Duration.ofSeconds(30);
    private static final Duration END_PATIENCE = Duration.ofSeconds(5);
    private static final int LEAST_LAUNCHES_AT_ONCE = 2;

    private final PoolSettings settings;
    private final LaunchSpec usual;
    private final DriverSource source;
    private final LongSupplier nanos;
    private final Demand demand;
    private final WarmShelf shelf = new WarmShelf();
    private final Keepers keepers;
    private final Launcher launcher;
    private final Refill refill;
    private final SharedBrowsers shared;
    private final AtomicInteger inUse = new AtomicInteger();
    private final Set<PooledBrowser> taken = ConcurrentHashMap.newKeySet();
    private final AtomicBoolean closed = new AtomicBoolean();
    private final CompletableFuture<String> fatal = new CompletableFuture<>();
    private volatile Optional<PeriodicTask> housekeeping = Optional.empty();
    private final Thread warmer;

    /// @param spec how every browser is launched
    /// @param nanos a clock that only runs forward
    public BrowserPool(
            PoolSettings settings, LaunchSpec spec, DriverSource source, Drivers drivers, LongSupplier nanos) {
        this.settings = settings;
        this.usual = spec;
        this.source = source;
        this.nanos = nanos;
        this.demand = new Demand(isShared() ? 0 : settings.warmBrowsers());
        var cores = Runtime.getRuntime().availableProcessors();
        this.keepers = new Keepers(
                settings.driverHostsOn(cores), source, drivers, nanos, new Alarm(nanos, fatal::complete)::count);
        this.launcher = new Launcher(keepers, spec, Math.max(LEAST_LAUNCHES_AT_ONCE, cores), nanos);
        this.refill = new Refill(shelf, demand, source, launcher, nanos);
        this.shared = new SharedBrowsers(launcher, nanos);
        this.warmer = Thread.ofVirtual().name("pool-refill").unstarted(isShared() ? this::launchShared : refill::run);
    }

    /// Starts to warm browsers up; returns at once.
    public void start() {
        source.preferred().ifPresent(demand::startWith);
        warmer.start();
        housekeeping = Optional.of(PeriodicTask.every(HOUSEKEEPING, "pool-housekeeping", this::endIdle));
    }

    /// The first session should not have to wait; it is no harm if this fails, the session will say why.
    private void launchShared() {
        if (settings.warmBrowsers() > 0) {
            try {
                if (take(Optional.empty(), settings.launchTimeout()) instanceof TakeResult.Taken(var browser)) {
                    browser.close();
                }
            } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /// Takes a browser, on the calling thread, which should be a virtual one.
    ///
    /// @param wanted the client's version; empty takes the newest that is there
    /// @param patience how long it may take
    public TakeResult take(Optional<PlaywrightVersion> wanted, Duration patience) throws InterruptedException {
        return take(wanted, Wishes.NONE, patience);
    }

    /// Takes a browser that is as a client wishes; otherwise the same. One with wishes is the client's own in any case,
    /// and is launched when the client connects.
    public TakeResult take(Optional<PlaywrightVersion> wanted, Wishes wishes, Duration patience)
            throws InterruptedException {
        var deadline = Deadline.in(patience, nanos);
        var version = wanted.or(source::preferred);
        if (version.isEmpty()) {
            return new TakeResult.NoVersion(List.of(), "this worker has no driver of Playwright");
        }
        if (closed.get()) {
            return new TakeResult.LaunchFailed("the worker has ended");
        }
        return switch (source.resolve(version.get(), patience)) {
            case Resolution.NotToBeHad(var available, var why) -> new TakeResult.NoVersion(available, why);
            case Resolution.StillFetching(var fetching) -> new TakeResult.Fetching(fetching);
            case Resolution.Stored(var driver) -> take(driver, Wished.of(launcher.usual(), wishes), deadline);
        };
    }

    /// What of a client's wishes the browsers of this worker can be. The rest makes no difference to [#take].
    public Wished.Applicable applicable(Wishes wishes) {
        return Wished.applicable(usual, wishes);
    }

    private TakeResult take(DriverPackage driver, Wished wished, Deadline deadline) throws InterruptedException {
        inUse.incrementAndGet();
        TakeResult result = new TakeResult.LaunchFailed("the wait was broken off");
        try {
            result = switch (wished) {
                case Wished.Special(var spec) -> cold(launcher.onConnect(driver, spec, deadline));
                case Wished.Usual _ -> takeUsual(driver, deadline);
            };
            return result;
        } finally {
            if (result instanceof TakeResult.Taken(var browser)) {
                taken.add(browser);
                refill.taken();
            } else {
                inUse.decrementAndGet();
                refill.changed();
            }
        }
    }

    private TakeResult takeUsual(DriverPackage driver, Deadline deadline) throws InterruptedException {
        demand.asked(driver.version());
        return isShared() ? shared.take(driver, deadline, inUse::decrementAndGet) : takeOwn(driver, deadline);
    }

    private TakeResult takeOwn(DriverPackage driver, Deadline deadline) throws InterruptedException {
        return switch (shelf.claim(driver.version())) {
            case WarmShelf.Claim.Ready(var browser) -> taken(browser, true);
            case WarmShelf.Claim.Promised(var promise) -> {
                var browser = await(promise, deadline);
                yield browser.isPresent() ? taken(browser.get(), true) : launch(driver, deadline);
            }
            case WarmShelf.Claim.Nothing _ -> launch(driver, deadline);
        };
    }

    private Optional<LaunchedBrowser> await(CompletableFuture<Optional<LaunchedBrowser>> promise, Deadline deadline)
            throws InterruptedException {
        try {
            return promise.get(deadline.left().toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException _) {
            giveUp(promise);
            return Optional.empty();
        } catch (InterruptedException e) {
            giveUp(promise);
            throw e;
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void giveUp(CompletableFuture<Optional<LaunchedBrowser>> promise) {
        var _ = promise.thenAccept(late -> late.ifPresent(LaunchedBrowser::close));
    }

    private TakeResult launch(DriverPackage driver, Deadline deadline) throws InterruptedException {
        return cold(launcher.forSession(driver, deadline));
    }

    private TakeResult cold(LaunchResult result) {
        return switch (result) {
            case LaunchResult.Launched(var browser) -> taken(browser, false);
            case LaunchResult.Failed(var why) -> new TakeResult.LaunchFailed(why);
        };
    }

    private TakeResult taken(LaunchedBrowser browser, boolean warm) {
        return new TakeResult.Taken(new PooledBrowser(browser, warm, () -> {
            inUse.decrementAndGet();
            browser.close();
        }));
    }

    /// Launches a browser as the first session would get it, and keeps it for that one where browsers are kept warm;
    /// otherwise it is gone when this returns. The same as [#take] apart from that.
    public TakeResult prove(Duration patience) throws InterruptedException {
        var result = take(Optional.empty(), patience);
        if (result instanceof TakeResult.Taken(var browser)) {
            if (isShared() || demand.missing(shelf.versions()).isEmpty()) {
                var process = ProcessHandle.of(browser.pid());
                browser.close();
                if (!isShared() && process.isPresent()) {
                    awaitEnd(process.get());
                }
            } else {
                taken.remove(browser);
                inUse.decrementAndGet();
                refill.shelve(browser.launched());
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

    /// How many are kept warm while there is memory.
    public int warmBrowsers() {
        return isShared() ? 0 : settings.warmBrowsers();
    }

    /// Keeps at most so many browsers warm from now on.
    public void keepWarm(int atMost) {
        if (!isShared()) {
            demand.limit(Math.min(atMost, settings.warmBrowsers()));
            refill.trim();
            refill.changed();
        }
    }

    /// The browsers that sessions hold.
    public Collection<PooledBrowser> inUse() {
        taken.removeIf(PooledBrowser::isClosed);
        return List.copyOf(taken);
    }

    /// The processes of the drivers that run, of which the browsers are children.
    public List<Long> driverPids() {
        return keepers.pids();
    }

    /// Tells of launches and crashes from now on.
    public void watchedBy(PoolWatch watch) {
        launcher.watchedBy(watch);
    }

    /// Calls `listener` with each browser that is there before its session is, or for several of them. It must not
    /// block.
    public void onWaiting(Consumer<LaunchedBrowser> listener) {
        launcher.onWaiting(listener);
    }

    /// Calls `action` once with the cause when drivers or browsers fail so often that the worker had better end; on a
    /// thread of its
    /// own.
    public void onFatal(Consumer<String> action) {
        var _ = fatal.thenAcceptAsync(action, Thread::startVirtualThread);
    }

    public PoolStats stats() {
        return launcher.stats(isShared() ? shared.alive() : shelf.size(), inUse.get());
    }

    /// Keeps no more browsers warm, and destroys those that wait; those in use stay. A session that was let in before
    /// still gets one: it is launched.
    public void drain() {
        housekeeping.ifPresent(PeriodicTask::close);
        warmer.interrupt();
        shelf.close();
    }

    /// Ends all browsers and drivers; blocks for some seconds at most.
    @Override
    public void close() {
        closed.set(true);
        drain();
        keepers.close();
    }

    private boolean isShared() {
        return settings.isolation() == PoolSettings.Isolation.SHARED;
    }

    private void endIdle() {
        demand.latest().ifPresent(shared::endIdle);
        keepers.endIdle();
    }
}
