package dev.greenroom.testkit;

import dev.greenroom.session.PlaywrightVersion;
import dev.greenroom.session.SessionEnding.Cause;
import dev.greenroom.worker.driver.Driver;
import dev.greenroom.worker.driver.Driver.DriverDeath;
import dev.greenroom.worker.driver.Driver.DriverStarter;
import dev.greenroom.worker.driver.Driver.LaunchResult;
import dev.greenroom.worker.driver.LaunchSpec;
import dev.greenroom.worker.driver.LaunchedBrowser;
import dev.greenroom.worker.driver.PageViews;
import dev.greenroom.worker.process.DriverFailedException;
import dev.greenroom.worker.store.DriverSource;
import dev.greenroom.worker.store.DriverSource.DriverPackage;
import dev.greenroom.worker.store.DriverSource.DriverResolution;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/// Drivers of some versions, whose browsers are nothing but a number. Launches can be held back, made to
/// fail, and everything can be made to die.
public final class FakeDrivers implements DriverStarter, DriverSource {
    private final TreeSet<PlaywrightVersion> versions = new TreeSet<>();
    private final List<FakeDriver> started = new CopyOnWriteArrayList<>();
    private final List<LaunchedBrowser> browsers = new CopyOnWriteArrayList<>();
    /// Nobody's, beyond what Linux gives out.
    private final AtomicLong pids = new AtomicLong(2_000_000_000);
    private final AtomicInteger failingLaunches = new AtomicInteger();
    private final AtomicInteger failingStarts = new AtomicInteger();
    private final AtomicInteger launching = new AtomicInteger();
    private final AtomicInteger launchesBegun = new AtomicInteger();
    private final AtomicInteger starting = new AtomicInteger();
    private final AtomicInteger startsBegun = new AtomicInteger();
    private final Semaphore launches = new Semaphore(Integer.MAX_VALUE);
    private final Semaphore starts = new Semaphore(Integer.MAX_VALUE);
    private final Semaphore closes = new Semaphore(Integer.MAX_VALUE);
    private final Set<PlaywrightVersion> broken = ConcurrentHashMap.newKeySet();
    private final Set<PlaywrightVersion> pageless = ConcurrentHashMap.newKeySet();
    private final AtomicInteger pagesOpened = new AtomicInteger();
    private final Map<PlaywrightVersion, String> unusable = new ConcurrentHashMap<>();

    public FakeDrivers(PlaywrightVersion... versions) {
        this.versions.addAll(List.of(versions));
    }

    /// Lets no launch through until [#letLaunch].
    public FakeDrivers holdLaunches() {
        launches.drainPermits();
        return this;
    }

    /// Lets some launches through.
    public void letLaunch(int count) {
        launches.release(count);
    }

    /// Makes the next launches fail.
    public FakeDrivers failLaunches(int count) {
        failingLaunches.set(count);
        return this;
    }

    /// Makes the next starts of drivers fail.
    public FakeDrivers failStarts(int count) {
        failingStarts.set(count);
        return this;
    }

    /// Launches that have ever begun.
    public int launchesBegun() {
        return launchesBegun.get();
    }

    /// Lets no driver start until [#letStart].
    public FakeDrivers holdStarts() {
        starts.drainPermits();
        return this;
    }

    /// Lets some starts through.
    public void letStart(int count) {
        starts.release(count);
    }

    /// Lets the close of no driver return until [#letClose].
    public FakeDrivers holdCloses() {
        closes.drainPermits();
        return this;
    }

    /// Lets all of them return.
    public void letClose() {
        closes.release(Integer.MAX_VALUE - closes.availablePermits());
    }

    /// Starts that have begun and not ended.
    public int starting() {
        return starting.get();
    }

    /// Starts that have ever begun.
    public int startsBegun() {
        return startsBegun.get();
    }

    /// Has the driver of a version give up whenever it is started, or no more.
    public void breakDriver(PlaywrightVersion version, boolean gives) {
        if (gives) {
            broken.add(version);
        } else {
            broken.remove(version);
        }
    }

    /// Has browsers of a version come up and refuse to open a page.
    public void refusePages(PlaywrightVersion version) {
        pageless.add(version);
    }

    /// Launches that had to open a page, and did.
    public int pagesOpened() {
        return pagesOpened.get();
    }

    /// Every driver that was ever started, oldest first.
    public List<FakeDriver> started() {
        return started;
    }

    /// Every browser that was ever launched, oldest first.
    public List<LaunchedBrowser> browsers() {
        return browsers;
    }

    /// The processes of the browsers that live.
    public List<Long> pids() {
        return alive().stream().map(browser -> browser.address().pid()).toList();
    }

    public List<LaunchedBrowser> alive() {
        return browsers.stream().filter(LaunchedBrowser::alive).toList();
    }

    /// Launches that have begun and not ended.
    public int launching() {
        return launching.get();
    }

