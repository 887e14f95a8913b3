package dev.greenroom.config;

import dev.greenroom.config.CommandSettings.LogSettings.LogFormat;
import dev.greenroom.config.CommandSettings.LogSettings.LogLevel;
import dev.greenroom.config.CommandSettings.MetricsSettings;
import dev.greenroom.config.CommandSettings.UpSettings;
import dev.greenroom.config.CommandSettings.WorkerSettings;
import dev.greenroom.config.TokenList.AuthTokens;
import dev.greenroom.config.WorkerSections.BrowserSettings;
import dev.greenroom.config.WorkerSections.PoolSettings;
import dev.greenroom.config.WorkerSections.RecordingSettings.RecordedSessions;
import dev.greenroom.session.BrowserType;
import dev.greenroom.session.PlaywrightVersion;
import dev.greenroom.session.PlaywrightVersion.SupportedVersions;
import dev.greenroom.session.SessionLimit;
import dev.greenroom.session.SessionLimit.RecycleMode;
import dev.greenroom.testkit.Canary;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/// What is expected of one setting.
///
/// @param fallback the value when it is not given
/// @param sample another text that keeps every rule beside the defaults of all others
/// @param value what the sample is read as
record SettingRow(String name, Object fallback, String sample, Object value) {
    static final Path HOME = Path.of("/home/ada");

    private static final Optional<Object> NONE = Optional.empty();

