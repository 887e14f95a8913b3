package dev.greenroom.worker.browser;

/// What came of looking for a browser.
public sealed interface BrowserSearch {
    /// There is one.
    record Found(BrowserBinary browser) implements BrowserSearch {}

    /// There is none.
    ///
    /// @param remedy sentences for people, with the commands that help
    record Missing(String remedy) implements BrowserSearch {}
}