    @Override
    public Driver start(DriverPackage driver) throws InterruptedException {
        startsBegun.incrementAndGet();
        starting.incrementAndGet();
        try {
            starts.acquire();
        } finally {
            starting.decrementAndGet();
        }
        if (broken.contains(driver.version())) {
            throw DriverFailedException.ofBrokenDriver("cannot find module 'commander'");
        }
        if (failingStarts.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
            throw new DriverFailedException("made to fail");
        }
        var fresh = new FakeDriver(driver.version());
        started.add(fresh);
        return fresh;
    }

    @Override
    public DriverResolution resolve(PlaywrightVersion version, Duration patience) {
        var why = unusable.get(version);
        if (why != null) {
            return new DriverResolution.Unavailable(available(), why);
        }
        return versions.contains(version)
                ? new DriverResolution.Stored(new DriverPackage(version, version + ".0", Path.of("/fake")))
                : new DriverResolution.Unavailable(available(), "not published");
    }

    @Override
    public DriverResolution resolveNow(PlaywrightVersion version) {
        return resolve(version, Duration.ZERO);
    }

    @Override
    public void unusable(PlaywrightVersion version, String why) {
        unusable.put(version, why);
    }

    /// Says that what did not work may be tried again.
    public void forgetUnusable() {
        unusable.clear();
    }

    @Override
    public void refresh() {}

    @Override
    public List<PlaywrightVersion> available() {
        return versions.stream()
                .filter(version -> !unusable.containsKey(version))
                .toList();
    }

    @Override
    public Optional<PlaywrightVersion> preferred() {
        var available = available();
        return available.isEmpty() ? Optional.empty() : Optional.of(available.getLast());
    }

    @Override
    public DriverHold hold(DriverPackage driver) {
        return () -> {};
    }

    /// A driver without a process.
    public final class FakeDriver implements Driver {
        private final PlaywrightVersion version;
        private final List<LaunchedBrowser> mine = new CopyOnWriteArrayList<>();
        private final List<CompletableFuture<Optional<String>>> emptyings = new CopyOnWriteArrayList<>();
        private final CompletableFuture<DriverDeath> death = new CompletableFuture<>();
        private volatile boolean alive = true;
        private volatile boolean silent;

        private FakeDriver(PlaywrightVersion version) {
            this.version = version;
        }

        @Override
        public PlaywrightVersion version() {
            return version;
        }

        @Override
        public long pid() {
            return 1;
        }

        @Override
        public boolean alive() {
            return alive;
        }

        @Override
        public boolean responsive() {
            return alive && !silent;
        }

        /// Answers no more, or again.
        public void silent(boolean now) {
            silent = now;
        }

        @Override
        public LaunchResult launch(LaunchSpec spec, Duration patience) throws InterruptedException {
            launchesBegun.incrementAndGet();
            launching.incrementAndGet();
            try {
                if (!launches.tryAcquire(patience.toMillis(), TimeUnit.MILLISECONDS)) {
                    return new LaunchResult.Failed("took too long");
                }
                if (!alive || failingLaunches.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
                    return new LaunchResult.Failed("made to fail");
                }
                if (spec.opensPage()) {
                    if (pageless.contains(version)) {
                        return new LaunchResult.VersionUnusable("unknown command");
                    }
                    pagesOpened.incrementAndGet();
                }
                var pid = pids.incrementAndGet();
                var address = new LaunchedBrowser.BrowserAddress(Path.of("/fake", Long.toString(pid)), "/path", pid);
                var browser = new LaunchedBrowser(
                        address,
                        version,
                        spec.protocol(),
                        () -> {},
                        this::responsive,
                        (_, _) -> {},
                        this::emptying,
                        PageViews.none());
                browsers.add(browser);
                mine.add(browser);
                return new LaunchResult.Launched(browser);
            } finally {
                launching.decrementAndGet();
            }
        }

        private CompletableFuture<Optional<String>> emptying() {
            var emptying = new CompletableFuture<Optional<String>>();
            emptyings.add(emptying);
            return emptying;
        }

        /// What browsers were told to empty themselves, oldest first; the test says how it ends.
        public List<CompletableFuture<Optional<String>>> emptyings() {
            return emptyings;
        }

        @Override
        public void onDeath(Consumer<DriverDeath> action) {
            var _ = death.thenAcceptAsync(action, Thread::startVirtualThread);
        }

        /// Every browser that it ever launched, oldest first.
        public List<LaunchedBrowser> browsers() {
            return mine;
        }

        /// Dies with its browsers, as if killed.
        public void die() {
            die(new DriverDeath(Cause.BROWSER_CRASHED, "killed by the test", false));
        }

        /// The same, with a cause.
        public void die(DriverDeath how) {
            alive = false;
            mine.forEach(browser -> browser.died(how.cause()));
            death.complete(how);
        }

        @Override
        public void close() {
            alive = false;
            mine.forEach(LaunchedBrowser::close);
            closes.acquireUninterruptibly();
            closes.release();
        }
    }
}
