package dev.greenroom.worker.browser;

import dev.greenroom.config.WorkerSections.BrowserSettings;
import dev.greenroom.worker.browser.BrowserSearch.BrowserBinary;
import dev.greenroom.worker.driver.RunFolders;
import dev.greenroom.worker.process.BrowserUser;
import dev.greenroom.worker.process.DriverFailedException;
import dev.greenroom.worker.process.ExternalCommand;
import dev.greenroom.worker.process.NodeBinary;
import dev.greenroom.worker.store.PlaywrightCache;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Decides which user drivers and browsers run as, and tests it: where the worker is root, a user that can
/// read nothing of the worker's.
final class BrowserUsers {
    private static final Logger LOG = LoggerFactory.getLogger(BrowserUsers.class);

    /// A user id that no system assigns: above those of people, and between the ranges of systemd. It needs
    /// no name.
    static final int UNNAMED = 60_990;

    /// No system gives these numbers to anybody else: systemd begins its own at 61184.
    private static final int LAST_UNNAMED = 61_183;

    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final BrowserSettings settings;
    private final Map<String, String> environment;
    private final ProcessRights processRights;

    /// @param environment of this process
    BrowserUsers(BrowserSettings settings, Map<String, String> environment) {
        this(settings, environment, ProcessRights.here());
    }

    BrowserUsers(BrowserSettings settings, Map<String, String> environment, ProcessRights processRights) {
        this.settings = settings;
        this.environment = Map.copyOf(environment);
        this.processRights = processRights;
    }

    /// The user that is wanted.
    private sealed interface WantedUser {
        record Worker() implements WantedUser {}

        record Somebody(BrowserUser user) implements WantedUser {}

        record Nobody(String why) implements WantedUser {}
    }

    /// Decides, and creates the run folders for that user. Blocks for a fifth of a second or so.
    ///
    /// @param node runs drivers
    /// @param parent for [RunFolders]
    BrowserUserChoice choose(NodeBinary node, BrowserBinary browser, Path parent, RandomGenerator random)
            throws InterruptedException {
        return switch (wanted()) {
            case WantedUser.Worker() ->
                new BrowserUserChoice.Made(RunFolders.open(parent, random), browser, Optional.empty());
            case WantedUser.Nobody(var why) -> without(why, browser, parent, random);
            case WantedUser.Somebody(var user) -> {
                var folders = RunFolders.open(parent, random, user);
                var runnable = runnable(folders, node, browser);
                if (runnable instanceof RunnableBrowser.Here(var found)) {
                    yield new BrowserUserChoice.Made(folders, found, Optional.empty());
                }
                folders.close();
                yield without(((RunnableBrowser.Nowhere) runnable).why(), browser, parent, random);
            }
        };
    }

    /// Whether the user of the folders can run the browser.
    private sealed interface RunnableBrowser {
        record Here(BrowserBinary browser) implements RunnableBrowser {}

        record Nowhere(String why) implements RunnableBrowser {}
    }

    /// Tries the browser where it is. Where that is a closed folder, such as root's home, tries a copy of its
    /// installation.
    private RunnableBrowser runnable(RunFolders folders, NodeBinary node, BrowserBinary browser)
            throws InterruptedException {
        try {
            var trial = new BrowserUserTrial(folders, environment);
            var program = folders.readable(node.path());
            var problem = trial.problem(program, browser.path());
            if (problem.isEmpty()) {
                return new RunnableBrowser.Here(browser);
            }
            var copy = copied(folders, browser);
            if (copy.isPresent()) {
                problem = trial.problem(program, copy.get().path());
            }
            return copy.isPresent() && problem.isEmpty()
                    ? new RunnableBrowser.Here(copy.get())
                    : new RunnableBrowser.Nowhere(problem.orElseThrow());
        } catch (DriverFailedException e) {
            return new RunnableBrowser.Nowhere(String.valueOf(e.getMessage()));
        }
    }

