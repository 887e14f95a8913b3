package dev.greenroom.worker.browser;

import dev.greenroom.config.WorkerSections.BrowserSettings;
import dev.greenroom.config.WorkerSections.PoolSettings;
import dev.greenroom.session.BrowserType;
import dev.greenroom.worker.browser.BrowserSearch.BrowserBinary;
import dev.greenroom.worker.browser.BrowserUsers.BrowserUserChoice;
import dev.greenroom.worker.browser.VirtualDisplay.DisplaySearch;
import dev.greenroom.worker.driver.LaunchSpec;
import dev.greenroom.worker.driver.RunFolders;
import dev.greenroom.worker.process.ExternalCommand;
import dev.greenroom.worker.process.NodeBinary;
import dev.greenroom.worker.store.DriverSource.DriverPackage;
import dev.greenroom.worker.store.PlaywrightCache;
import java.io.File;
import java.io.IOException;
import java.io.Serial;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The browser of a worker and what it needs to run: its program, the user that it runs as, the decision on
/// Chromium's sandbox, a display and a video recorder.
public final class BrowserSetup implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(BrowserSetup.class);

    /// The feature of Chromium that runs its network service in the browser's own process.
    private static final String NETWORK_IN_PROCESS = "NetworkServiceInProcess2";

    private final LaunchSpec launchSpec;
    private final BrowserBinary found;
    private final RunFolders folders;
    private final Optional<VirtualDisplay> display;
    private final Optional<Path> videoRecorder;
    private final Map<String, String> environment;

    private BrowserSetup(
            LaunchSpec launchSpec,
            BrowserBinary found,
            RunFolders folders,
            Optional<VirtualDisplay> display,
            Optional<Path> videoRecorder,
            Map<String, String> environment) {
        this.launchSpec = launchSpec;
        this.found = found;
        this.folders = folders;
        this.display = display;
        this.videoRecorder = videoRecorder;
        this.environment = environment;
    }

    /// The browser, or something that it needs, is missing. The message tells the user what to do, in one
    /// sentence.
    public static final class BrowserUnavailableException extends Exception {
        @Serial
        private static final long serialVersionUID = 1L;

        BrowserUnavailableException(String remedy) {
            super(remedy);
        }
    }

    /// Finds or installs everything. Blocks: usually a second, minutes when it installs a browser.
    ///
    /// @param pool how sessions share browsers, and how long a launch may take
    /// @param blockPrivateNetwork whether pages may not open private addresses; Chromium only
    /// @param environment of this process
    /// @param node runs drivers, and Playwright's installer
    /// @param driver whose browser revisions are preferred, and whose installer is used
    /// @param mayInstall whether to install a missing browser
    /// @param progress receives lines that tell the user what happens; on any thread
    /// @param random names the run folders
    public static BrowserSetup prepare(
            BrowserSettings settings,
            PoolSettings pool,
            boolean blockPrivateNetwork,
            Map<String, String> environment,
            NodeBinary node,
            Optional<DriverPackage> driver,
            boolean mayInstall,
            Consumer<String> progress,
            RandomGenerator random)
            throws BrowserUnavailableException, InterruptedException {
        var search = mayInstall && driver.isPresent()
                ? new BrowserProvider(settings, environment, node, driver.get()).provide(progress)
                : new BrowserFinder(settings, environment, driver).find();
        var browser = switch (search) {
            case BrowserSearch.Found(var found) -> found;
            case BrowserSearch.Missing(var remedy) -> throw new BrowserUnavailableException(remedy);
        };
        var made = userOf(settings, environment, node, browser, random);
        var folders = made.folders();
        var complete = false;
        try {
            var sandbox = sandbox(settings, made.browser(), folders);
            var display = display(settings, environment);
            var videoRecorder = videoRecorder(environment);
            complete = true;
            return new BrowserSetup(
                    launchSpec(settings, pool, made.browser(), sandbox, blockPrivateNetwork),
                    browser,
                    folders,
                    display,
                    videoRecorder,
                    display.map(it -> it.added(environment)).orElse(environment));
        } finally {
            if (!complete) {
                folders.close();
            }
        }
    }

    private static BrowserUserChoice.Made userOf(
            BrowserSettings settings,
            Map<String, String> environment,
            NodeBinary node,
            BrowserBinary browser,
            RandomGenerator random)
            throws BrowserUnavailableException, InterruptedException {
        var parent = Path.of(System.getProperty("java.io.tmpdir"));
        return switch (new BrowserUsers(settings, environment).choose(node, browser, parent, random)) {
            case BrowserUserChoice.Made made -> {
                made.warning()
                        .ifPresent(text -> LOG.atWarn()
                                .addKeyValue("code", "BROWSER_USER_SAME")
                                .log(text));
                yield made;
            }
            case BrowserUserChoice.Refused(var why) -> throw new BrowserUnavailableException(why);
        };
    }

    private static boolean sandbox(BrowserSettings settings, BrowserBinary browser, RunFolders folders)
            throws BrowserUnavailableException, InterruptedException {
        return switch (ChromiumSandbox.decide(settings, browser, folders.user())) {
            case ChromiumSandbox.On() -> true;
            case ChromiumSandbox.Off(var warning) -> {
                LOG.atWarn().addKeyValue("code", "SANDBOX_OFF").log(warning);
                yield false;
            }
            case ChromiumSandbox.Refused(var why) -> throw new BrowserUnavailableException(why);
        };
    }

    private static Optional<VirtualDisplay> display(BrowserSettings settings, Map<String, String> environment)
            throws BrowserUnavailableException, InterruptedException {
        return switch (VirtualDisplay.provide(settings, environment)) {
            case DisplaySearch.NotNeeded() -> Optional.empty();
            case DisplaySearch.Started(var started) -> Optional.of(started);
            case DisplaySearch.Missing(var remedy) -> throw new BrowserUnavailableException(remedy);
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

    /// The network service of a browser that is shared stays where it is: with it, all sessions would end.
    private static List<String> features(BrowserSettings settings, PoolSettings pool) {
        var lean = settings.type() == BrowserType.CHROMIUM
                && settings.profile() == BrowserSettings.LaunchProfile.LEAN
                && pool.isolation() == PoolSettings.Isolation.SESSION;
        return lean ? List.of(NETWORK_IN_PROCESS) : List.of();
    }

    private static LaunchSpec launchSpec(
            BrowserSettings settings,
            PoolSettings pool,
            BrowserBinary browser,
            boolean sandbox,
            boolean blockPrivateNetwork) {
        var args = blockPrivateNetwork && settings.type() == BrowserType.CHROMIUM
                ? PrivateNetworkRules.added(settings.args())
                : settings.args();
        return new LaunchSpec(
                        settings.type(),
                        browser.path(),
                        browser.channel(),
                        settings.headless(),
                        sandbox,
                        args,
                        pool.launchTimeout())
                .enabling(features(settings, pool));
    }

    /// How browsers are launched by default.
    public LaunchSpec launchSpec() {
        return launchSpec;
    }

    /// The browser's name and version, for people, for example `Chromium 156.0.8078.79 (headless shell)`.
    public String description() {
        return found.words();
    }

    /// Where the browser was found. It may be launched from a copy.
    public Path program() {
        return found.path();
    }

    /// The folders of drivers, which belong to the user that drivers and browsers run as. Closed with this.
    public RunFolders folders() {
        return folders;
    }

    /// The environment from which drivers and browsers get theirs: that of this process, and the display.
    public Map<String, String> environment() {
        return environment;
    }

    /// Records videos where Playwright has no program of its own for that; empty when there is none.
    public Optional<Path> videoRecorder() {
        return videoRecorder;
    }

    /// Deletes the run folders and stops the display. Close every pool first.
    @Override
    public void close() {
        folders.close();
        display.ifPresent(VirtualDisplay::close);
    }

    /// The ffmpeg with which drivers record videos. Each version of Playwright uses the ffmpeg of its own
    /// revision in Playwright's cache; where that is missing, it gets this one.
    public static final class VideoRecorder {
        /// What to do where there is none.
        public static final String REMEDY = "install ffmpeg (Debian and Ubuntu: 'apt-get install -y ffmpeg';"
                + " elsewhere 'npx playwright install ffmpeg') and start the worker again";

        private static final Duration PATIENCE = Duration.ofSeconds(10);

        /// The names that Playwright gives it, on all systems.
        private static final List<String> PLAYWRIGHTS = List.of("ffmpeg-linux", "ffmpeg-mac", "ffmpeg-win64.exe");

        private VideoRecorder() {}

        /// The system's ffmpeg, or else the newest one of Playwright's cache.
        ///
        /// @param environment this process' own
        public static Optional<Path> find(Map<String, String> environment) {
            var system = Stream.of(environment.getOrDefault("PATH", "").split(File.pathSeparator, -1))
                    .filter(folder -> !folder.isBlank())
                    .map(folder -> Path.of(folder, "ffmpeg").toAbsolutePath());
            return Stream.concat(system, cached(PlaywrightCache.folder(environment)).stream())
                    .filter(program -> Files.isRegularFile(program) && Files.isExecutable(program))
                    .findFirst();
        }

        private static List<Path> cached(Path cache) {
            try (var folders = Files.list(cache)) {
                return folders.filter(folder -> folder.getFileName().toString().matches("ffmpeg-\\d{1,9}"))
                        .sorted(Comparator.comparingInt(VideoRecorder::revision).reversed())
                        .flatMap(folder -> PLAYWRIGHTS.stream().map(folder::resolve))
                        .toList();
            } catch (IOException _) {
                return List.of(); // no cache
            }
        }

        private static int revision(Path folder) {
            return Integer.parseInt(folder.getFileName().toString().substring("ffmpeg-".length()));
        }

        /// Whether it writes what Playwright wants of it: VP8 for its
        /// older versions and VP9 for the newest. Blocks for a moment.
        public static boolean writesWebm(Path program) throws InterruptedException {
            return ExternalCommand.of(program.toString(), "-hide_banner", "-encoders")
                    .run(PATIENCE)
                    .filter(ExternalCommand.CommandResult::succeeded)
                    .map(ExternalCommand.CommandResult::output)
                    .filter(encoders -> encoders.contains("vp8") && encoders.contains("vp9"))
                    .isPresent();
        }
    }
}
