package dev.greenroom.config;

import dev.greenroom.config.CommandSettings.MetricsSettings.WarmUpSettings;
import dev.greenroom.config.ProxySections.AccessSettings;
import dev.greenroom.config.ProxySections.CdpSettings;
import dev.greenroom.config.ProxySections.ClientSettings;
import dev.greenroom.config.ProxySections.ConnectionSettings;
import dev.greenroom.config.ProxySections.DialSettings;
import dev.greenroom.config.ProxySections.HistorySettings;
import dev.greenroom.config.ProxySections.LeaseSettings;
import dev.greenroom.config.ProxySections.ListenSettings;
import dev.greenroom.config.ProxySections.QueueSettings;
import dev.greenroom.config.ProxySections.RelaySettings;
import dev.greenroom.config.ProxySections.ShutdownSettings;
import dev.greenroom.config.RedisSettings.GridSecretSettings;
import dev.greenroom.config.Setting.DefaultOverride;
import dev.greenroom.config.Setting.SettingsSection;
import dev.greenroom.config.SettingsCatalog.SettingsRoot;
import dev.greenroom.config.SettingsRules.SettingsFinding;
import dev.greenroom.config.WorkerSections.BrowserSettings;
import dev.greenroom.config.WorkerSections.CapacitySettings;
import dev.greenroom.config.WorkerSections.DrainSettings;
import dev.greenroom.config.WorkerSections.DriverSettings;
import dev.greenroom.config.WorkerSections.MemorySettings;
import dev.greenroom.config.WorkerSections.PoolSettings;
import dev.greenroom.config.WorkerSections.RecordingSettings;
import dev.greenroom.config.WorkerSections.RegistrationSettings;
import dev.greenroom.config.WorkerSections.SandboxSettings;
import dev.greenroom.config.WorkerSections.SessionBudgets;
import dev.greenroom.session.BrowserType;
import dev.greenroom.session.ClientProtocol;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The root record of one command, and all root records with the sections that belong to no role.
public sealed interface CommandSettings extends SettingsRoot {

    /// The root records of all commands.
    static List<Class<? extends CommandSettings>> roots() {
        return List.of(
                UpSettings.class,
                ProxySettings.class,
                WorkerSettings.class,
                StatusSettings.class,
                StressSettings.class,
                DrainCommandSettings.class,
                DoctorSettings.class);
    }

    /// Reads the settings of any command.
    ///
    /// @param home what `~` at the beginning of a path stands for
    static SettingsReader reader(Path home) {
        return new SettingsReader(home, roots());
    }

    /// The root record of a command that runs as a service until it is stopped, and logs.
    sealed interface ServiceSettings extends CommandSettings {

        /// Level and format of the log.
        LogSettings log();
    }

    /// All settings of `greenroom up`: a proxy and a worker without Redis.
    @DefaultOverride(name = "BIND_ADDRESS", value = "127.0.0.1")
    @DefaultOverride(name = "LOG_FORMAT", value = "text")
    @DefaultOverride(name = "WORKER_SELECT_TIMEOUT", value = "25")
    record UpSettings(
            ListenSettings listen,
            ConnectionSettings connections,
            AccessSettings access,
            CapacitySettings capacity,
            QueueSettings queue,
            ClientSettings defaults,
            LeaseSettings lease,
            DialSettings dial,
            RelaySettings relay,
            BrowserSettings browser,
            PoolSettings pool,
            MemorySettings memory,
            DriverSettings driver,
            SandboxSettings sandbox,
            SessionBudgets budgets,
            DrainSettings drain,
            RecordingSettings recording,
            WarmUpSettings warmUp,
            ShutdownSettings shutdown,
            CdpSettings cdp,
            HistorySettings history,
            MetricsSettings metrics,
            LogSettings log)
            implements ServiceSettings {

        /// Checks the rules across sections.
        public UpSettings {
            new SettingsRules().all(pool.excess(capacity)).check();
        }

        /// The settings of the proxy.
        public ProxySections proxy() {
            return new ProxySections(
                    listen,
                    connections,
                    access,
                    queue,
                    defaults,
                    lease,
                    dial,
                    GridSecretSettings.none(),
                    relay,
                    shutdown,
                    cdp,
                    history);
        }

        /// The settings of the worker, which listens on a free port of the loopback interface.
        public WorkerSections worker() {
            return new WorkerSections(
                    RegistrationSettings.withinOneProcess(),
                    GridSecretSettings.none(),
                    capacity,
                    browser,
                    pool,
                    memory,
                    driver,
                    sandbox,
                    budgets,
                    relay,
                    drain,
                    recording);
        }

        @Override
        public List<SettingsFinding> warnings() {
            return Stream.concat(access.warnings(listen).stream(), lease.warnings().stream())
                    .toList();
        }
    }

