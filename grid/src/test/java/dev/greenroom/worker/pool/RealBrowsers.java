package dev.greenroom.worker.pool;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.config.WorkerSections.BrowserSettings;
import dev.greenroom.config.WorkerSections.DriverSettings;
import dev.greenroom.config.WorkerSections.PoolSettings;
import dev.greenroom.config.WorkerSections.PoolSettings.DriverIsolation;
import dev.greenroom.config.WorkerSections.PoolSettings.Isolation;
import dev.greenroom.config.WorkerSections.SandboxSettings;
import dev.greenroom.config.WorkerSections.SessionBudgets;
import dev.greenroom.session.BrowserType;
import dev.greenroom.session.LaunchOverrides;
import dev.greenroom.session.PlaywrightVersion;
import dev.greenroom.session.PlaywrightVersion.SupportedVersions;
import dev.greenroom.testkit.Budgets;
import dev.greenroom.testkit.UnixSocketBridge;
import dev.greenroom.worker.browser.BrowserSetup;
import dev.greenroom.worker.browser.BrowserSetup.BrowserUnavailableException;
import dev.greenroom.worker.driver.SandboxPolicy;
import dev.greenroom.worker.driver.SandboxPolicy.BlockedPorts;
import dev.greenroom.worker.driver.SandboxPolicy.SandboxedDrivers;
import dev.greenroom.worker.pool.BrowserPool.TakeResult;
import dev.greenroom.worker.process.BrowserUser;
import dev.greenroom.worker.process.ExternalCommand;
import dev.greenroom.worker.process.NodeBinary;
import dev.greenroom.worker.store.DriverSource.DriverPackage;
import dev.greenroom.worker.store.DriverSource.DriverResolution;
import dev.greenroom.worker.store.DriverStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/// Everything that a pool of real browsers needs: a driver store that outlives the test, since filling it
/// takes a download, and private folders that do not. As a field of a test class it is closed after each
/// test.
final class RealBrowsers implements AfterEachCallback {
    static final PlaywrightVersion BUNDLED = new PlaywrightVersion(1, 62);
    static final PoolSettings COLD = settings(Isolation.SESSION, 0);
    static final Duration PATIENCE = Duration.ofSeconds(60);

    private static final Path STORE = Path.of("target", "driver-store").toAbsolutePath();

    private final BlockedPorts blockedPorts = new BlockedPorts();
    private final DriverStore store;
    private final NodeBinary node;
    private final List<BrowserSetup> setups = new ArrayList<>();

    private RealBrowsers(DriverStore store, NodeBinary node) {
        this.store = store;
        this.node = node;
    }

