package dev.greenroom.worker.browser;

import dev.greenroom.config.BrowserSettings;
import dev.greenroom.worker.driver.BrowserUser;
import dev.greenroom.worker.driver.Command;
import dev.greenroom.worker.driver.DriverFailedException;
import dev.greenroom.worker.driver.NodeBinary;
import dev.greenroom.worker.driver.RunFolders;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.random.RandomGenerator;

/// Decides who drivers and browsers run as, by trying: where the worker is root, it can be somebody who can read
/// nothing of the worker's.
public final class BrowserUsers {
    /// A number that no system gives to anybody: beyond what is given to people, and between the ranges that systemd
    /// has for itself. It needs no name.
    static final int UNNAMED = 60_990;

    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final BrowserSettings settings;
    private final Map<String, String> environment;
    private final Rights rights;

    /// @param environment this process' own
    public BrowserUsers(BrowserSettings settings, Map<String, String> environment) {
        this(settings, environment, Rights.here());
    }

    BrowserUsers(BrowserSettings settings, Map<String, String> environment, Rights rights) {
        this.settings = settings;
        this.environment = Map.copyOf(environment);
        this.rights = rights;
    }

    /// Whom it should be.
    private sealed interface Wanted {
        record Worker() implements Wanted {}

        record Somebody(BrowserUser user) implements Wanted {}

        record Nobody(String why) implements Wanted {}
    }

    /// Decides, and makes the folders of drivers for them. Blocks for a fifth of a second or so.
    ///
    /// @param node runs drivers
    /// @param parent for [RunFolders]
    public UserChoice choose(NodeBinary node, BrowserBinary browser, Path parent, RandomGenerator random)
            throws InterruptedException {
        return switch (wanted()) {
            case Wanted.Worker() -> new UserChoice.Made(RunFolders.open(parent, random), Optional.empty());
            case Wanted.Nobody(var why) -> without(why, parent, random);
            case Wanted.Somebody(var user) -> {
                var folders = RunFolders.open(parent, random, user);
                var obstacle = obstacle(folders, node, browser);
                if (obstacle.isEmpty()) {
                    yield new UserChoice.Made(folders, Optional.empty());
                }
                folders.close();
                yield without(obstacle.get(), parent, random);
            }
        };
    }

    private Optional<String> obstacle(RunFolders folders, NodeBinary node, BrowserBinary browser)
            throws InterruptedException {
        try {
            return new UserTrial(folders, environment).obstacle(folders.readable(node.path()), browser.path());
        } catch (DriverFailedException e) {
            return Optional.of(String.valueOf(e.getMessage()));
        }
    }

    private Wanted wanted() throws InterruptedException {
        if (settings.user().equals(BrowserSettings.SAME) || (isAuto() && !rights.rootOnLinux())) {
            return new Wanted.Worker();
        }
        if (!rights.rootOnLinux()) {
            return rights.isMe(settings.user())
                    ? new Wanted.Worker()
                    : new Wanted.Nobody("only a worker that runs as root, on Linux, can have them run as another user");
        }
        var missing = rights.missing();
        if (!missing.isEmpty()) {
            return new Wanted.Nobody(
                    "this root may not do what it takes: its capabilities lack " + String.join(", ", missing));
        }
        if (isAuto()) {
            return hasForeignDisplay()
                    ? new Wanted.Nobody("whether the display that DISPLAY names lets another user in cannot be known;"
                            + " give BROWSER_USER a number if it does, or unset DISPLAY, and Xvfb is started")
                    : new Wanted.Somebody(new BrowserUser.Other(UNNAMED, UNNAMED));
        }
        return named(settings.user());
    }

    private boolean isAuto() {
        return settings.user().equals(BrowserSettings.AUTO);
    }

    private boolean hasForeignDisplay() {
        return !settings.headless() && !environment.getOrDefault("DISPLAY", "").isEmpty();
    }

    private static Wanted named(String name) throws InterruptedException {
        var number = Character.isDigit(name.charAt(0)) ? Optional.of(Integer.valueOf(name)) : id("-u", name);
        if (number.isEmpty()) {
            return new Wanted.Nobody("this machine knows no user of that name");
        }
        if (number.get() == 0) {
            return new Wanted.Nobody("that is root by another name");
        }
        return new Wanted.Somebody(
                new BrowserUser.Other(number.get(), id("-g", name).orElse(number.get())));
    }

    private static Optional<Integer> id(String which, String name) throws InterruptedException {
        return Command.of("id", which, name)
                .run(PATIENCE)
                .filter(Command.Outcome::succeeded)
                .map(Command.Outcome::output)
                .filter(output -> output.matches("\\d{1,9}"))
                .map(Integer::valueOf);
    }

    private UserChoice without(String why, Path parent, RandomGenerator random) {
        if (!isAuto()) {
            return new UserChoice.Refused("BROWSER_USER is " + settings.user() + ", but " + why);
        }
        var warning = "browsers run as the worker's own user, who is root, and clients can read its files: " + why;
        return new UserChoice.Made(RunFolders.open(parent, random), Optional.of(warning));
    }
}
