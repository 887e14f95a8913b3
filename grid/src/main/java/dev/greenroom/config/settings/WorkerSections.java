package dev.greenroom.config.settings;

import dev.greenroom.config.ByteSize;
import dev.greenroom.config.DurationText;
import dev.greenroom.config.Setting;
import dev.greenroom.config.Setting.SettingsSection;
import dev.greenroom.config.SettingsRules;
import dev.greenroom.config.SettingsRules.SettingsFinding;
import dev.greenroom.config.settings.ProxySections.RelaySettings;
import dev.greenroom.config.settings.RedisSettings.GridSecretSettings;
import dev.greenroom.session.BrowserType;
import dev.greenroom.session.SessionLimit;
import dev.greenroom.session.SessionLimit.RecycleMode;
import dev.greenroom.session.PlaywrightVersion.SupportedVersions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/// What a worker is told, wherever its registry is.
public record WorkerSections(
        RegistrationSettings presence,
        GridSecretSettings secret,
        CapacitySettings capacity,
        BrowserSettings browser,
        PoolSettings pool,
        MemorySettings memory,
        DriverSettings driver,
        SandboxSettings fence,
        RelaySettings relay,
        DrainSettings drain) {
    /// How a worker keeps browsers.
    @SettingsSection("Browser pool")
    public record PoolSettings(
            @Setting(
                    name = "ISOLATION",
                    fallback = "session",
                    meaning =
                            "session: a browser process for each session; shared: one for all, at a third of the memory,"
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
                    meaning =
                            "Driver processes of one Playwright version among which sessions are spread, 1 to 64; 0 takes"
                                    + " half as many as there are cores.")
            int driverHosts) {
        private static final int MOST_HOSTS = 64;

        /// Whether there may be that many is checked where the cap is known.
        public PoolSettings {
            new SettingsRules()
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

        List<SettingsFinding> excess(CapacitySettings capacity) {
            var cap = capacity.maxConcurrentSessions();
            return new SettingsRules()
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

    /// Which versions of Playwright's driver a worker has.
    @SettingsSection("Playwright drivers")
    public record DriverSettings(
            @Setting(
                    name = "PLAYWRIGHT_VERSIONS",
                    fallback = "any",
                    meaning =
                            "any, or a list such as 1.62,1.65. What is not in DRIVER_STORE is fetched on first use from"
                                    + " the npm registry that NPM_CONFIG_REGISTRY, .npmrc or npm itself names.")
            SupportedVersions versions,

            @Setting(
                    name = "DRIVER_STORE",
                    fallback = "~/.cache/greenroom",
                    meaning = "Folder where drivers are kept between starts.")
            Path store,

            @Setting(
                    name = "DRIVER_FETCH_TIMEOUT",
                    fallback = "60s",
                    meaning = "How long fetching one driver version may take, over 0.")
            Duration fetchTimeout) {
        /// Every wait has an end.
        public DriverSettings {
            new SettingsRules().positive("DRIVER_FETCH_TIMEOUT", fetchTimeout).check();
        }
    }

    /// Which browser a worker launches, and how.
    @SettingsSection("Browser")
    public record BrowserSettings(
            @Setting(name = "BROWSER_TYPE", fallback = "chromium", meaning = "chromium, firefox or webkit.")
            BrowserType type,

            @Setting(
                    name = "HEADLESS",
                    fallback = "true",
                    meaning = "Whether browsers run without a window; false needs a display.")
            boolean headless,

            @Setting(
                    name = "BROWSER_EXECUTABLE",
                    meaning = "Path of the browser. Without it: Playwright's cache, then the system's browsers.")
            Optional<Path> executable,

            @Setting(
                    name = "BROWSER_CHANNEL",
                    meaning = "Playwright's name of a branded browser, for example moz-firefox.")
            Optional<String> channel,

            @Setting(
                    name = "BROWSER_ARGS",
                    meaning = "More command line arguments for the browser, separated by spaces.")
            List<String> args,

            @Setting(
                    name = "BROWSER_SANDBOX",
                    fallback = "auto",
                    meaning =
                            "The browser's own sandbox. auto: on, and off only as root or where the kernel refuses it,"
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
            new SettingsRules()
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

    /// How a worker stops, and how it is recycled.
    ///
    /// @param recycleDrainTimeout empty for as long as the sessions take
    @SettingsSection("Draining and recycling")
    public record DrainSettings(
            @Setting(
                    name = "DRAIN_TIMEOUT",
                    fallback = "30",
                    meaning =
                            "Seconds that running sessions get to finish before they are closed with 1001, 0 or more: when"
                                    + " the worker is told to stop or to drain, and when it is recycled for its memory.")
            Duration drainTimeout,

            @Setting(
                    name = "RECYCLE",
                    fallback = "renew",
                    meaning =
                            "What a worker does in its turn at its MAX_LIFETIME_SESSIONS or MAX_WORKER_MEMORY. renew: its"
                                    + " next run starts in the same process and registers before this one stops taking sessions;"
                                    + " exit: it drains, exits with 0, and has to be started again.")
            RecycleMode recycle,

            @Setting(
                    name = "RECYCLE_DRAIN_TIMEOUT",
                    meaning =
                            "Seconds that the last sessions of a run get to finish after RECYCLE=renew has replaced it,"
                                    + " 0 or more, for example 2h. As long as they take when not set.")
            Optional<Duration> recycleDrainTimeout) {}

    /// How many sessions a worker may serve.
    ///
    /// @param concurrentLimit how many at once
    /// @param lifetimeLimit how many in one run
    @SettingsSection("Capacity")
    public record CapacitySettings(
            @Setting(
                    name = "MAX_CONCURRENT_SESSIONS",
                    fallback = "5",
                    meaning =
                            "Sessions at once per worker, 1 to 4095. Where both proxies and worker set it, the smaller one"
                                    + " holds; where one of them does, that one.")
            SessionLimit concurrentLimit,

            @Setting(
                    name = "MAX_LIFETIME_SESSIONS",
                    fallback = "50",
                    meaning =
                            "Sessions per worker run, over 0; then the worker is recycled in its turn, see RECYCLE. Where"
                                    + " both proxies and worker set it, the smaller one holds; where one of them does, that one.")
            SessionLimit lifetimeLimit) {
        /// Keeps the bounds that the registry counts on.
        public CapacitySettings {
            new SettingsRules()
                    .within("MAX_CONCURRENT_SESSIONS", concurrentLimit.value(), 1, 4095)
                    .atLeast("MAX_LIFETIME_SESSIONS", lifetimeLimit.value(), 1)
                    .check();
        }

        /// Limits that somebody set.
        public CapacitySettings(int maxConcurrentSessions, int maxLifetimeSessions) {
            this(SessionLimit.set(maxConcurrentSessions), SessionLimit.set(maxLifetimeSessions));
        }

        /// Sessions at once, as far as this process knows.
        public int maxConcurrentSessions() {
            return concurrentLimit.value();
        }

        /// Sessions per worker run, as far as this process knows.
        public int maxLifetimeSessions() {
            return lifetimeLimit.value();
        }
    }

    /// What sessions may reach from a worker.
    @SettingsSection("Fence")
    public record SandboxSettings(
            @Setting(
                    name = "BLOCK_PRIVATE_NETWORK",
                    fallback = "false",
                    meaning =
                            "true: the driver's requests reach no private address, pages of chromium none that is written as"
                                    + " a number or local name, WebRTC sends no datagram, and a client's own proxy there is refused."
                                    + " exposeNetwork works. SECURITY.md says more.")
            boolean blockPrivateNetwork) {}

    /// How a worker is known to the grid.
    @SettingsSection("Presence in the grid")
    public record RegistrationSettings(
            @Setting(
                    name = "PORT",
                    fallback = "3131",
                    meaning = "TCP port that proxies connect to, 1 to 65535; 0 takes a free one.")
            int port,

            @Setting(
                    name = "PRIVATE_HOSTNAME",
                    meaning =
                            "Name that proxies reach this worker under. Without it, the address that this machine uses"
                                    + " towards Redis; a name that resolves to another machine is replaced by that address,"
                                    + " with a warning.")
            Optional<String> privateHostname,

            @Setting(name = "HEARTBEAT_INTERVAL", fallback = "10", meaning = "Seconds between signs of life, over 0.")
            Duration heartbeatInterval,

            @Setting(
                    name = "REDIS_KEY_TTL",
                    fallback = "30",
                    meaning = "Seconds that a worker counts as alive after a sign of life; over HEARTBEAT_INTERVAL,"
                            + " better 2 × it.")
            Duration keyTtl,

            @Setting(
                    name = "REDIS_RETRY_ATTEMPTS",
                    fallback = "5",
                    meaning =
                            "How often Redis is tried at start, 1 or more. Once running, a worker never exits because of"
                                    + " Redis.")
            int redisRetryAttempts,

            @Setting(name = "REDIS_RETRY_DELAY", fallback = "3", meaning = "Seconds between these tries, 0 or more.")
            Duration redisRetryDelay) {
        /// A worker that is well is never taken for dead.
        public RegistrationSettings {
            var rules = new SettingsRules()
                    .within("PORT", port, 0, 65_535)
                    .positive("HEARTBEAT_INTERVAL", heartbeatInterval)
                    .that(
                            keyTtl.compareTo(heartbeatInterval) > 0,
                            "must be over HEARTBEAT_INTERVAL (" + DurationText.show(heartbeatInterval)
                                    + "), else healthy workers count as dead; 2 × it or more is safe",
                            "REDIS_KEY_TTL",
                            "HEARTBEAT_INTERVAL")
                    .atLeast("REDIS_RETRY_ATTEMPTS", redisRetryAttempts, 1);
            privateHostname.ifPresent(host -> rules.host("PRIVATE_HOSTNAME", host));
            rules.check();
        }

        List<SettingsFinding> warnings() {
            return new SettingsRules()
                    .that(
                            keyTtl.compareTo(heartbeatInterval.multipliedBy(2)) >= 0,
                            "is under 2 × HEARTBEAT_INTERVAL (" + DurationText.show(heartbeatInterval)
                                    + "), so one lost sign of life takes the worker out of the grid",
                            "REDIS_KEY_TTL",
                            "HEARTBEAT_INTERVAL")
                    .findings();
        }

        /// For a worker in the process of its proxy.
        static RegistrationSettings withinOneProcess() {
            return new RegistrationSettings(
                    0, Optional.of("127.0.0.1"), Duration.ofSeconds(10), Duration.ofSeconds(30), 1, Duration.ZERO);
        }
    }

    /// What a worker may use, and when it does with less.
    @SettingsSection("Memory")
    public record MemorySettings(
            @Setting(
                    name = "MAX_WORKER_MEMORY",
                    meaning = "Memory that the drivers and browsers of a worker run may use, for example 2g; with"
                            + " RECYCLE=exit the program's counts too. One that has outgrown it is recycled, no two of a"
                            + " browser type at a time. Off when not set. Linux only.")
            Optional<ByteSize> maxWorkerMemory,

            @Setting(
                    name = "MEMORY_PRESSURE_PERCENT",
                    fallback = "90",
                    meaning =
                            "Share of the container's or the machine's memory in use above which fewer browsers are kept"
                                    + " warm, 1 to 100; 100 keeps them in any case. Linux only.")
            int pressurePercent) {
        private static final long LEAST_MEMORY = 64L << 20;

        /// A worker that could not even start would be of no use.
        public MemorySettings {
            new SettingsRules()
                    .that(
                            maxWorkerMemory.isEmpty() || maxWorkerMemory.get().bytes() >= LEAST_MEMORY,
                            "must be 64m or more, a single browser needs about that; unset it for no limit",
                            "MAX_WORKER_MEMORY")
                    .within("MEMORY_PRESSURE_PERCENT", pressurePercent, 1, 100)
                    .check();
        }
    }
}