    /// All settings of `greenroom proxy`.
    record ProxySettings(
            ListenSettings listen,
            ConnectionSettings connections,
            AccessSettings access,
            RedisSettings redis,
            CapacitySettings capacity,
            QueueSettings queue,
            ClientSettings defaults,
            LeaseSettings lease,
            DialSettings dial,
            GridSecretSettings secret,
            RelaySettings relay,
            ShutdownSettings shutdown,
            CdpSettings cdp,
            HistorySettings history,
            MetricsSettings metrics,
            LogSettings log)
            implements ServiceSettings {

        /// Checks the rules across sections.
        public ProxySettings {
            new SettingsRules().all(redis.missing()).check();
        }

        /// The settings of the proxy itself, without those of Redis, metrics and log.
        public ProxySections sections() {
            return new ProxySections(
                    listen, connections, access, queue, defaults, lease, dial, secret, relay, shutdown, cdp, history);
        }

        @Override
        public List<SettingsFinding> warnings() {
            return Stream.concat(access.warnings(listen).stream(), lease.warnings().stream())
                    .toList();
        }
    }

    /// All settings of `greenroom worker`.
    record WorkerSettings(
            RegistrationSettings presence,
            RedisSettings redis,
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
            RecordingSettings recording,
            WarmUpSettings warmUp,
            MetricsSettings metrics,
            LogSettings log)
            implements ServiceSettings {

        /// Checks the rules across sections.
        public WorkerSettings {
            new SettingsRules().all(redis.missing()).all(pool.excess(capacity)).check();
        }

        /// The settings of the worker itself, without those of Redis, metrics and log.
        public WorkerSections sections() {
            return new WorkerSections(
                    presence, secret, capacity, browser, pool, memory, driver, sandbox, budgets, relay, drain,
                    recording);
        }

        @Override
        public List<SettingsFinding> warnings() {
            return presence.warnings();
        }
    }

    /// Level and format of the log.
    @SettingsSection("Log")
    record LogSettings(
            @Setting(name = "LOG_LEVEL", fallback = "info", meaning = "debug, info, warn or error.")
            LogLevel level,

            @Setting(
                    name = "LOG_FORMAT",
                    fallback = "json",
                    meaning = "json, or text (logfmt). `greenroom up` writes text by default.")
            LogFormat format) {
        /// The format of log lines.
        public enum LogFormat {
            JSON,
            TEXT
        }

        /// The lowest level that is logged.
        public enum LogLevel {
            DEBUG,
            INFO,
            WARN,
            ERROR
        }
    }

    /// Whether the process collects metrics.
    @SettingsSection("Metrics")
    record MetricsSettings(
            @Setting(
                    name = "METRICS",
                    fallback = "on",
                    meaning = "on, or off: no metrics are collected or exposed to Prometheus.")
            MetricsSwitch metrics) {

        /// On or off.
        public enum MetricsSwitch {
            ON,
            OFF
        }

        /// Whether there are metrics.
        public boolean on() {
            return metrics == MetricsSwitch.ON;
        }

        /// Settings that were removed and are still accepted.
        @SettingsSection("Removed")
        public record WarmUpSettings(
                @Setting(
                        name = "WARM_UP",
                        meaning = "Has no effect any more. It is accepted with a warning, and will be rejected in "
                                + "a later release.")
                Optional<String> warmUp) {
            private static final Logger LOG = LoggerFactory.getLogger(WarmUpSettings.class);

            /// Logs a warning if it is set.
            public void warnIfSet() {
                warmUp.ifPresent(_ -> LOG.atWarn()
                        .addKeyValue("code", "WARM_UP_IGNORED")
                        .log("WARM_UP has no effect any more; remove it, a later release will reject it"));
            }
        }
    }

    /// The root record of a command line tool that queries or controls a grid. It has no log, only output.
    sealed interface ToolSettings extends CommandSettings {

        /// The grid to connect to.
        GridSettings grid();