    static RealBrowsers open() {
        var settings = new DriverSettings(
                new SupportedVersions.Any(), STORE, PATIENCE, Duration.ofSeconds(10), Optional.empty());
        var store = new DriverStore(settings, System.getenv(), InstantSource.system());
        try {
            return new RealBrowsers(store, store.open());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void afterEach(ExtensionContext context) {
        close();
    }

    BrowserPool pool(PoolSettings settings) throws InterruptedException {
        return pool(BrowserType.CHROMIUM, settings);
    }

    BrowserPool pool(BrowserType type, PoolSettings settings) throws InterruptedException {
        return pool(type, settings, new SandboxSettings(false));
    }

    BrowserPool pool(PoolSettings settings, SessionBudgets budgets) throws InterruptedException {
        return pool(BrowserType.CHROMIUM, settings, new SandboxSettings(false), budgets);
    }

    BrowserPool pool(BrowserType type, PoolSettings settings, SandboxSettings sandbox) throws InterruptedException {
        return pool(type, settings, sandbox, Budgets.usual());
    }

    private BrowserPool pool(BrowserType type, PoolSettings settings, SandboxSettings sandbox, SessionBudgets budgets)
            throws InterruptedException {
        var browser = new BrowserSettings(
                type,
                true,
                Optional.empty(),
                Optional.empty(),
                List.of(),
                BrowserSettings.Sandbox.AUTO,
                BrowserSettings.LaunchProfile.LEAN,
                BrowserSettings.AUTO);
        var setup = setup(browser, settings, sandbox);
        var usual = SandboxPolicy.metadataAnd(List.of());
        var policy = sandbox.blockPrivateNetwork() ? usual.andPrivateNetworks(type == BrowserType.FIREFOX) : usual;
        var drivers = new SandboxedDrivers(
                node,
                policy,
                budgets,
                blockedPorts,
                setup.environment(),
                setup.videoRecorder(),
                setup.folders(),
                PATIENCE,
                1L << 30);
        return new BrowserPool(settings, setup.launchSpec(), store, drivers, System::nanoTime);
    }

    /// As a worker does: as root, drivers and browsers run as another user.
    private BrowserSetup setup(BrowserSettings browser, PoolSettings pool, SandboxSettings sandbox)
            throws InterruptedException {
        try {
            var setup = BrowserSetup.prepare(
                    browser,
                    pool,
                    sandbox.blockPrivateNetwork(),
                    System.getenv(),
                    node,
                    Optional.empty(),
                    false,
                    _ -> {},
                    new SecureRandom());
            setups.add(setup);
            assertThat(setup.folders().user() instanceof BrowserUser.OfWorker)
                    .as("whether browsers run as the worker's own user")
                    .isEqualTo(!System.getProperty("user.name").equals("root"));
            return setup;
        } catch (BrowserUnavailableException e) {
            throw new AssertionError(e);
        }
    }

    /// Those that the drivers of all pools keep out of.
    BlockedPorts closedPorts() {
        return blockedPorts;
    }

    /// Runs a script in a stock client of the browser's own version. Answers what it printed.
    ///
    /// @param body has `browser` and `playwright`; what it returns is printed
    String client(PooledBrowser browser, String body) throws IOException, InterruptedException {
        return client(BrowserType.CHROMIUM, browser, body);
    }

    String client(BrowserType type, PooledBrowser browser, String body) throws IOException, InterruptedException {
        return client(type, "{}", browser, body);
    }

    /// @param options of `connect`, as JavaScript
    String client(BrowserType type, String options, PooledBrowser browser, String body)
            throws IOException, InterruptedException {
        return run("playwright." + type + ".connect(process.argv[3], " + options + ")", browser, body);
    }

    /// The same with a client of the Chrome DevTools Protocol.
    String cdpClient(PooledBrowser browser, String body) throws IOException, InterruptedException {
        return run("playwright.chromium.connectOverCDP(process.argv[3])", browser, body);
    }

    private String run(String connect, PooledBrowser browser, String body) throws IOException, InterruptedException {
        var script = Files.writeString(Files.createTempFile("client", ".js"), """
                const playwright = require(process.argv[2]);
                (async () => {
                  const browser = await %s;
                  const result = await (async () => { %s })();
                  await browser.close();
                  console.log(result);
                })().catch(error => { console.log('FAILED ' + error); process.exit(1); });
                """.formatted(connect, body));
        try (var bridge = UnixSocketBridge.to(browser.socket())) {
            var line = List.of(
                    node.path().toString(),
                    script.toString(),
                    driver(browser.version()).folder().toString(),
                    "ws://127.0.0.1:" + bridge.port() + browser.wsPath());
            var outcome = new ExternalCommand(line, Map.of()).run(PATIENCE);
            return outcome.orElseThrow(() -> new AssertionError("the client did not end"))
                    .output();
        } finally {
            Files.delete(script);
        }
    }

    DriverPackage driver(PlaywrightVersion version) throws InterruptedException {
        var driverResolution = store.resolve(version, PATIENCE);
        assertThat(driverResolution).isInstanceOf(DriverResolution.Stored.class);
        return ((DriverResolution.Stored) driverResolution).driver();
    }

    /// Twice is once.
    void close() {
        setups.forEach(BrowserSetup::close);
        setups.clear();
    }

    static PoolSettings settings(Isolation isolation, int warm) {
        return new PoolSettings(isolation, warm, 1, Duration.ofSeconds(30), DriverIsolation.WORKER, 1, 0);
    }

    static ProcessHandle driverOf(PooledBrowser browser) {
        return ProcessHandle.of(browser.pid()).flatMap(ProcessHandle::parent).orElseThrow();
    }

    /// `<worker's folder>/<driver's folder>/s/<socket>`
    static Path workerFolder(PooledBrowser browser) {
        return browser.socket().resolve(Path.of("..", "..", "..")).normalize();
    }

    static PooledBrowser take(BrowserPool pool, Optional<PlaywrightVersion> version) throws InterruptedException {
        var result = pool.take(version, LaunchOverrides.NONE, Optional.empty(), PATIENCE);
        assertThat(result).isInstanceOf(TakeResult.Taken.class);
        return ((TakeResult.Taken) result).browser();
    }
}