    private Optional<BrowserBinary> copied(RunFolders folders, BrowserBinary browser) {
        try {
            var real = browser.path().toRealPath();
            var installation = CachedBrowsers.installationOf(real, PlaywrightCache.folder(environment));
            if (installation.isEmpty() || RunFolders.isReachable(real)) {
                return Optional.empty();
            }
            var folder = installation.get();
            var place = folders.readable(folder);
            LOG.atInfo()
                    .addKeyValue("code", "BROWSER_COPIED")
                    .addKeyValue("from", folder)
                    .addKeyValue("to", place)
                    .log("Browser linked or copied to where its user can read it");
            return Optional.of(browser.at(place.resolve(folder.relativize(real))));
        } catch (IOException e) {
            throw new DriverFailedException("cannot find out where " + browser.path() + " is (" + e + ")", e);
        }
    }

    private WantedUser wanted() throws InterruptedException {
        if (settings.user().equals(BrowserSettings.SAME) || (isAuto() && !processRights.rootOnLinux())) {
            return new WantedUser.Worker();
        }
        if (!processRights.rootOnLinux()) {
            return processRights.isMe(settings.user())
                    ? new WantedUser.Worker()
                    : new WantedUser.Nobody(
                            "only a worker that runs as root, on Linux, can have them run as another user");
        }
        var missing = processRights.missing();
        if (!missing.isEmpty()) {
            return new WantedUser.Nobody(
                    "this root may not do what it takes: its capabilities lack " + String.join(", ", missing));
        }
        if (isAuto()) {
            return hasForeignDisplay()
                    ? new WantedUser.Nobody(
                            "whether the display that DISPLAY names lets another user in cannot be known;"
                                    + " give BROWSER_USER a number if it does, or unset DISPLAY, and Xvfb is started")
                    : new WantedUser.Somebody(new BrowserUser.Other(UNNAMED, UNNAMED, LAST_UNNAMED));
        }
        return named(settings.user());
    }

    private boolean isAuto() {
        return settings.user().equals(BrowserSettings.AUTO);
    }

    private boolean hasForeignDisplay() {
        return !settings.headless() && !environment.getOrDefault("DISPLAY", "").isEmpty();
    }

    private static WantedUser named(String name) throws InterruptedException {
        var number = Character.isDigit(name.charAt(0)) ? Optional.of(Integer.valueOf(name)) : id("-u", name);
        if (number.isEmpty()) {
            return new WantedUser.Nobody("this machine knows no user of that name");
        }
        if (number.get() == 0) {
            return new WantedUser.Nobody("that is root by another name");
        }
        return new WantedUser.Somebody(
                new BrowserUser.Other(number.get(), id("-g", name).orElse(number.get())));
    }

    private static Optional<Integer> id(String which, String name) throws InterruptedException {
        return ExternalCommand.of("id", which, name)
                .run(PATIENCE)
                .filter(ExternalCommand.CommandResult::succeeded)
                .map(ExternalCommand.CommandResult::output)
                .filter(output -> output.matches("\\d{1,9}"))
                .map(Integer::valueOf);
    }

    private BrowserUserChoice without(String why, BrowserBinary browser, Path parent, RandomGenerator random) {
        if (!isAuto()) {
            return new BrowserUserChoice.Refused("BROWSER_USER is " + settings.user() + ", but " + why);
        }
        var warning = "browsers run as the worker's own user, who is root, and clients can read its files: " + why;
        return new BrowserUserChoice.Made(RunFolders.open(parent, random), browser, Optional.of(warning));
    }

    /// The user of this process.
    static final class CurrentUser {
        private CurrentUser() {}

        static boolean isRoot() {
            var number = number();
            return number.isEmpty() ? "root".equals(System.getProperty("user.name")) : number.equals("0");
        }

        /// The user id; empty where the system does not tell.
        static String number() {
            try {
                return Files.getAttribute(Path.of("/proc/self"), "unix:uid").toString();
            } catch (IOException | UnsupportedOperationException | IllegalArgumentException _) {
                return "";
            }
        }
    }

    /// The decision on the user of drivers and browsers.
    sealed interface BrowserUserChoice {
        /// The user is decided.
        ///
        /// @param folders of that user; the caller closes them
        /// @param browser in the place from which that user runs it
        /// @param warning for people, when it has to be the worker's own user
        record Made(RunFolders folders, BrowserBinary browser, Optional<String> warning) implements BrowserUserChoice {}

        /// The configured user cannot run them.
        ///
        /// @param why for people
        record Refused(String why) implements BrowserUserChoice {}
    }
}