        @Override
        default List<SettingsFinding> warnings() {
            return List.of();
        }
    }

    /// All settings of `greenroom status`.
    record StatusSettings(GridSettings grid, StatusView view) implements ToolSettings {

        /// How the state of the grid is shown.
        @SettingsSection("Output")
        public record StatusView(
                @Setting(
                        name = "--watch",
                        where = Setting.Where.FLAG,
                        fallback = "false",
                        meaning = "Refresh until Ctrl-C.")
                boolean watch,

                @Setting(
                        name = "--interval",
                        where = Setting.Where.FLAG,
                        fallback = "1s",
                        meaning = "Refresh interval of --watch, 200ms or more.")
                Duration interval,

                @Setting(
                        name = "--sessions",
                        where = Setting.Where.FLAG,
                        fallback = "false",
                        meaning = "Show the sessions too, at most the 500 oldest; not with --watch into a pipe.")
                boolean sessions,

                @Setting(
                        name = "--json",
                        where = Setting.Where.FLAG,
                        fallback = "false",
                        meaning = "Print JSON instead of a table, one object per line and refresh.")
                boolean json) {
            private static final Duration SHORTEST = Duration.ofMillis(200);

            /// Checks that refreshing puts no load on the grid.
            public StatusView {
                new SettingsRules()
                        .that(interval.compareTo(SHORTEST) >= 0, "must be 200ms or more", "--interval")
                        .check();
            }
        }
    }

    /// All settings of `greenroom stress`.
    record StressSettings(GridSettings grid, StressLoad load, DriverSettings driver) implements ToolSettings {

        /// The load on the grid.
        @SettingsSection("Load")
        public record StressLoad(
                @Setting(
                        name = "--sessions",
                        where = Setting.Where.FLAG,
                        fallback = "20",
                        meaning = "Total sessions, 1 to 100000.")
                int sessions,

                @Setting(
                        name = "--concurrency",
                        where = Setting.Where.FLAG,
                        fallback = "20",
                        fallbackAtMost = "--sessions",
                        meaning = "Concurrent sessions, 1 to 1000.")
                int concurrency,

                @Setting(
                        name = "--browser",
                        where = Setting.Where.FLAG,
                        fallback = "chromium",
                        meaning = "chromium, firefox or webkit.")
                BrowserType browser,

                @Setting(
                        name = "--protocol",
                        where = Setting.Where.FLAG,
                        fallback = "playwright",
                        meaning = "playwright, or cdp: connectOverCDP, as Puppeteer does it; needs chromium.")
                ClientProtocol protocol,

                @Setting(
                        name = "--target-url",
                        where = Setting.Where.FLAG,
                        meaning = "Page that each session opens. By default, a small built-in page that needs no "
                                + "network.")
                Optional<String> targetUrl,

                @Setting(
                        name = "--hold",
                        where = Setting.Where.FLAG,
                        fallback = "0",
                        meaning = "How long each session stays on its page.")
                Duration hold,

                @Setting(
                        name = "--timeout",
                        where = Setting.Where.FLAG,
                        fallback = "30s",
                        meaning =
                                "Time limit for connecting, for opening a page and for loading it, each, over " + "0.")
                Duration timeout,

                @Setting(
                        name = "--json",
                        where = Setting.Where.FLAG,
                        fallback = "false",
                        meaning = "Print the result as JSON.")
                boolean json) {
            private static final int MOST_SESSIONS = 100_000;
            private static final int MOST_AT_ONCE = 1_000;

            /// Checks that the test ends, and that one client process can run it.
            public StressLoad {
                new SettingsRules()
                        .within("--sessions", sessions, 1, MOST_SESSIONS)
                        .within("--concurrency", concurrency, 1, MOST_AT_ONCE)
                        .that(
                                targetUrl.isEmpty() || targetUrl.get().matches("(?:https?|data|about|file):\\S+"),
                                "must be a URL, for example https://example.com",
                                "--target-url")
                        .that(
                                protocol != ClientProtocol.CDP || browser == BrowserType.CHROMIUM,
                                "must be playwright for this --browser: only chromium speaks cdp",
                                "--protocol")
                        .positive("--timeout", timeout)
                        .check();
            }
        }
    }

    /// All settings of `greenroom drain`.
    record DrainCommandSettings(GridSettings grid, DrainOrder order) implements ToolSettings {

