package dev.greenroom.app;

import dev.greenroom.config.settings.WorkerSections;
import dev.greenroom.config.settings.WorkerSections.BrowserSettings;
import dev.greenroom.session.BrowserType;
import dev.greenroom.worker.browser.BrowserFinder;
import dev.greenroom.worker.browser.BrowserProvider;
import dev.greenroom.worker.browser.BrowserSearch;
import dev.greenroom.worker.browser.BrowserSearch.BrowserBinary;
import dev.greenroom.worker.browser.BrowserUsers;
import dev.greenroom.worker.browser.BrowserUsers.BrowserUserChoice;
import dev.greenroom.worker.browser.ChromiumSandbox;
import dev.greenroom.worker.browser.VideoRecorder;
import dev.greenroom.worker.browser.VirtualDisplay;
import dev.greenroom.worker.driver.BlockedPorts;
import dev.greenroom.worker.driver.LaunchSpec;
import dev.greenroom.worker.driver.RunFolders;
import dev.greenroom.worker.driver.SandboxPolicy;
import dev.greenroom.worker.driver.SandboxedDrivers;
import dev.greenroom.worker.pool.BrowserPool;
import dev.greenroom.worker.pool.LaunchSpecBuilder;
import dev.greenroom.worker.process.BrowserUser;
import dev.greenroom.worker.process.NodeBinary;
import dev.greenroom.worker.store.DriverPackage;
import dev.greenroom.worker.store.DriverSource.DriverResolution;
import dev.greenroom.worker.store.DriverStore;
import java.io.Serial;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Finds what a worker needs before it can serve: drivers, a Node.js to run them, a browser, a display.
final class WorkerSetup implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(WorkerSetup.class);
    private static final Duration DRIVER_TIMEOUT = Duration.ofSeconds(60);

    private final WorkerSections settings;
    private final DriverStore store;
    private final NodeBinary node;
    private final BrowserBinary browser;
    private final LaunchSpec spec;
    private final Optional<Path> videoRecorder;
    private final BlockedPorts blockedPorts = new BlockedPorts();
    private final RunFolders folders;
    private final Optional<VirtualDisplay> display;

    private WorkerSetup(
            WorkerSections settings,
            DriverStore store,
            NodeBinary node,
            BrowserBinary browser,
            LaunchSpec spec,
            Optional<Path> videoRecorder,
            RunFolders folders,
            Optional<VirtualDisplay> display) {
        this.settings = settings;
        this.store = store;
        this.node = node;
        this.browser = browser;
        this.spec = spec;
        this.videoRecorder = videoRecorder;
        this.folders = folders;
        this.display = display;
    }

    /// Something that the worker needs is missing. The message tells the user what to do, in one
    /// sentence.
    static final class MissingPartException extends Exception {
        @Serial
        private static final long serialVersionUID = 1L;

        MissingPartException(String remedy) {
            super(remedy);
        }
    }

    /// Finds or installs everything. Blocks: usually a second, minutes when it installs a browser.
    ///
    /// @param mayInstall whether to install a missing browser
    /// @param progress receives lines that tell the user what happens
    static WorkerSetup collect(
            WorkerSections settings, boolean mayInstall, Consumer<String> progress, RandomGenerator random)
            throws MissingPartException, InterruptedException {
        var environment = System.getenv();
        var store = new DriverStore(settings.driver(), environment, InstantSource.system());
        var node = store.open();
        var driver = newestStored(store);
        var browser = browser(settings, environment, mayInstall ? driver : Optional.empty(), driver, node, progress);
        var folders = folders(settings.browser(), environment, node, browser, random);
        boolean complete = false;
        try {
            var sandbox = sandbox(settings.browser(), browser, folders.user());
            var display = display(settings, environment);
            var spec = LaunchSpecBuilder.of(settings.browser(), settings.pool(), settings.fence(), browser, sandbox);
            var videoRecorder = videoRecorder(environment);
            complete = true;
            return new WorkerSetup(settings, store, node, browser, spec, videoRecorder, folders, display);
        } finally {
            if (!complete) {
                folders.close();
            }
        }
    }

    private static RunFolders folders(
            BrowserSettings settings,
            Map<String, String> environment,
            NodeBinary node,
            BrowserBinary browser,
            RandomGenerator random)
            throws MissingPartException, InterruptedException {
        var parent = Path.of(System.getProperty("java.io.tmpdir"));
        return switch (new BrowserUsers(settings, environment).choose(node, browser, parent, random)) {
            case BrowserUserChoice.Made(var folders, var warning) -> {
                warning.ifPresent(words ->
                        LOG.atWarn().addKeyValue("code", "BROWSER_USER_SAME").log(words));
                yield folders;
            }
            case BrowserUserChoice.Refused(var why) -> throw new MissingPartException(why);
        };
    }

    private static Optional<Path> videoRecorder(Map<String, String> environment) {
        var found = VideoRecorder.find(environment);
        if (found.isEmpty()) {
            LOG.atWarn()
                    .addKeyValue("code", "VIDEO_UNAVAILABLE")
                    .log("No ffmpeg found, so contexts with recordVideo fail; " + VideoRecorder.REMEDY);
        }
        return found;
    }

    private static boolean sandbox(BrowserSettings settings, BrowserBinary browser, BrowserUser user)
            throws MissingPartException, InterruptedException {
        return switch (ChromiumSandbox.decide(settings, browser, user)) {
            case ChromiumSandbox.On() -> true;
            case ChromiumSandbox.Off(var warning) -> {
                LOG.atWarn().addKeyValue("code", "SANDBOX_OFF").log(warning);
                yield false;
            }
            case ChromiumSandbox.Refused(var why) -> throw new MissingPartException(why);
        };
    }

    private static Optional<VirtualDisplay> display(WorkerSections settings, Map<String, String> environment)
            throws MissingPartException, InterruptedException {
        return switch (VirtualDisplay.provide(settings.browser(), environment)) {
            case VirtualDisplay.DisplaySearch.NotNeeded() -> Optional.empty();
            case VirtualDisplay.DisplaySearch.Started(var started) -> Optional.of(started);
            case VirtualDisplay.DisplaySearch.Missing(var remedy) -> throw new MissingPartException(remedy);
        };
    }

    private static Optional<DriverPackage> newestStored(DriverStore store) throws InterruptedException {
        var version = store.preferred();
        if (version.isPresent()
                && store.resolve(version.get(), DRIVER_TIMEOUT) instanceof DriverResolution.Stored(var driver)) {
            return Optional.of(driver);
        }
        return Optional.empty();
    }

    private static BrowserBinary browser(
            WorkerSections settings,
            Map<String, String> environment,
            Optional<DriverPackage> installer,
            Optional<DriverPackage> driver,
            NodeBinary node,
            Consumer<String> progress)
            throws MissingPartException, InterruptedException {
        var search = installer.isPresent()
                ? new BrowserProvider(settings.browser(), environment, node, installer.get()).provide(progress)
                : new BrowserFinder(settings.browser(), environment, driver).find();
        return switch (search) {
            case BrowserSearch.Found(var found) -> found;
            case BrowserSearch.Missing(var remedy) -> throw new MissingPartException(remedy);
        };
    }

    /// Creates the pool of one worker run, with its own drivers.
    ///
    /// @param neighbours addresses that drivers must not connect to, such as Redis
    BrowserPool newPool(Collection<InetSocketAddress> neighbours) {
        var usual = SandboxPolicy.metadataAnd(neighbours);
        var policy = settings.fence().blockPrivateNetwork()
                ? usual.andPrivateNetworks(spec.type() == BrowserType.FIREFOX)
                : usual;
        var environment = System.getenv();
        var seen = display.map(screen -> screen.added(environment)).orElse(environment);
        var drivers = new SandboxedDrivers(node, policy, blockedPorts, seen, videoRecorder, folders);
        return new BrowserPool(settings.pool(), spec, store, drivers, System::nanoTime);
    }

    /// The grid's own ports, which no driver may connect to.
    BlockedPorts blockedPorts() {
        return blockedPorts;
    }

    /// What a worker with this setup offers to clients.
    StartBanner.Offer offer() {
        return new StartBanner.Offer(
                spec.type(), browser, settings.driver().versions(), store.available(), videoRecorder.isPresent());
    }

    /// Deletes the run folders and stops the display. Close every pool first.
    @Override
    public void close() {
        folders.close();
        display.ifPresent(VirtualDisplay::close);
    }
}
