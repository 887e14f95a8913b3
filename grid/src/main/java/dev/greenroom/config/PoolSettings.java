package dev.greenroom.config;

import java.time.Duration;

/// How a worker keeps browsers.
public record PoolSettings(
        @Setting(
                name = "ISOLATION",
                fallback = "session",
                meaning = "session: a browser process for each session; shared: one for all, at a third of the memory,"
                        + " for people who trust each other.")
        Isolation isolation,

        @Setting(
                name = "WARM_BROWSERS",
                fallback = "2",
                meaning = "Browsers that are launched and waiting, 0 to MAX_CONCURRENT_SESSIONS.")
        int warmBrowsers,

        @Setting(
                name = "BROWSER_LAUNCH_TIMEOUT",
                fallback = "30s",
                meaning = "How long a browser may take to launch, over 0.")
        Duration launchTimeout) {

    /// Whether sessions share a browser process.
    public enum Isolation {
        SESSION,
        SHARED
    }
}
