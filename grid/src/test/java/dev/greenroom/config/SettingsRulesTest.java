package dev.greenroom.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.greenroom.config.CommandSettings.ProxySettings;
import dev.greenroom.config.CommandSettings.UpSettings;
import dev.greenroom.config.CommandSettings.WorkerSettings;
import dev.greenroom.config.ProxySections.LeaseSettings;
import dev.greenroom.config.ProxySections.RelaySettings;
import dev.greenroom.config.SettingsReader.SettingsResult;
import dev.greenroom.config.SettingsReader.SettingsResult.EffectiveSetting;
import dev.greenroom.config.SettingsRules.InvalidSettingsException;
import dev.greenroom.testkit.Canary;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class SettingsRulesTest {
    private static final Map<String, String> REDIS = Map.of("REDIS_HOST", "redis");

    private final SettingsReader reader = CommandSettings.reader(Path.of("/home/ada"));

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    PORT                     | -1     | must be 0 to 65535
                    PORT                     | 65536  | must be 0 to 65535
                    BIND_ADDRESS             | a b    | must be a host name or an IP address
                    REDIS_HOST               | [::1]  | must be a host name or an IP address
                    REDIS_PORT               | 0      | must be 1 to 65535
                    MAX_CONCURRENT_SESSIONS  | 0      | must be 1 to 4095
                    MAX_CONCURRENT_SESSIONS  | 4096   | must be 1 to 4095
                    MAX_LIFETIME_SESSIONS    | 0      | must be 1 or more
                    WORKER_SELECT_TIMEOUT    | 0      | must be 1s to 1h
                    WORKER_SELECT_TIMEOUT    | 3601   | must be 1s to 1h
                    MAX_QUEUE_SIZE           | -1     | must be 0 or more
                    DEFAULT_BROWSER_TYPE     | opera  | must be chromium, firefox or webkit
                    LEASE_TTL                | 14s    | must be at least 3 × LEASE_RENEW_INTERVAL (5s)
                    LEASE_RENEW_INTERVAL     | 0      | must be over 0
                    REAPER_RUN_INTERVAL      | 0      | must be over 0
                    SHUTDOWN_COMMAND_TTL     | 0      | must be over 0
                    WORKER_DIAL_TIMEOUT      | 0      | must be over 0
                    WORKER_HANDSHAKE_TIMEOUT | 0      | must be over 0
                    PING_INTERVAL            | 0      | must be over 0
                    PEER_TIMEOUT             | 20     | must be over PING_INTERVAL (20s)
                    WRITE_TIMEOUT            | 0      | must be over 0
                    SESSION_TIMEOUT          | 0      | must be over 0, or off
                    IDLE_TIMEOUT             | 0      | must be over 0, or off
                    LOG_FORMAT               | xml    | must be json or text
                    TLS_CERT_FILE            | c.pem  | needs TLS_KEY_FILE too
                    TLS_KEY_FILE             | k.pem  | needs TLS_CERT_FILE too
                    """)
    void a_proxy_refuses(String name, String value, String rule) {
        var problems = problems(ProxySettings.class, with(REDIS, Map.of(name, value)));

        assertThat(problems).singleElement().asString().startsWith(name + "=" + value + ": " + rule);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    PORT                   | 70000  | must be 0 to 65535
                    PRIVATE_HOSTNAME       | a/b    | must be a host name or an IP address
                    HEARTBEAT_INTERVAL     | 0      | must be over 0
                    REDIS_KEY_TTL          | 10     | must be over HEARTBEAT_INTERVAL (10s)
                    REDIS_RETRY_ATTEMPTS   | 0      | must be 1 or more
                    HEADLESS               | maybe  | must be true or false
                    BROWSER_SANDBOX        | maybe  | must be auto, true or false
                    LAUNCH_PROFILE         | fast   | must be lean or stock
                    BROWSER_USER           | root   | must be auto, same, or the name or number of a user other
                    BROWSER_USER           | 0      | must be auto, same, or the name or number of a user other
                    ISOLATION              | none   | must be session or shared
                    WARM_BROWSERS          | -1     | must be 0 or more
                    BROWSER_REUSE          | 0      | must be 1 to 1000
                    WARM_BROWSERS          | 6      | must not be over MAX_CONCURRENT_SESSIONS (5)
                    BROWSER_LAUNCH_TIMEOUT | 0      | must be over 0
                    DRIVER_ISOLATION       | none   | must be tenant, session or worker
                    DRIVER_HOSTS           | 2      | counts only with DRIVER_ISOLATION=worker; unset it, or
                    MAX_DRIVERS            | -1     | must be 0 to 4096
                    PLAYWRIGHT_VERSIONS    | newest | must be any, or a list of versions
                    DRIVER_FETCH_TIMEOUT   | 0      | must be over 0
                    """)
    void a_worker_refuses(String name, String value, String rule) {
        var problems = problems(WorkerSettings.class, with(REDIS, Map.of(name, value)));

        assertThat(problems).singleElement().asString().startsWith(name + "=" + value + ": " + rule);
    }

    @Test
    void a_default_of_warm_browsers_follows_a_lower_cap() {
        var given = with(REDIS, Map.of("MAX_CONCURRENT_SESSIONS", "1"));

        var reading = valid(WorkerSettings.class, given);

        assertThat(reading.settings().pool().warmBrowsers()).isEqualTo(1);
        assertThat(reading.effective())
                .contains(new EffectiveSetting("WARM_BROWSERS", "1", EffectiveSetting.SettingSource.DEFAULT));
    }

    @Test
    void more_warm_browsers_than_sessions_are_refused_where_they_were_asked_for() {
        var given = with(REDIS, Map.of("MAX_CONCURRENT_SESSIONS", "1", "WARM_BROWSERS", "2"));

        assertThat(problems(WorkerSettings.class, given))
                .containsExactly(
                        "WARM_BROWSERS=2: must not be over MAX_CONCURRENT_SESSIONS (1), lower it or raise the limit");
    }

    @Test
    void settings_of_isolation_that_contradict_each_other_are_refused_with_what_to_do() {
        assertThat(problems(
                        WorkerSettings.class,
                        with(REDIS, Map.of("ISOLATION", "shared", "DRIVER_ISOLATION", "session"))))
                .singleElement()
                .asString()
                .startsWith(
                        "DRIVER_ISOLATION=session: shares no driver process between sessions, but ISOLATION=shared");
        assertThat(problems(
                        WorkerSettings.class, with(REDIS, Map.of("MAX_DRIVERS", "4", "DRIVER_ISOLATION", "session"))))
                .singleElement()
                .asString()
                .startsWith(
                        "MAX_DRIVERS=4: must not be under MAX_CONCURRENT_SESSIONS (5) with DRIVER_ISOLATION=session");
        assertThat(problems(
                        WorkerSettings.class,
                        with(REDIS, Map.of("MAX_DRIVERS", "1", "DRIVER_HOSTS", "2", "DRIVER_ISOLATION", "worker"))))
                .containsExactly("DRIVER_HOSTS=2: must not be over MAX_DRIVERS (1), lower it or raise the limit");
    }

    @Test
    void a_default_that_breaks_a_rule_because_of_another_setting_is_shown_with_its_value() {
        assertThat(problems(ProxySettings.class, with(REDIS, Map.of("LEASE_RENEW_INTERVAL", "6s"))))
                .singleElement()
                .asString()
                .startsWith("LEASE_TTL=15s: must be at least 3 × LEASE_RENEW_INTERVAL (6s)");
    }

    @ParameterizedTest
    @CsvSource(textBlock = """
                    redis://redis
                    redis://redis:6379/0
                    redis://ada:p%40ss@redis:6379
                    rediss://[::1]:6380
                    redis://my_redis:6379
                    'redis-sentinel://:pass@a:26379,b:26379/0#main'
                    """)
    void a_redis_url_may_be(String url) {
        assertThat(valid(ProxySettings.class, Map.of("REDIS_URL", url))
                        .settings()
                        .redis()
                        .url())
                .contains(new Secret(url));
    }

    @ParameterizedTest
    @CsvSource(textBlock = """
                    redis
                    redis:6379
                    http://redis:6379
                    redis://
                    redis://:6379
                    'redis://a:1,b:2'
                    redis://redis:port
                    redis://ada:p^ss@redis
                    redis-sentinel://a:26379
                    'rediss-sentinel://a:26379#main'
                    'rediss+sentinel://a:26379#main'
                    """)
    void a_redis_url_may_not_be(String url) {
        assertThat(problems(ProxySettings.class, Map.of("REDIS_URL", url)))
                .singleElement()
                .asString()
                .startsWith("REDIS_URL=******: must be redis://")
                .contains("Sentinel and its servers speak no TLS");
    }

    @Test
    void redis_has_to_be_somewhere() {
        assertThat(problems(WorkerSettings.class, Map.of()))
                .singleElement()
                .asString()
                .startsWith("REDIS_URL: is missing");
    }

    @Test
    void url_and_host_of_redis_may_agree_but_not_differ() {
        var same = Map.of("REDIS_URL", "redis://redis", "REDIS_HOST", "redis");
        var other = Map.of("REDIS_URL", "redis://redis:6380", "REDIS_HOST", "redis");

        assertThat(valid(ProxySettings.class, same).settings().redis().host()).contains("redis");
        assertThat(problems(ProxySettings.class, other))
                .containsExactly("REDIS_HOST=redis: names a different server than REDIS_URL, set only one of them");
    }

    @Test
    void a_password_that_nobody_would_use_is_refused() {
        var given =
                Map.of("REDIS_URL", "redis://redis", "REDIS_PASSWORD", Canary.secret("redis"), "REDIS_USERNAME", "ada");

        assertThat(problems(ProxySettings.class, given))
                .containsExactly(
                        "REDIS_USERNAME=ada: is only for REDIS_HOST, put the user into REDIS_URL",
                        "REDIS_PASSWORD=******: is only for REDIS_HOST, put the password into REDIS_URL");
    }

    @Test
    void times_that_are_allowed_but_unwise_are_warned_about() {
        var proxy = valid(
                ProxySettings.class, with(REDIS, Map.of("SHUTDOWN_COMMAND_TTL", "39", "BIND_ADDRESS", "127.0.0.1")));
        var worker = valid(WorkerSettings.class, with(REDIS, Map.of("REDIS_KEY_TTL", "19")));

        assertThat(proxy.warnings()).singleElement().asString().startsWith("SHUTDOWN_COMMAND_TTL=39: is under 4 ×");
        assertThat(worker.warnings())
                .singleElement()
                .asString()
                .startsWith("REDIS_KEY_TTL=19: is under 2 × HEARTBEAT_INTERVAL (10s)");
    }

    @Test
    void s1_a_grid_that_is_open_to_everybody_is_warned_about_at_every_start() {
        var open = "BIND_ADDRESS=0.0.0.0: lets anyone who can reach this address use browsers, set AUTH_TOKENS";

        assertThat(valid(ProxySettings.class, REDIS).warnings())
                .singleElement()
                .asString()
                .startsWith(open);
        assertThat(valid(UpSettings.class, Map.of("BIND_ADDRESS", "0.0.0.0")).warnings())
                .singleElement()
                .asString()
                .startsWith(open);
        assertThat(valid(UpSettings.class, Map.of()).warnings()).isEmpty();
        assertThat(valid(ProxySettings.class, with(REDIS, Map.of("AUTH_TOKENS", "ci:" + Canary.secret("token"))))
                        .warnings())
                .isEmpty();
    }

    @Test
    void times_that_are_wise_are_not_warned_about() {
        assertThat(valid(
                                ProxySettings.class,
                                with(REDIS, Map.of("SHUTDOWN_COMMAND_TTL", "40", "BIND_ADDRESS", "127.0.0.1")))
                        .warnings())
                .isEmpty();
        assertThat(valid(WorkerSettings.class, with(REDIS, Map.of("REDIS_KEY_TTL", "20")))
                        .warnings())
                .isEmpty();
    }

    @Test
    void the_usual_heartbeat_is_the_default_of_workers() {
        assertThat(valid(WorkerSettings.class, REDIS).settings().presence().heartbeatInterval())
                .isEqualTo(LeaseSettings.USUAL_HEARTBEAT);
    }

    @Test
    void a_record_that_is_made_by_hand_keeps_its_rules() {
        assertThatThrownBy(() -> new RelaySettings(
                        Duration.ofSeconds(2),
                        Duration.ofSeconds(1),
                        Duration.ZERO,
                        Optional.empty(),
                        Optional.empty()))
                .isInstanceOf(InvalidSettingsException.class)
                .hasMessage("PEER_TIMEOUT: must be over PING_INTERVAL (2s), raise it or lower PING_INTERVAL;"
                        + " WRITE_TIMEOUT: must be over 0");
    }

    private <S extends CommandSettings> SettingsResult.Valid<S> valid(Class<S> root, Map<String, String> environment) {
        return switch (reader.read(root, environment, Map.of())) {
            case SettingsResult.Valid<S> valid -> valid;
            case SettingsResult.Invalid<S> invalid -> throw new AssertionError(invalid.problems());
        };
    }

    private List<String> problems(Class<? extends CommandSettings> root, Map<String, String> environment) {
        return switch (reader.read(root, environment, Map.of())) {
            case SettingsResult.Valid<?> valid -> throw new AssertionError(valid);
            case SettingsResult.Invalid<?> invalid -> invalid.problems();
        };
    }

    private static Map<String, String> with(Map<String, String> some, Map<String, String> more) {
        var all = new HashMap<>(some);
        all.putAll(more);
        return all;
    }
}
