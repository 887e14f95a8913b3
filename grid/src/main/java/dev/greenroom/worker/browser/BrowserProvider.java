package dev.greenroom.worker.browser;

import dev.greenroom.config.WorkerSections.BrowserSettings;
import dev.greenroom.session.BrowserType;
import dev.greenroom.worker.browser.BrowserUsers.CurrentUser;
import dev.greenroom.worker.process.ExternalCommand;
import dev.greenroom.worker.process.NodeBinary;
import dev.greenroom.worker.store.DriverSource.DriverPackage;
import dev.greenroom.worker.store.PlaywrightCache;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.regex.Pattern;

/// Finds a browser or installs one: with Playwright's installer, or, when that fails, with Debian's package
/// manager.
final class BrowserProvider {
    private static final Duration DOWNLOAD_PATIENCE = Duration.ofMinutes(5);
    private static final Duration PACKAGES_PATIENCE = Duration.ofMinutes(5);
    private static final Path APT_GET = Path.of("/usr/bin/apt-get");
    private static final Map<String, String> UNATTENDED = Map.of("DEBIAN_FRONTEND", "noninteractive");

    /// Lines of stack traces, which do not help the user.
    private static final Pattern STACK = Pattern.compile("\\s+at |\\s*[{}\\]]|\\s+\\w+: ");

    private final BrowserSettings settings;
    private final Map<String, String> environment;
    private final BrowserFinder finder;
    private final NodeBinary node;
    private final DriverPackage driver;

    /// @param environment of this process
    /// @param node runs Playwright's installer
    /// @param driver whose installer it is
    BrowserProvider(BrowserSettings settings, Map<String, String> environment, NodeBinary node, DriverPackage driver) {
        this.settings = settings;
        this.environment = Map.copyOf(environment);
        this.finder = new BrowserFinder(settings, environment, Optional.of(driver));
        this.node = node;
        this.driver = driver;
    }

    /// Finds a browser or installs one; blocks for minutes at most.
    ///
    /// @param progress takes lines for people; on any thread
    BrowserSearch provide(Consumer<String> progress) throws InterruptedException {
        var search = finder.find();
        var chosen = settings.executable().isPresent() || settings.channel().isPresent();
        if (search instanceof BrowserSearch.Found || chosen) {
            return search;
        }
        progress.accept("no " + settings.type() + " here yet, installing one");
        if (playwrightInstalls(progress)) {
            search = finder.find();
        }
        if (search instanceof BrowserSearch.Missing && !debianPackage().isEmpty() && mayUseApt()) {
            aptInstalls(progress);
            search = finder.find();
        }
        return search;
    }

    private boolean playwrightInstalls(Consumer<String> progress) throws InterruptedException {
        var line = new ArrayList<>(List.of(
                node.path().toString(), driver.folder().resolve("cli.js").toString(), "install"));
        if (settings.headless() && settings.type() == BrowserType.CHROMIUM) {
            line.add("--only-shell");
        }
        line.add(settings.type().wireName());
        var cache = PlaywrightCache.folder(environment).toString();
        return new ExternalCommand(line, Map.of("PLAYWRIGHT_BROWSERS_PATH", cache))
                .run(DOWNLOAD_PATIENCE, text -> {
                    if (!STACK.matcher(text).lookingAt()) {
                        progress.accept(text);
                    }
                })
                .filter(ExternalCommand.CommandResult::succeeded)
                .isPresent();
    }

    private void aptInstalls(Consumer<String> progress) throws InterruptedException {
        progress.accept("Playwright's download did not work, trying Debian's package " + debianPackage());
        // Old package lists offer browsers with known vulnerabilities; they are used when the update fails.
        installWithApt(progress, "update");
        installWithApt(progress, "install", "-y", "--no-install-recommends", debianPackage());
    }

    private static void installWithApt(Consumer<String> progress, String... arguments) throws InterruptedException {
        var line = new ArrayList<>(List.of(APT_GET.toString(), "-q", "-o", "DPkg::Lock::Timeout=60"));
        line.addAll(List.of(arguments));
        var _ = new ExternalCommand(line, UNATTENDED).run(PACKAGES_PATIENCE, progress);
    }

    private String debianPackage() {
        return switch (settings.type()) {
            case CHROMIUM -> settings.headless() ? "chromium-headless-shell" : "chromium";
            case FIREFOX -> "firefox-esr";
            case WEBKIT -> "";
        };
    }

    private static boolean mayUseApt() {
        return Files.isExecutable(APT_GET) && CurrentUser.isRoot();
    }
}