    static List<SettingRow> of(Class<? extends CommandSettings> root) {
        var up = root == UpSettings.class;
        return List.of(
                new SettingRow("PORT", root == WorkerSettings.class ? 3131 : 8080, "9000", 9000),
                new SettingRow("MAX_CONNECTIONS", 20_000, "1", 1),
                new SettingRow("MAX_CONNECTIONS_PER_ADDRESS", 1_000, "1", 1),
                new SettingRow("TRUSTED_PROXIES", List.of(), "10.1.0.0/16,fd00::/8", ranges()),
                new SettingRow("BIND_ADDRESS", up ? "127.0.0.1" : "0.0.0.0", "::1", "::1"),
                new SettingRow("TLS_CERT_FILE", NONE, "~/tls.crt", Optional.of(HOME.resolve("tls.crt"))),
                new SettingRow("TLS_KEY_FILE", NONE, "/tls/tls.key", Optional.of(Path.of("/tls/tls.key"))),
                new SettingRow(
                        "AUTH_TOKENS",
                        NONE,
                        "ci:" + Canary.secret("token"),
                        Optional.of(new AuthTokens(new Secret("ci:" + Canary.secret("token"))))),
                new SettingRow("ALLOWED_ORIGINS", List.of(), "https://CI.example,http://localhost:3000", origins()),
                new SettingRow("ALLOWED_HOSTS", List.of(), "grid.example *.grid.example", hosts()),
                new SettingRow("LIVE_VIEW", true, "false", false),
                secret("WORKER_SECRET", Canary.secret("workers")),
                new SettingRow("WORKER_ADDRESSES", List.of(), "10.1.0.0/16,fd00::/8", ranges()),
                secret("REDIS_URL", "redis://:" + Canary.secret("redis") + "@redis:6379"),
                optional("REDIS_HOST", "redis"),
                new SettingRow("REDIS_PORT", 6379, "6380", 6380),
                optional("REDIS_USERNAME", "ada"),
                secret("REDIS_PASSWORD", Canary.secret("password")),
                new SettingRow("MAX_CONCURRENT_SESSIONS", SessionLimit.byDefault(5), "7", SessionLimit.set(7)),
                new SettingRow("MAX_LIFETIME_SESSIONS", SessionLimit.byDefault(50), "70", SessionLimit.set(70)),
                seconds("WORKER_SELECT_TIMEOUT", up ? 25 : 5, "1h", 3600),
                new SettingRow("MAX_QUEUE_SIZE", 1000, "0", 0),
                new SettingRow("DEFAULT_BROWSER_TYPE", BrowserType.CHROMIUM, "WebKit", BrowserType.WEBKIT),
                seconds("LEASE_TTL", 15, "20s", 20),
                seconds("LEASE_RENEW_INTERVAL", 5, "2", 2),
                seconds("REAPER_RUN_INTERVAL", 300, "5m", 300),
                seconds("SHUTDOWN_COMMAND_TTL", 60, "90", 90),
                seconds("RECYCLE_WAIT", 90, "2m", 120),
                seconds("WORKER_DIAL_TIMEOUT", 2, "3s", 3),
                seconds("WORKER_HANDSHAKE_TIMEOUT", 10, "12s", 12),
                seconds("PING_INTERVAL", 20, "15s", 15),
                seconds("PEER_TIMEOUT", 60, "2m", 120),
                seconds("WRITE_TIMEOUT", 30, "20s", 20),
                new SettingRow("SESSION_TIMEOUT", NONE, "2h", Optional.of(Duration.ofHours(2))),
                new SettingRow("IDLE_TIMEOUT", NONE, "500ms", Optional.of(Duration.ofMillis(500))),
                seconds("SHUTDOWN_DELAY", 0, "5s", 5),
                seconds("CDP_KEEP_ALIVE_MAX", 600, "1h", 3600),
                seconds("CDP_RECONNECT_GRACE", 2, "5s", 5),
                seconds("SESSION_HISTORY", 3600, "0", 0),
                new SettingRow("SESSION_HISTORY_MAX", 10_000, "0", 0),
                seconds("SHUTDOWN_GRACE_PERIOD", 30, "0", 0),
                new SettingRow("METRICS", MetricsSettings.MetricsSwitch.ON, "off", MetricsSettings.MetricsSwitch.OFF),
                new SettingRow("LOG_LEVEL", LogLevel.INFO, "Debug", LogLevel.DEBUG),
                new SettingRow(
                        "LOG_FORMAT",
                        up ? LogFormat.TEXT : LogFormat.JSON,
                        up ? "json" : "text",
                        up ? LogFormat.JSON : LogFormat.TEXT),
                optional("PRIVATE_HOSTNAME", "worker-1.grid.example"),
                seconds("HEARTBEAT_INTERVAL", 10, "5", 5),
                seconds("REDIS_KEY_TTL", 30, "40", 40),
                new SettingRow("REDIS_RETRY_ATTEMPTS", 5, "1", 1),
                seconds("REDIS_RETRY_DELAY", 3, "0", 0),
                new SettingRow("BROWSER_TYPE", BrowserType.CHROMIUM, "firefox", BrowserType.FIREFOX),
                new SettingRow("HEADLESS", true, "FALSE", false),
                new SettingRow("BROWSER_EXECUTABLE", NONE, "~/chrome", Optional.of(HOME.resolve("chrome"))),
                optional("BROWSER_CHANNEL", "moz-firefox"),
                new SettingRow(
                        "BROWSER_ARGS", List.of(), " --mute-audio  --lang=de", List.of("--mute-audio", "--lang=de")),
                new SettingRow("BROWSER_SANDBOX", BrowserSettings.Sandbox.AUTO, "true", BrowserSettings.Sandbox.TRUE),
                new SettingRow(
                        "LAUNCH_PROFILE",
                        BrowserSettings.LaunchProfile.LEAN,
                        "stock",
                        BrowserSettings.LaunchProfile.STOCK),
                new SettingRow("BROWSER_USER", BrowserSettings.AUTO, "greenroom-browser", "greenroom-browser"),
                new SettingRow("ISOLATION", PoolSettings.Isolation.SESSION, "shared", PoolSettings.Isolation.SHARED),
                new SettingRow("WARM_BROWSERS", 2, "5", 5),
                new SettingRow("BROWSER_REUSE", 20, "1", 1),
                seconds("BROWSER_LAUNCH_TIMEOUT", 30, "1m", 60),
                new SettingRow(
                        "DRIVER_ISOLATION",
                        PoolSettings.DriverIsolation.TENANT,
                        "worker",
                        PoolSettings.DriverIsolation.WORKER),
                new SettingRow("DRIVER_HOSTS", 0, "3", 3),
                new SettingRow("MAX_DRIVERS", 0, "12", 12),
                new SettingRow("MAX_WORKER_MEMORY", NONE, "1536 MiB", Optional.of(new ByteSize(1536L << 20))),
                new SettingRow("MEMORY_PRESSURE_PERCENT", 90, "75", 75),
                new SettingRow("BLOCK_PRIVATE_NETWORK", false, "true", true),
                bytes("MAX_CLIENT_MESSAGE", 100 << 20, "64k", 64 << 10),
                new SettingRow("MAX_CLIENT_MESSAGE_RATE", 20_000, "100", 100),
                bytes("MAX_CLIENT_DATA_RATE", 256 << 20, "100m", 100 << 20),
                bytes("MAX_BROWSER_MESSAGE", 256 << 20, "100m", 100 << 20),
                bytes("MAX_CLIENT_BACKLOG", 64 << 20, "128k", 128 << 10),
                bytes("MAX_CONSOLE_TEXT", 256 << 10, "1k", 1 << 10),
                new SettingRow("MAX_CONSOLE_RATE", 1000, "5", 5),
                bytes("MAX_FETCH_BODY", 256 << 20, "1m", 1 << 20),
                bytes("MAX_FETCH_BODIES", 512 << 20, "2m", 2 << 20),
                bytes("MAX_SESSION_DOWNLOADS", 2L << 30, "3m", 3 << 20),
                bytes("MAX_SESSION_DISK", 4L << 30, "4m", 4 << 20),
                new SettingRow("MAX_DRIVER_HEAP_PERCENT", 50, "90", 90),
                new SettingRow("TIMELINE_CALLS", 200, "0", 0),
                new SettingRow("TIMELINE_DETAILS", false, "true", true),
                new SettingRow("PLAYWRIGHT_VERSIONS", new SupportedVersions.Any(), "1.65, 1.62", versions()),
                new SettingRow("RECORD_SESSIONS", RecordedSessions.NONE, "failed", RecordedSessions.FAILED),
                new SettingRow(
                        "RECORDINGS_DIR",
                        HOME.resolve(".cache/greenroom-recordings"),
                        "/var/recordings",
                        Path.of("/var/recordings")),
                seconds("RECORDINGS_KEEP", 24 * 3600, "1h", 3600),
                bytes("RECORDINGS_MAX_SIZE", 2L << 30, "4m", 4 << 20),
                new SettingRow("DRIVER_STORE", HOME.resolve(".cache/greenroom"), "/var/store", Path.of("/var/store")),
                seconds("DRIVER_FETCH_TIMEOUT", 60, "90s", 90),
                seconds("DRIVER_HANG_TIMEOUT", 10, "20s", 20),
                new SettingRow("DRIVER_HEAP", NONE, "1g", Optional.of(new ByteSize(1L << 30))),
                seconds("DRAIN_TIMEOUT", 30, "0", 0),
                new SettingRow("RECYCLE", RecycleMode.RENEW, "Exit", RecycleMode.EXIT),
                new SettingRow("RECYCLE_DRAIN_TIMEOUT", NONE, "2h", Optional.of(Duration.ofHours(2))),
                new SettingRow("WARM_UP", NONE, "false", Optional.of("false")),
                new SettingRow(
                        "GREENROOM_URL",
                        "ws://localhost:8080",
                        "https://grid.example/east",
                        "https://grid.example/east"),
                secret("GREENROOM_TOKEN", Canary.secret("tool")),
                new SettingRow("GREENROOM_CA", NONE, "~/ca.pem", Optional.of(HOME.resolve("ca.pem"))));
    }

    private static SettingRow bytes(String name, long fallback, String sample, long value) {
        return new SettingRow(name, new ByteSize(fallback), sample, new ByteSize(value));
    }

    private static SettingRow seconds(String name, int fallback, String sample, int value) {
        return new SettingRow(name, Duration.ofSeconds(fallback), sample, Duration.ofSeconds(value));
    }

    private static SettingRow optional(String name, String sample) {
        return new SettingRow(name, NONE, sample, Optional.of(sample));
    }

    private static SettingRow secret(String name, String sample) {
        return new SettingRow(name, NONE, sample, Optional.of(new Secret(sample)));
    }

    private static List<String> origins() {
        return List.of("https://ci.example", "http://localhost:3000");
    }

    private static List<String> hosts() {
        return List.of("grid.example", "*.grid.example");
    }

    private static List<String> ranges() {
        return List.of("10.1.0.0/16", "fd00::/8");
    }

    private static SupportedVersions versions() {
        return new SupportedVersions.Only(List.of(new PlaywrightVersion(1, 62), new PlaywrightVersion(1, 65)));
    }
}
