package dev.greenroom.worker.driver;

/// What came of a launch.
public sealed interface LaunchResult {
    /// The browser runs and listens.
    record Launched(LaunchedBrowser browser) implements LaunchResult {}

    /// It did not come up.
    ///
    /// @param why for people, may be several lines long
    record Failed(String why) implements LaunchResult {}
}
