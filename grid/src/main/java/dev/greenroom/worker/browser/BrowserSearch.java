package dev.greenroom.worker.browser;

import java.nio.file.Path;
import java.util.Optional;

/// The outcome of looking for a browser.
sealed interface BrowserSearch {
    /// A browser.
    record Found(BrowserBinary browser) implements BrowserSearch {}

    /// No browser.
    ///
    /// @param remedy sentences for people, with the commands that help
    record Missing(String remedy) implements BrowserSearch {}

    /// A browser that is installed and runs.
    ///
    /// @param path the program
    /// @param words its name and version, for people, for example `Chromium 156.0.8078.79 (headless shell)`
    /// @param channel Playwright's name for it, where it is not Playwright's own build
    /// @param headlessShell whether it is the small build that has no window
    record BrowserBinary(Path path, String words, Optional<String> channel, boolean headlessShell) {
        /// The same browser in another place.
        BrowserBinary at(Path place) {
            return new BrowserBinary(place, words, channel, headlessShell);
        }
    }
}
