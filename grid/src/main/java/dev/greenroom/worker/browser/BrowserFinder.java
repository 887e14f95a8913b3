package dev.greenroom.worker.browser;

import dev.greenroom.config.WorkerSections.BrowserSettings;
import dev.greenroom.session.BrowserType;
import dev.greenroom.worker.browser.BrowserSearch.BrowserBinary;
import dev.greenroom.worker.process.ExternalCommand;
import dev.greenroom.worker.store.DriverSource.DriverPackage;
import dev.greenroom.worker.store.PlaywrightCache;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/// Finds the browser that a worker launches: the configured one, else one of Playwright's cache, else one
/// of the system. A browser counts as found when it responds to `--version`.
final class BrowserFinder {
    private final BrowserSettings settings;
    private final Path cache;
    private final CachedBrowsers cached;
    private final SystemBrowsers system;

    /// @param environment of this process
    /// @param driver whose browser revisions are preferred
    BrowserFinder(BrowserSettings settings, Map<String, String> environment, Optional<DriverPackage> driver) {
        this.settings = settings;
        this.cache = PlaywrightCache.folder(environment);
        this.cached = new CachedBrowsers(cache, driver);
        this.system = SystemBrowsers.of(environment);
    }

    /// Finds it; blocks for a second or so.
    BrowserSearch find() throws InterruptedException {
        if (settings.executable().isPresent()) {
            return explicit(settings.executable().get().toAbsolutePath());
        }
        if (settings.channel().isPresent()) {
            return branded(settings.channel().get());
        }
        return first(Stream.concat(
                                cached.of(settings.type(), settings.headless()).stream(),
                                system.of(settings.type(), settings.headless()).stream())
                        .toList())
                .<BrowserSearch>map(BrowserSearch.Found::new)
                .orElseGet(() -> new BrowserSearch.Missing(remedy()));
    }

    private BrowserSearch explicit(Path path) throws InterruptedException {
        var shell = path.getFileName().toString().contains("headless");
        return new BrowserCandidate(path, channelOf(path), shell)
                .tried()
                .<BrowserSearch>map(BrowserSearch.Found::new)
                .orElseGet(() -> new BrowserSearch.Missing("BROWSER_EXECUTABLE is " + path
                        + ", which does not answer '--version'; it must be the path of a browser's program."));
    }

    /// A Firefox from outside of Playwright's cache is not Playwright's build, and needs another channel.
    private Optional<String> channelOf(Path path) {
        if (settings.channel().isPresent() || settings.type() != BrowserType.FIREFOX) {
            return settings.channel();
        }
        return path.startsWith(cache) ? Optional.empty() : Optional.of("moz-firefox");
    }

    private BrowserSearch branded(String channel) throws InterruptedException {
        var candidates = system.channel(channel);
        if (candidates.isEmpty()) {
            return new BrowserSearch.Missing("BROWSER_CHANNEL is " + channel
                    + ", which has no known place; set BROWSER_EXECUTABLE to the program too.");
        }
        return first(candidates.get())
                .<BrowserSearch>map(BrowserSearch.Found::new)
                .orElseGet(() -> new BrowserSearch.Missing(
                        "BROWSER_CHANNEL is " + channel + ", but that browser is not installed; install it, or set"
                                + " BROWSER_EXECUTABLE to its program."));
    }

    private static Optional<BrowserBinary> first(List<BrowserCandidate> candidates) throws InterruptedException {
        for (var browserCandidate : candidates) {
            var browser = browserCandidate.tried();
            if (browser.isPresent()) {
                return browser;
            }
        }
        return Optional.empty();
    }

    private String remedy() {
        return switch (settings.type()) {
            case CHROMIUM ->
                settings.headless()
                        ? "No Chromium was found. Install one with 'npx playwright install --with-deps --only-shell"
                                + " chromium' or, on Debian, 'apt-get install -y chromium-headless-shell';"
                                + " or set BROWSER_EXECUTABLE."
                        : "No Chromium with a window was found. Install one with 'npx playwright install --with-deps"
                                + " chromium' or, on Debian, 'apt-get install -y chromium'; or set BROWSER_EXECUTABLE.";
            case FIREFOX ->
                "No Firefox was found. Install one with 'npx playwright install --with-deps firefox' or, on Debian,"
                        + " 'apt-get install -y firefox-esr'; or set BROWSER_EXECUTABLE.";
            case WEBKIT ->
                "No WebKit was found. Install Playwright's build with 'npx playwright install --with-deps webkit'.";
        };
    }

    /// A program that may be a browser.
    ///
    /// @param channel Playwright's name for it, where it is not Playwright's own build
    record BrowserCandidate(Path path, Optional<String> channel, boolean headlessShell) {
        private static final Duration PATIENCE = Duration.ofSeconds(10);

        /// Runs it with `--version`, which fails when libraries are missing.
        Optional<BrowserBinary> tried() throws InterruptedException {
            if (!Files.isRegularFile(path) || !Files.isExecutable(path)) {
                return Optional.empty();
            }
            return ExternalCommand.of(path.toString(), "--version")
                    .run(PATIENCE)
                    .filter(ExternalCommand.CommandResult::succeeded)
                    .map(outcome -> new BrowserBinary(path, words(outcome.output()), channel, headlessShell));
        }

        private String words(String output) {
            var version = output.lines()
                    .map(String::strip)
                    .filter(line -> !line.isEmpty())
                    .findFirst()
                    .orElse(path.getFileName().toString());
            return version + (headlessShell ? " (headless shell)" : "");
        }
    }
}
