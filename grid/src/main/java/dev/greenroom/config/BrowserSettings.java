package dev.greenroom.config;

import dev.greenroom.session.Browser;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

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
        Sandbox sandbox) {

    /// Whether the browser's own sandbox is used.
    public enum Sandbox {
        AUTO,
        TRUE,
        FALSE
    }
}