        /// Which worker to drain, and whether to wait for it.
        @SettingsSection("Drain")
        public record DrainOrder(
                @Setting(
                        name = "WORKER",
                        where = Setting.Where.ARGUMENT,
                        meaning = "Id of the worker, for example chromium:abc123, or the beginning of its id or "
                                + "name.")
                String worker,

                @Setting(
                        name = "--wait",
                        where = Setting.Where.FLAG,
                        fallback = "false",
                        meaning = "Wait until the worker is gone.")
                boolean await,

                @Setting(
                        name = "--timeout",
                        where = Setting.Where.FLAG,
                        fallback = "5m",
                        meaning = "Time limit for --wait, over 0; the exit code is 1 when it is exceeded.")
                Duration timeout) {
            /// Checks that the wait is bounded.
            public DrainOrder {
                new SettingsRules().positive("--timeout", timeout).check();
            }
        }
    }

    /// All settings of `greenroom doctor`. It also checks the settings of the other commands that it finds
    /// in the environment.
    record DoctorSettings(GridSettings grid, RedisSettings redis, DriverSettings driver, Examination examination)
            implements ToolSettings {

        /// How thorough the checks are, and how the findings are shown.
        @SettingsSection("Checks")
        public record Examination(
                @Setting(
                        name = "--strict",
                        where = Setting.Where.FLAG,
                        fallback = "false",
                        meaning = "Exit with 1 on a warning too.")
                boolean strict,

                @Setting(
                        name = "--no-session",
                        where = Setting.Where.FLAG,
                        fallback = "false",
                        meaning = "Open no session; all other checks only read.")
                boolean noSession,

                @Setting(
                        name = "--proxies",
                        where = Setting.Where.FLAG,
                        fallback = "1",
                        meaning = "Number of proxies that the limits of tokens are divided by, 1 to 1000; more "
                                + "running proxies are a warning.")
                int proxies,

                @Setting(
                        name = "--json",
                        where = Setting.Where.FLAG,
                        fallback = "false",
                        meaning = "Print the findings as JSON.")
                boolean json) {
            private static final int MOST_PROXIES = 1_000;

            /// A grid has at least one proxy.
            public Examination {
                new SettingsRules()
                        .within("--proxies", proxies, 1, MOST_PROXIES)
                        .check();
            }
        }
    }

    /// The grid that a tool connects to.
    @SettingsSection("Grid")
    record GridSettings(
            @Setting(
                    name = "GREENROOM_URL",
                    flag = "--url",
                    fallback = "ws://localhost:8080",
                    meaning = "Address of the grid, the same that clients use: ws, wss, http or https.")
            String url,

            @Setting(
                    name = "GREENROOM_TOKEN",
                    flag = "--token",
                    meaning = "Access token for the grid, where it requires one.",
                    secret = true)
            Optional<Secret> token,

            @Setting(
                    name = "GREENROOM_CA",
                    flag = "--ca",
                    meaning = "PEM file with the certificates to trust, if no public authority issued the "
                            + "certificate of the grid.")
            Optional<Path> ca) {
        private static final Pattern ADDRESS =
                Pattern.compile("(?:ws|http)s?://(?:[A-Za-z0-9._-]+|\\[[0-9A-Fa-f:.]+])(?::\\d{1,5})?(?:/[^?#]*)?");

        /// Checks that the address is one that a client could use, without any credentials.
        public GridSettings {
            new SettingsRules()
                    .that(
                            ADDRESS.matcher(url).matches() && parses(url),
                            "must be ws://host:port, wss://…, http://… or https://…, without user and query; a token"
                                    + " belongs in GREENROOM_TOKEN",
                            "GREENROOM_URL")
                    .check();
        }

        private static boolean parses(String url) {
            try {
                return URI.create(url).getPort() <= 65_535;
            } catch (IllegalArgumentException _) {
                return false;
            }
        }

        /// The address for requests that are not sessions, without a trailing slash.
        public URI http() {
            return URI.create(url.replaceFirst("^ws", "http").replaceFirst("/+$", ""));
        }

        /// The address for sessions.
        public URI webSocket() {
            return URI.create(url.replaceFirst("^http", "ws"));
        }

        /// Whether the connection is encrypted.
        public boolean isSecure() {
            return url.startsWith("wss:") || url.startsWith("https:");
        }
    }
}
