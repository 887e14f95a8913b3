package dev.greenroom.config;

import java.time.Duration;
import java.util.List;

/// How a worker keeps browsers.
@Section("Browser pool")
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
                fallbackAtMost = "MAX_CONCURRENT_SESSIONS",
                meaning = "Browsers that are launched and waiting, 0 to MAX_CONCURRENT_SESSIONS.")
        int warmBrowsers,

        @Setting(
                name = "BROWSER_LAUNCH_TIMEOUT",
                fallback = "30s",
                meaning = "How long a browser may take to launch, over 0.")
        Duration launchTimeout) {
    /// Whether there may be that many is checked where the cap is known.
    public PoolSettings {
        new Rules()
                .atLeast("WARM_BROWSERS", warmBrowsers, 0)
                .positive("BROWSER_LAUNCH_TIMEOUT", launchTimeout)
                .check();
    }

    List<Finding> excess(CapacitySettings capacity) {
        var cap = capacity.maxConcurrentSessions();
        return new Rules()
                .that(
                        warmBrowsers <= cap,
                        "must not be over MAX_CONCURRENT_SESSIONS (" + cap + "), lower it or raise the cap",
                        "WARM_BROWSERS",
                        "MAX_CONCURRENT_SESSIONS")
                .findings();
    }

    /// Whether sessions share a browser process.
    public enum Isolation {
        SESSION,
        SHARED
    }
}
