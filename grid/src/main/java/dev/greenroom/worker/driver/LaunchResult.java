package dev.greenroom.worker.driver;

/// What came of a launch.
public sealed interface LaunchResult {
    /// The browser runs and listens.
    record Launched(LaunchedBrowser browser) implements LaunchResult {}

    /// It may not be launched as the client wants it.
    ///
    /// @param option the name of the launch option
    /// @param why one sentence
    record Refused(String option, String why) implements LaunchResult {}

    /// It did not come up.
    ///
    /// @param why for people, may be several lines long
    record Failed(String why) implements LaunchResult {}

    /// This Playwright version cannot drive the browser of this machine, and trying again soon is no use.
    ///
    /// @param why for people, may be several lines long
    record VersionUnusable(String why) implements LaunchResult {}
}
