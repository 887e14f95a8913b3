package dev.greenroom.config;

import dev.greenroom.session.Browser;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/// Which browser a worker launches, and how.
@Section("Browser")
public record BrowserSettings(
        @Setting(name = "BROWSER_TYPE", fallback = "chromium", meaning = "chromium, firefox or webkit.")
        Browser type,

        @Setting(
                name = "HEADLESS",
                fallback = "true",
                meaning = "Whether browsers run without a window; false needs a display.")
        boolean headless,

        @Setting(
                name = "BROWSER_EXECUTABLE",
                meaning = "Path of the browser. Without it: Playwright's cache, then the system's browsers.")
        Optional<Path> executable,

        @Setting(name = "BROWSER_CHANNEL", meaning = "Playwright's name of a branded browser, for example moz-firefox.")
        Optional<String> channel,

        @Setting(name = "BROWSER_ARGS", meaning = "More command line arguments for the browser, separated by spaces.")
        List<String> args,

        @Setting(
                name = "BROWSER_SANDBOX",
                fallback = "auto",
                meaning = "The browser's own sandbox. auto: on, and off only as root or where the kernel refuses it,"
                        + " with a warning; true: on, or the worker does not start; false: off.")
        Sandbox sandbox,

        @Setting(
                name = "BROWSER_USER",
                fallback = "auto",
                meaning = "Who drivers and browsers run as where the worker is root, on Linux. auto: a user who can"
                        + " read nothing of root's, or root with a warning where that cannot be; a name or a"
                        + " number: that user, or the worker does not start; same: root.")
        String user) {
    /// Decides for itself.
    public static final String AUTO = "auto";

    /// The worker's own.
    public static final String SAME = "same";

    private static final Pattern USER = Pattern.compile("[a-z_][a-z0-9_.-]{0,31}|[1-9]\\d{0,8}");

    /// A user is named, and root is none that would be another.
    public BrowserSettings {
        new Rules()
                .that(
                        USER.matcher(user).matches() && !user.equals("root"),
                        "must be auto, same, or the name or number of a user other than root",
                        "BROWSER_USER")
                .check();
    }

    /// Whether the browser's own sandbox is used.
    public enum Sandbox {
        AUTO,
        TRUE,
        FALSE
    }
}
