package dev.greenroom.app;

import com.sun.management.OperatingSystemMXBean;
import dev.greenroom.config.WorkerSections;
import dev.greenroom.session.BrowserType;
import dev.greenroom.worker.browser.BrowserSetup;
import dev.greenroom.worker.browser.BrowserSetup.BrowserUnavailableException;
import dev.greenroom.worker.driver.SandboxPolicy;
import dev.greenroom.worker.driver.SandboxPolicy.BlockedPorts;
import dev.greenroom.worker.driver.SandboxPolicy.SandboxedDrivers;
import dev.greenroom.worker.pool.BrowserPool;
import dev.greenroom.worker.process.NodeBinary;
import dev.greenroom.worker.recording.Recordings;
import dev.greenroom.worker.store.DriverSource.DriverPackage;
import dev.greenroom.worker.store.DriverSource.DriverResolution;
import dev.greenroom.worker.store.DriverStore;
import java.lang.management.ManagementFactory;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Collection;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;

/// What a worker needs before it can serve: drivers, a Node.js to run them, and a browser.
final class WorkerSetup implements AutoCloseable {
    private static final Duration DRIVER_TIMEOUT = Duration.ofSeconds(60);

    private final WorkerSections settings;
    private final DriverStore store;
    private final NodeBinary node;
    private final BrowserSetup browser;
    private final BlockedPorts blockedPorts = new BlockedPorts();

    private WorkerSetup(WorkerSections settings, DriverStore store, NodeBinary node, BrowserSetup browser) {
        this.settings = settings;
        this.store = store;
        this.node = node;
        this.browser = browser;
    }

    /// Finds or installs everything. Blocks: usually a second, minutes when it installs a browser.
    ///
    /// @param mayInstall whether to install a missing browser
    /// @param progress receives lines that tell the user what happens
    static WorkerSetup collect(
            WorkerSections settings, boolean mayInstall, Consumer<String> progress, RandomGenerator random)
            throws BrowserUnavailableException, InterruptedException {
        var environment = System.getenv();
        var store = new DriverStore(settings.driver(), environment, InstantSource.system());
        var node = store.open();
        var browser = BrowserSetup.prepare(
                settings.browser(),
                settings.pool(),
                settings.sandbox().blockPrivateNetwork(),
                environment,
                node,
                newestStored(store),
                mayInstall,
                progress,
                random);
        return new WorkerSetup(settings, store, node, browser);
    }

    private static Optional<DriverPackage> newestStored(DriverStore store) throws InterruptedException {
        var version = store.preferred();
        if (version.isPresent()
                && store.resolve(version.get(), DRIVER_TIMEOUT) instanceof DriverResolution.Stored(var driver)) {
            return Optional.of(driver);
        }
        return Optional.empty();
    }

    /// Creates the pool of one worker run, with its own drivers.
    ///
    /// @param neighbours addresses that drivers must not connect to, such as Redis
    BrowserPool newPool(Collection<InetSocketAddress> neighbours) {
        var usual = SandboxPolicy.metadataAnd(neighbours);
        var policy = settings.sandbox().blockPrivateNetwork()
                ? usual.andPrivateNetworks(browser.launchSpec().type() == BrowserType.FIREFOX)
                : usual;
        var drivers = new SandboxedDrivers(
                node,
                policy,
                settings.budgets(),
                blockedPorts,
                browser.environment(),
                browser.videoRecorder(),
                browser.folders(),
                settings.driver().hangTimeout(),
                settings.driver()
                        .heapFor(settings.capacity().maxConcurrentSessions(), machineBytes())
                        .bytes());
        return new BrowserPool(settings.pool(), browser.launchSpec(), store, drivers, System::nanoTime);
    }

    /// The recordings of its sessions. Closed by the caller, before this.
    Recordings recordings() {
        return Recordings.open(
                settings.recording(),
                browser.launchSpec().type(),
                browser.videoRecorder(),
                browser.folders(),
                browser.environment());
    }

    /// Of the container, where it has a limit.
    private static long machineBytes() {
        return ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getTotalMemorySize();
    }

    /// The grid's own ports, which no driver may connect to.
    BlockedPorts blockedPorts() {
        return blockedPorts;
    }

    /// What a worker with this setup offers to clients.
    StartBanner.Offer offer() {
        return new StartBanner.Offer(
                browser.launchSpec().type(),
                browser.description(),
                browser.program(),
                settings.driver().versions(),
                store.available(),
                browser.videoRecorder().isPresent());
    }

    /// Deletes the run folders and stops the display. Close every pool first.
    @Override
    public void close() {
        browser.close();
    }
}
