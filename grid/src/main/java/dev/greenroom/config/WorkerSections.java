package dev.greenroom.config;

import dev.greenroom.config.ProxySections.RelaySettings;
import dev.greenroom.config.RedisSettings.GridSecretSettings;
import dev.greenroom.config.Setting.SettingsSection;
import dev.greenroom.config.SettingsRules.SettingsFinding;
import dev.greenroom.session.BrowserType;
import dev.greenroom.session.PlaywrightVersion.SupportedVersions;
import dev.greenroom.session.RecordingChoice;
import dev.greenroom.session.SessionLimit;
import dev.greenroom.session.SessionLimit.RecycleMode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/// The settings of a worker that do not depend on its kind of registry.
public record WorkerSections(
        RegistrationSettings presence,
        GridSecretSettings secret,
        CapacitySettings capacity,
        BrowserSettings browser,
        PoolSettings pool,
        MemorySettings memory,
        DriverSettings driver,
        SandboxSettings sandbox,
        SessionBudgets budgets,
        RelaySettings relay,
        DrainSettings drain,
        RecordingSettings recording) {

    /// Without recordings.
    public WorkerSections(
            RegistrationSettings presence,
            GridSecretSettings secret,
            CapacitySettings capacity,
            BrowserSettings browser,
            PoolSettings pool,
            MemorySettings memory,
            DriverSettings driver,
            SandboxSettings sandbox,
            SessionBudgets budgets,
            RelaySettings relay,
            DrainSettings drain) {
        this(
                presence,
                secret,
                capacity,
                browser,
                pool,
                memory,
                driver,
                sandbox,
                budgets,
                relay,
                drain,
                RecordingSettings.none());
    }
    /// How a worker runs browsers.
    @SettingsSection("Browser pool")
    public record PoolSettings(
            @Setting(
                    name = "ISOLATION",
                    fallback = "session",
                    meaning = "session: a browser process per session; shared: one browser process for all "
                            + "sessions of a tenant, with a third of the memory, for sessions that trust each "
                            + "other.")
            Isolation isolation,

            @Setting(
                    name = "WARM_BROWSERS",
                    fallback = "2",
                    fallbackAtMost = "MAX_CONCURRENT_SESSIONS",
                    meaning = "Browsers that wait for sessions while none begin, 0 to MAX_CONCURRENT_SESSIONS. "
                            + "Under load up to MAX_CONCURRENT_SESSIONS wait; with 0 none ever does.")
            int warmBrowsers,

            @Setting(
                    name = "BROWSER_REUSE",
                    fallback = "20",
                    meaning = "How many sessions of one tenant a browser serves, one after the other, 1 to 1000; it is "
                            + "emptied in between. 1: each session gets a fresh process. Only chromium with the "
                            + "worker's own launch options and DRIVER_ISOLATION=tenant; otherwise 1.")
            int browserReuse,

            @Setting(
                    name = "BROWSER_LAUNCH_TIMEOUT",
                    fallback = "30s",
                    meaning = "How long a browser may take to launch, over 0.")
            Duration launchTimeout,

            @Setting(
                    name = "DRIVER_ISOLATION",
                    fallback = "tenant",
                    meaning = "Which sessions may share a driver process. tenant: those of one tenant, which is "
                            + "the name of a token; session: none; worker: all, for clients that trust each "
                            + "other.")
            DriverIsolation driverIsolation,

            @Setting(
                    name = "DRIVER_HOSTS",
                    fallback = "0",
                    meaning = "Driver processes per Playwright version, among which sessions are distributed, "
                            + "1 to 64; 0 means half the number of cores. Only with DRIVER_ISOLATION=worker.")
            int driverHosts,

            @Setting(
                    name = "MAX_DRIVERS",
                    fallback = "0",
                    meaning = "Driver processes of a worker run, 1 to 4096; 0 means MAX_CONCURRENT_SESSIONS + "
                            + "WARM_BROWSERS, so that no session waits for one. At the limit, the least "
                            + "recently used one ends for a new one; while all are in use, sessions wait.")
            int maxDrivers) {
        private static final int MOST_HOSTS = 64;
        private static final int MOST_SESSIONS = 1000;
        private static final int MOST_DRIVERS = 4096;

        /// What depends on the limit of sessions is checked where that is known.
        public PoolSettings {
            new SettingsRules()
                    .atLeast("WARM_BROWSERS", warmBrowsers, 0)
                    .within("BROWSER_REUSE", browserReuse, 1, MOST_SESSIONS)
                    .positive("BROWSER_LAUNCH_TIMEOUT", launchTimeout)
                    .within("DRIVER_HOSTS", driverHosts, 0, MOST_HOSTS)
                    .within("MAX_DRIVERS", maxDrivers, 0, MOST_DRIVERS)
                    .that(
                            isolation == Isolation.SESSION || driverIsolation != DriverIsolation.SESSION,
                            "shares no driver process between sessions, but ISOLATION=shared shares even the "
                                    + "browser; set ISOLATION=session, or DRIVER_ISOLATION to tenant or worker",
                            "DRIVER_ISOLATION",
                            "ISOLATION")
                    .that(
                            driverHosts == 0 || driverIsolation == DriverIsolation.WORKER,
                            "counts only with DRIVER_ISOLATION=worker; unset it, or set DRIVER_ISOLATION=worker "
                                    + "if all clients trust each other",
                            "DRIVER_HOSTS",
                            "DRIVER_ISOLATION")
                    .that(
                            maxDrivers <= 0 || driverHosts <= maxDrivers,
                            "must not be over MAX_DRIVERS (" + maxDrivers + "), lower it or raise the limit",
                            "DRIVER_HOSTS",
                            "MAX_DRIVERS")
                    .check();
        }

        /// How many sessions a browser serves, one after the other. Other drivers than those of one tenant do not
        /// know whose the last session was.
        public int sessionsPerBrowser() {
            return isolation == Isolation.SESSION && driverIsolation == DriverIsolation.TENANT ? browserReuse : 1;
        }

        /// The maximum number of driver processes per Playwright version, and with
        /// [DriverIsolation#TENANT] per tenant too.
        ///
        /// @param cores of this machine
        public int driverHostsOn(int cores) {
            return driverHosts > 0 ? driverHosts : Math.clamp(cores / 2, 1, MOST_HOSTS);
        }

        /// The maximum number of driver processes of a worker run.
        ///
        /// @param sessions that it may serve concurrently
        public int maxDriversFor(int sessions) {
            return maxDrivers > 0 ? maxDrivers : sessions + warmBrowsers;
        }

        List<SettingsFinding> excess(CapacitySettings capacity) {
            var cap = capacity.maxConcurrentSessions();
            return new SettingsRules()
                    .that(
                            warmBrowsers <= cap,
                            "must not be over MAX_CONCURRENT_SESSIONS (" + cap + "), lower it or raise the limit",
                            "WARM_BROWSERS",
                            "MAX_CONCURRENT_SESSIONS")
                    .that(
                            driverIsolation != DriverIsolation.SESSION || maxDriversFor(cap) >= cap,
                            "must not be under MAX_CONCURRENT_SESSIONS (" + cap + ") with DRIVER_ISOLATION=session, "
                                    + "where every session needs a driver process; raise it, or unset it",
                            "MAX_DRIVERS",
                            "MAX_CONCURRENT_SESSIONS",
                            "DRIVER_ISOLATION")
                    .findings();
        }

        /// Whether sessions share a browser process.
        public enum Isolation {
            SESSION,
            SHARED
        }

        /// Which sessions may share a driver process.
        public enum DriverIsolation {
            /// Those of one tenant.
            TENANT,
            /// None.
            SESSION,
            /// All.
            WORKER
        }
    }

    /// Which versions of Playwright's driver a worker offers, and where it keeps them.
    @SettingsSection("Playwright drivers")
    public record DriverSettings(
            @Setting(
                    name = "PLAYWRIGHT_VERSIONS",
                    fallback = "any",
                    meaning = "any, or a list such as 1.62,1.65. Versions that are not in DRIVER_STORE are "
                            + "downloaded from npm on first use; NPM_CONFIG_REGISTRY, .npmrc and the npm "
                            + "configuration name the registry.")
            SupportedVersions versions,

            @Setting(
                    name = "DRIVER_STORE",
                    fallback = "~/.cache/greenroom",
                    meaning = "Folder where downloaded drivers are kept.")
            Path store,

            @Setting(
                    name = "DRIVER_FETCH_TIMEOUT",
                    fallback = "60s",
                    meaning = "How long the download of one driver version may take, over 0.")
            Duration fetchTimeout,

            @Setting(
                    name = "DRIVER_HANG_TIMEOUT",
                    fallback = "10s",
                    meaning = "A driver process that does not answer for this long is ended with its sessions, 2s "
                            + "to 60s. Of the time in which it waits for a processor, a third counts (Linux only).")
            Duration hangTimeout,

            @Setting(
                    name = "DRIVER_HEAP",
                    meaning = "JavaScript heap of each driver process, 128m to 16g; a driver that needs more ends "
                            + "with its sessions. By default 512m, and 128m more for each of "
                            + "MAX_CONCURRENT_SESSIONS, but no more than 4g or half of the machine's memory.")
            Optional<ByteSize> heap) {
        private static final Duration LEAST_HANG = Duration.ofSeconds(2);
        private static final Duration MOST_HANG = Duration.ofSeconds(60);
        private static final long MIB = 1L << 20;
        private static final long LEAST_HEAP = 128 * MIB;
        private static final long MOST_HEAP = 16 * 1024 * MIB;
        private static final long USUAL_HEAP = 512 * MIB;
        private static final long USUAL_HEAP_OF_SESSION = 128 * MIB;
        private static final long MOST_USUAL_HEAP = 4 * 1024 * MIB;

        /// Checks that every wait is bounded, and that a driver can start.
        public DriverSettings {
            new SettingsRules()
                    .positive("DRIVER_FETCH_TIMEOUT", fetchTimeout)
                    .within(
                            "DRIVER_HANG_TIMEOUT",
                            hangTimeout,
                            LEAST_HANG,
                            MOST_HANG,
                            "because a driver may be busy for a moment, and no longer than PEER_TIMEOUT")
                    .that(
                            heap.isEmpty()
                                    || (heap.get().bytes() >= LEAST_HEAP
                                            && heap.get().bytes() <= MOST_HEAP),
                            "must be 128m to 16g; unset it for a limit that fits MAX_CONCURRENT_SESSIONS",
                            "DRIVER_HEAP")
                    .check();
        }

        /// The JavaScript heap of a driver process.
        ///
        /// @param sessions that it may have at once
        /// @param machineBytes the memory of this machine or container
        public ByteSize heapFor(int sessions, long machineBytes) {
            var usual = Math.min(USUAL_HEAP + sessions * USUAL_HEAP_OF_SESSION, MOST_USUAL_HEAP);
            return heap.orElse(new ByteSize(Math.max(LEAST_HEAP, Math.min(usual, machineBytes / 2))));
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
                    meaning = "Whether browsers run without a window; false requires a display.")
            boolean headless,

            @Setting(
                    name = "BROWSER_EXECUTABLE",
                    meaning = "Path of the browser. By default, a browser in Playwright's cache, else one "
                            + "that the system has installed.")
            Optional<Path> executable,

            @Setting(
                    name = "BROWSER_CHANNEL",
                    meaning = "Playwright's channel name of a branded browser, for example moz-firefox.")
            Optional<String> channel,

            @Setting(
                    name = "BROWSER_ARGS",
                    meaning = "Additional command-line arguments for the browser, separated by spaces.")
            List<String> args,

            @Setting(
                    name = "BROWSER_SANDBOX",
                    fallback = "auto",
                    meaning = "The browser's own sandbox. auto: on, but off with a warning if the worker runs "
                            + "as root or the kernel does not allow it; true: on, or the worker does not "
                            + "start; false: off.")
            Sandbox sandbox,

            @Setting(
                    name = "LAUNCH_PROFILE",
                    fallback = "lean",
                    meaning = "How Chromium is launched. lean: with ISOLATION=session its network service runs in "
                            + "the browser's own process, which saves time and memory; stock: as Playwright "
                            + "launches it.")
            LaunchProfile profile,

            @Setting(
                    name = "BROWSER_USER",
                    fallback = "auto",
                    meaning = "User of the drivers and browsers if the worker runs as root, on Linux. auto: a "
                            + "user that cannot read the files of root, or root with a warning if that is not "
                            + "possible; a user name or number: that user, or the worker does not start; "
                            + "same: root.")
            String user) {
        /// The worker decides.
        public static final String AUTO = "auto";

        /// The user of the worker.
        public static final String SAME = "same";

        private static final Pattern USER = Pattern.compile("[a-z_][a-z0-9_.-]{0,31}|[1-9]\\d{0,8}");

        /// Checks the syntax of the user.
        public BrowserSettings {
            new SettingsRules()
                    .that(
                            USER.matcher(user).matches() && !user.equals("root"),
                            "must be auto, same, or the name or number of a user other than root",
                            "BROWSER_USER")
                    .check();
        }

        /// What of Chromium runs in processes of its own.
        public enum LaunchProfile {
            LEAN,
            STOCK
        }

        /// Whether the browser's own sandbox is used.
        public enum Sandbox {
            AUTO,
            TRUE,
            FALSE
        }
    }

    /// Videos of sessions.
    @SettingsSection("Recordings")
    public record RecordingSettings(
            @Setting(
                    name = "RECORD_SESSIONS",
                    fallback = "none",
                    meaning = "Which sessions are recorded whose client says nothing about it (?record=): none; "
                            + "failed, of which only those recordings are kept that their client did not end; or "
                            + "all. Chromium only; needs ffmpeg.")
            RecordedSessions usual,

            @Setting(
                    name = "RECORDINGS_DIR",
                    fallback = "~/.cache/greenroom-recordings",
                    meaning = "Folder where recordings are kept. Workers of one machine may share it.")
            Path folder,

            @Setting(name = "RECORDINGS_KEEP", fallback = "24h", meaning = "How long a recording is kept, over 0.")
            Duration keep,

            @Setting(
                    name = "RECORDINGS_MAX_SIZE",
                    fallback = "2g",
                    meaning = "How much all recordings of the folder may take, 1m or more; the oldest go first.")
            ByteSize maxSize) {
        private static final Path UNUSED = Path.of("recordings");

        /// Which sessions are recorded.
        public enum RecordedSessions {
            /// None.
            NONE(RecordingChoice.NONE),
            /// All, of which those are kept that did not end in order.
            FAILED(RecordingChoice.FAILED),
            /// All.
            ALL(RecordingChoice.ALL);

            private final RecordingChoice choice;

            RecordedSessions(RecordingChoice choice) {
                this.choice = choice;
            }

            /// What counts for a client that says nothing.
            public RecordingChoice choice() {
                return choice;
            }
        }

        /// Checks the bounds.
        public RecordingSettings {
            new SettingsRules()
                    .that(keep.isPositive(), "must be over 0", "RECORDINGS_KEEP")
                    .that(maxSize.bytes() >= 1 << 20, "must be 1m or more", "RECORDINGS_MAX_SIZE")
                    .check();
        }

        /// Records nothing.
        public static RecordingSettings none() {
            return new RecordingSettings(RecordedSessions.NONE, UNUSED, Duration.ofHours(1), new ByteSize(1L << 30));
        }
    }

    /// How a worker is drained and recycled.
    ///
    /// @param recycleDrainTimeout empty for no limit
    @SettingsSection("Draining and recycling")
    public record DrainSettings(
            @Setting(
                    name = "DRAIN_TIMEOUT",
                    fallback = "30",
                    meaning = "Seconds that running sessions get to finish before they are closed with 1001, "
                            + "0 or more: when the worker is stopped or drained, and when it is recycled for "
                            + "its memory.")
            Duration drainTimeout,

            @Setting(
                    name = "RECYCLE",
                    fallback = "renew",
                    meaning = "How a worker is recycled at MAX_LIFETIME_SESSIONS or MAX_WORKER_MEMORY. renew: "
                            + "a new run starts in the same process and registers before the old one stops "
                            + "accepting sessions; exit: the worker drains and exits with 0, and has to be "
                            + "started again.")
            RecycleMode recycle,

            @Setting(
                    name = "RECYCLE_DRAIN_TIMEOUT",
                    meaning = "Seconds that the remaining sessions of a worker run get to finish after "
                            + "RECYCLE=renew has replaced it, 0 or more, for example 2h. Unlimited by "
                            + "default.")
            Optional<Duration> recycleDrainTimeout) {}

    /// How many sessions a worker may serve.
    ///
    /// @param concurrentLimit concurrent sessions
    /// @param lifetimeLimit sessions per worker run
    @SettingsSection("Capacity")
    public record CapacitySettings(
            @Setting(
                    name = "MAX_CONCURRENT_SESSIONS",
                    fallback = "5",
                    meaning = "Concurrent sessions per worker, 1 to 4095. If both proxies and worker set it, "
                            + "the lower value applies; if only one does, that one.")
            SessionLimit concurrentLimit,

            @Setting(
                    name = "MAX_LIFETIME_SESSIONS",
                    fallback = "50",
                    meaning = "Sessions per worker run, over 0; then the worker is recycled, see RECYCLE. If "
                            + "both proxies and worker set it, the lower value applies; if only one does, "
                            + "that one.")
            SessionLimit lifetimeLimit) {
        /// Checks the bounds that the registry relies on.
        public CapacitySettings {
            new SettingsRules()
                    .within("MAX_CONCURRENT_SESSIONS", concurrentLimit.value(), 1, 4095)
                    .atLeast("MAX_LIFETIME_SESSIONS", lifetimeLimit.value(), 1)
                    .check();
        }

        /// Limits that are set explicitly.
        public CapacitySettings(int maxConcurrentSessions, int maxLifetimeSessions) {
            this(SessionLimit.set(maxConcurrentSessions), SessionLimit.set(maxLifetimeSessions));
        }

        /// The limit of concurrent sessions that this process knows.
        public int maxConcurrentSessions() {
            return concurrentLimit.value();
        }

        /// The limit of sessions per worker run that this process knows.
        public int maxLifetimeSessions() {
            return lifetimeLimit.value();
        }
    }

    /// What sessions may reach from a worker.
    @SettingsSection("Network sandbox")
    public record SandboxSettings(
            @Setting(
                    name = "BLOCK_PRIVATE_NETWORK",
                    fallback = "false",
                    meaning = "true: the driver's requests reach no private address, chromium pages reach "
                            + "none that is written as a number or local name, WebRTC sends no datagram, and "
                            + "a client's own proxy at a private address is refused. exposeNetwork works. See "
                            + "SECURITY.md.")
            boolean blockPrivateNetwork) {}

    /// What one session may use of its driver and of the worker's disk.
    @SettingsSection("Budgets of a session")
    public record SessionBudgets(
            @Setting(
                    name = "MAX_CLIENT_MESSAGE",
                    fallback = "100m",
                    meaning = "Largest message of a client, such as the content of a page or an upload, 64k to 256m. "
                            + "A session that sends a larger one is ended.")
            ByteSize maxClientMessage,

            @Setting(
                    name = "MAX_CLIENT_MESSAGE_RATE",
                    fallback = "20000",
                    meaning = "Messages of a client per second, on average over 10 s, 100 or more. A session that "
                            + "sends more is ended.")
            int maxClientMessageRate,

            @Setting(
                    name = "MAX_CLIENT_DATA_RATE",
                    fallback = "256m",
                    meaning = "Bytes of a client's messages per second, on average over 10 s, MAX_CLIENT_MESSAGE or "
                            + "more. A session that sends more is ended.")
            ByteSize maxClientDataRate,

            @Setting(
                    name = "MAX_BROWSER_MESSAGE",
                    fallback = "256m",
                    meaning = "Largest message from a browser to its driver, such as the result of a script, 1m or "
                            + "more; never over a sixth of the driver's heap limit. A session whose browser sends "
                            + "a larger one is ended.")
            ByteSize maxBrowserMessage,

            @Setting(
                    name = "MAX_CLIENT_BACKLOG",
                    fallback = "64m",
                    meaning = "How much a driver holds for a client that does not read, 64k or more. Then its "
                            + "browser has to wait; with ISOLATION=shared, or at eight times as much, the session "
                            + "is ended.")
            ByteSize maxClientBacklog,

            @Setting(
                    name = "MAX_CONSOLE_TEXT",
                    fallback = "256k",
                    meaning = "Longest text of a console message or page error, 1k to 16m; the rest is cut, with a "
                            + "mark that says so.")
            ByteSize maxConsoleText,

            @Setting(
                    name = "MAX_CONSOLE_RATE",
                    fallback = "1000",
                    meaning = "Console messages and page errors per second and browser, on average over 10 s, 1 "
                            + "or more; a long one counts once per 4 KiB. Those beyond are dropped, and counted "
                            + "in the log.")
            int maxConsoleRate,

            @Setting(
                    name = "MAX_FETCH_BODY",
                    fallback = "256m",
                    meaning = "Largest response to a request that the driver itself makes for a client "
                            + "(context.request, route.fetch), decompressed, over 0. The call fails beyond it.")
            ByteSize maxFetchBody,

            @Setting(
                    name = "MAX_FETCH_BODIES",
                    fallback = "512m",
                    meaning = "All such responses that a session holds at once, until they are disposed of or their "
                            + "context is closed, over 0. The call fails beyond it.")
            ByteSize maxFetchBodies,

            @Setting(
                    name = "MAX_SESSION_DOWNLOADS",
                    fallback = "2g",
                    meaning = "Disk space for the downloads that a session holds at once, over 0. A session that "
                            + "uses more is ended.")
            ByteSize maxSessionDownloads,

            @Setting(
                    name = "MAX_SESSION_DISK",
                    fallback = "4g",
                    meaning = "Disk space for all temporary files of a session: profile, downloads, uploads, videos, "
                            + "traces; over 0. A session that uses more is ended, or, beyond 256 MiB, more than "
                            + "is left on the disk; so is one with over 50,000 files.")
            ByteSize maxSessionDisk,

            @Setting(
                    name = "MAX_DRIVER_HEAP_PERCENT",
                    fallback = "50",
                    meaning = "How much of a driver's heap may be in use after a garbage collection, in percent, 1 "
                            + "to 90. Above it, the session that moved most bytes lately is ended.")
            int maxDriverHeapPercent,

            @Setting(
                    name = "TIMELINE_CALLS",
                    fallback = "200",
                    meaning =
                            "How many of a session's last calls its timeline has, 0 to 2000; 0: there is no timeline.")
            int timelineCalls,

            @Setting(
                    name = "TIMELINE_DETAILS",
                    fallback = "false",
                    meaning = "true: timelines also have the addresses of navigations and the texts of errors, which "
                            + "quote pages. Otherwise methods, pages, times and kinds of errors only.")
            boolean timelineDetails) {
        /// Checks that honest sessions stay far below.
        public SessionBudgets {
            new SettingsRules()
                    .that(
                            maxClientMessage.bytes() >= 64 << 10 && maxClientMessage.bytes() <= 256 << 20,
                            "must be 64k to 256m",
                            "MAX_CLIENT_MESSAGE")
                    .atLeast("MAX_CLIENT_MESSAGE_RATE", maxClientMessageRate, 100)
                    .that(
                            maxClientDataRate.bytes() >= maxClientMessage.bytes(),
                            "must be MAX_CLIENT_MESSAGE (" + maxClientMessage + ") or more",
                            "MAX_CLIENT_DATA_RATE",
                            "MAX_CLIENT_MESSAGE")
                    .that(maxBrowserMessage.bytes() >= 1 << 20, "must be 1m or more", "MAX_BROWSER_MESSAGE")
                    .that(maxClientBacklog.bytes() >= 64 << 10, "must be 64k or more", "MAX_CLIENT_BACKLOG")
                    .that(
                            maxConsoleText.bytes() >= 1 << 10 && maxConsoleText.bytes() <= 16 << 20,
                            "must be 1k to 16m",
                            "MAX_CONSOLE_TEXT")
                    .atLeast("MAX_CONSOLE_RATE", maxConsoleRate, 1)
                    .that(maxFetchBody.bytes() > 0, "must be over 0", "MAX_FETCH_BODY")
                    .that(maxFetchBodies.bytes() > 0, "must be over 0", "MAX_FETCH_BODIES")
                    .that(maxSessionDownloads.bytes() > 0, "must be over 0", "MAX_SESSION_DOWNLOADS")
                    .that(maxSessionDisk.bytes() > 0, "must be over 0", "MAX_SESSION_DISK")
                    .within("MAX_DRIVER_HEAP_PERCENT", maxDriverHeapPercent, 1, 90)
                    .within("TIMELINE_CALLS", timelineCalls, 0, 2000)
                    .check();
        }
    }

    /// How a worker registers in the grid.
    @SettingsSection("Registration")
    public record RegistrationSettings(
            @Setting(
                    name = "PORT",
                    fallback = "3131",
                    meaning = "TCP port that proxies connect to, 1 to 65535; 0 takes a free one.")
            int port,

            @Setting(
                    name = "PRIVATE_HOSTNAME",
                    meaning = "Host name at which proxies reach this worker. By default, the address that "
                            + "this machine uses to reach Redis; a name that resolves to another machine is "
                            + "replaced by that address, with a warning.")
            Optional<String> privateHostname,

            @Setting(name = "HEARTBEAT_INTERVAL", fallback = "10", meaning = "Seconds between heartbeats, over 0.")
            Duration heartbeatInterval,

            @Setting(
                    name = "REDIS_KEY_TTL",
                    fallback = "30",
                    meaning = "Seconds after its last heartbeat until a worker counts as dead; over "
                            + "HEARTBEAT_INTERVAL, preferably 2 × HEARTBEAT_INTERVAL.")
            Duration keyTtl,

            @Setting(
                    name = "REDIS_RETRY_ATTEMPTS",
                    fallback = "5",
                    meaning = "How often a worker tries to connect to Redis at start, 1 or more. Once "
                            + "running, it never exits because of Redis.")
            int redisRetryAttempts,

            @Setting(name = "REDIS_RETRY_DELAY", fallback = "3", meaning = "Seconds between these attempts, 0 or more.")
            Duration redisRetryDelay) {
        /// Checks that a healthy worker never counts as dead.
        public RegistrationSettings {
            var rules = new SettingsRules()
                    .within("PORT", port, 0, 65_535)
                    .positive("HEARTBEAT_INTERVAL", heartbeatInterval)
                    .that(
                            keyTtl.compareTo(heartbeatInterval) > 0,
                            "must be over HEARTBEAT_INTERVAL (" + DurationText.show(heartbeatInterval)
                                    + "), otherwise healthy workers count as dead; 2 × HEARTBEAT_INTERVAL or more is safe",
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
                                    + "), so one lost heartbeat removes the worker from the grid",
                            "REDIS_KEY_TTL",
                            "HEARTBEAT_INTERVAL")
                    .findings();
        }

        /// For a worker in the same process as its proxy.
        static RegistrationSettings withinOneProcess() {
            return new RegistrationSettings(
                    0, Optional.of("127.0.0.1"), Duration.ofSeconds(10), Duration.ofSeconds(30), 1, Duration.ZERO);
        }
    }

    /// Limits of memory, and the memory pressure above which fewer browsers are kept.
    @SettingsSection("Memory")
    public record MemorySettings(
            @Setting(
                    name = "MAX_WORKER_MEMORY",
                    meaning = "Memory that the drivers and browsers of a worker run may use, for example 2g; "
                            + "with RECYCLE=exit, the memory of the worker process counts too. A worker that "
                            + "exceeds it is recycled, one worker of a browser type at a time. Off by "
                            + "default. Linux only.")
            Optional<ByteSize> maxWorkerMemory,

            @Setting(
                    name = "MEMORY_PRESSURE_PERCENT",
                    fallback = "90",
                    meaning = "Memory usage of the container or machine, in percent, above which fewer "
                            + "browsers are kept warm, 1 to 100; 100 always keeps them. Linux only.")
            int pressurePercent) {
        private static final long LEAST_MEMORY = 64L << 20;

        /// Checks that the limit allows at least one browser.
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
