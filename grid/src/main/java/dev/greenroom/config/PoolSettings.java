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
        Duration launchTimeout,

        @Setting(
                name = "DRIVER_HOSTS",
                fallback = "0",
                meaning = "Driver processes of one Playwright version among which sessions are spread, 1 to 64; 0 takes"
                        + " half as many as there are cores.")
        int driverHosts) {
    private static final int MOST_HOSTS = 64;

    /// Whether there may be that many is checked where the cap is known.
    public PoolSettings {
        new Rules()
                .atLeast("WARM_BROWSERS", warmBrowsers, 0)
                .positive("BROWSER_LAUNCH_TIMEOUT", launchTimeout)
                .within("DRIVER_HOSTS", driverHosts, 0, MOST_HOSTS)
                .check();
    }

    /// How many driver processes of one version there may be.
    ///
    /// @param cores of this machine
    public int driverHostsOn(int cores) {
        return driverHosts > 0 ? driverHosts : Math.clamp(cores / 2, 1, MOST_HOSTS);
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
