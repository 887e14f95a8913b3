package dev.greenroom.config;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.config.CommandSettings.LogSettings.LogLevel;
import dev.greenroom.config.CommandSettings.ProxySettings;
import dev.greenroom.config.CommandSettings.UpSettings;
import dev.greenroom.config.CommandSettings.WorkerSettings;
import dev.greenroom.config.SettingsReader.SettingsResult;
import dev.greenroom.config.SettingsReader.SettingsResult.EffectiveSetting;
import dev.greenroom.config.SettingsReader.SettingsResult.EffectiveSetting.SettingSource;
import dev.greenroom.testkit.Canary;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SettingsReaderTest {
    private final SettingsReader reader = CommandSettings.reader(Path.of("/home/ada"));

    @TempDir
    private Path folder;

    @Test
    void a_flag_counts_over_the_environment() {
        var environment = Map.of("PORT", "9001", "MAX_QUEUE_SIZE", "7");

        var reading = up(environment, Map.of("PORT", "9002"));

        assertThat(settings(reading).listen().port()).isEqualTo(9002);
        assertThat(effective(reading))
                .contains(new EffectiveSetting("PORT", "9002", SettingSource.FLAG))
                .contains(new EffectiveSetting("MAX_QUEUE_SIZE", "7", SettingSource.ENVIRONMENT))
                .contains(new EffectiveSetting("LOG_LEVEL", "info", SettingSource.DEFAULT));
    }

    @Test
    void empty_and_blank_texts_count_as_not_given() {
        var reading = up(Map.of("PORT", "", "BROWSER_CHANNEL", "  ", "LOG_LEVEL", " warn "), Map.of("PORT", ""));

        assertThat(settings(reading).listen().port()).isEqualTo(8080);
        assertThat(settings(reading).browser().channel()).isEmpty();
        assertThat(settings(reading).log().level()).isEqualTo(LogLevel.WARN);
    }

    @Test
    void everything_that_is_wrong_is_said_at_once_in_the_order_of_the_reference() {
        var environment = Map.of(
                "LOG_LEVEL", "loud",
                "MAX_QUEUE_SIZE", "-1",
                "PORT", "eighty",
                "WORKER_SELECT_TIMEOUT", "2h",
                "LEASE_TTL", "14s");

        var problems = problems(ProxySettings.class, environment);

        assertThat(problems)
                .containsExactly(
                        "PORT=eighty: must be a whole number",
                        "REDIS_URL: is missing, set the address of Redis, for example redis://localhost:6379"
                                + " (or set REDIS_HOST)",
                        "WORKER_SELECT_TIMEOUT=2h: must be 1s to 1h, set MAX_QUEUE_SIZE=0 to refuse clients without waiting",
                        "MAX_QUEUE_SIZE=-1: must be 0 or more",
                        "LEASE_TTL=14s: must be at least 3 × LEASE_RENEW_INTERVAL (5s), raise it or lower LEASE_RENEW_INTERVAL",
                        "LOG_LEVEL=loud: must be debug, info, warn or error");
    }

    @Test
    void what_follows_from_another_mistake_is_not_said() {
        var environment = Map.of("REDIS_URL", "http://redis", "LEASE_RENEW_INTERVAL", "often", "LEASE_TTL", "1s");

        var problems = problems(ProxySettings.class, environment);

        assertThat(problems).hasSize(2);
        assertThat(problems.get(0)).startsWith("REDIS_URL=******: must be redis://");
        assertThat(problems.get(1)).startsWith("LEASE_RENEW_INTERVAL=often: must be seconds");
    }

    @Test
    void a_secret_may_be_given_as_a_file_and_loses_one_newline_at_its_end() throws IOException {
        var file = Files.writeString(folder.resolve("password"), " " + Canary.secret("redis") + "\n\n");
        var environment = Map.of("REDIS_HOST", "redis", "REDIS_PASSWORD_FILE", file.toString());

        var reading = read(ProxySettings.class, environment, Map.of());

        assertThat(valid(reading).settings().redis().password())
                .contains(new Secret(" " + Canary.secret("redis") + "\n"));
        assertThat(valid(reading).effective())
                .contains(new EffectiveSetting("REDIS_PASSWORD", "******", SettingSource.FILE));
    }

    @Test
    void a_flag_counts_over_a_file_in_the_environment() {
        var environment = Map.of("REDIS_HOST", "redis", "REDIS_PASSWORD_FILE", "/not/there");

        var reading = read(ProxySettings.class, environment, Map.of("REDIS_PASSWORD", Canary.secret("redis")));

        assertThat(valid(reading).settings().redis().password()).contains(new Secret(Canary.secret("redis")));
    }

    @Test
    void a_file_that_cannot_be_read_or_is_empty_is_refused() throws IOException {
        var empty = Files.createFile(folder.resolve("empty"));
        var environment = Map.of("REDIS_PASSWORD_FILE", "/not/there", "REDIS_URL_FILE", empty.toString());

        var problems = problems(ProxySettings.class, environment);

        assertThat(problems)
                .containsExactly(
                        "REDIS_URL_FILE=" + empty + ": must name a file of 1 to 65536 bytes that is not blank",
                        "REDIS_PASSWORD_FILE=/not/there: cannot be read (NoSuchFileException), check path and permissions");
    }

    @Test
    void a_secret_beside_its_file_is_refused() {
        var environment = Map.of("REDIS_HOST", "redis", "REDIS_PASSWORD", "a", "REDIS_PASSWORD_FILE", "b");

        var problems = problems(ProxySettings.class, environment);

        assertThat(problems)
                .containsExactly("REDIS_PASSWORD: is set together with REDIS_PASSWORD_FILE, set only one of them");
    }

    @Test
    void a_secret_shows_nowhere() {
        var environment = Map.of("REDIS_URL", "redis://ada:s3cret@redis:6379", "PORT", "x");

        var reading = read(WorkerSettings.class, environment, Map.of());
        var working = read(WorkerSettings.class, Map.of("REDIS_URL", "redis://ada:s3cret@redis:6379"), Map.of());

        assertThat(reading.toString()).doesNotContain("s3cret");
        assertThat(working.toString()).doesNotContain("s3cret").contains("******");
    }

    @Test
    void durations_are_seconds_or_have_a_unit() {
        var texts = List.of("5", "5s", "500ms", "2m", "1h", "0", "8760h");

        var durations = texts.stream().map(DurationText::parse).map(Optional::orElseThrow);

        assertThat(durations)
                .containsExactly(
                        Duration.ofSeconds(5),
                        Duration.ofSeconds(5),
                        Duration.ofMillis(500),
                        Duration.ofMinutes(2),
                        Duration.ofHours(1),
                        Duration.ZERO,
                        Duration.ofDays(365));
    }

    @Test
    void what_is_not_a_duration_is_refused() {
        var texts = List.of("-1", "1.5s", "s", "1d", "8761h", "99999999999", "5 s s", "٥");

        assertThat(texts)
                .allSatisfy(text -> assertThat(DurationText.parse(text)).isEmpty());
    }

    @Test
    void durations_are_shown_as_they_are_read() {
        var texts = List.of("0s", "500ms", "90s", "2m", "1h", "90m");

        assertThat(texts)
                .allSatisfy(text -> assertThat(
                                DurationText.show(DurationText.parse(text).orElseThrow()))
                        .isEqualTo(text));
    }

    @Test
    void off_switches_an_optional_duration_off() {
        var settings = settings(up(Map.of("SESSION_TIMEOUT", "OFF"), Map.of()));

        assertThat(settings.relay().sessionTimeout()).isEmpty();
        assertThat(problems(UpSettings.class, Map.of("PING_INTERVAL", "off", "IDLE_TIMEOUT", "never")))
                .allSatisfy(problem -> assertThat(problem).contains("must be seconds, or a duration"));
    }

    @Test
    void a_tilde_stands_for_the_home_folder_only_at_the_beginning_of_a_path() {
        var home = settings(up(Map.of("DRIVER_STORE", "~"), Map.of()));
        var other = settings(up(Map.of("DRIVER_STORE", "/opt/~/x"), Map.of()));

        assertThat(home.driver().store()).isEqualTo(Path.of("/home/ada"));
        assertThat(other.driver().store()).isEqualTo(Path.of("/opt/~/x"));
    }

    @Test
    void a_variable_that_is_nearly_a_setting_is_warned_about() {
        var environment = Map.of("REDIS_URI", "redis://redis", "MAX_QEUE_SIZE", "7", "PATH", "/bin", "BROWSER", "x");

        var reading = read(ProxySettings.class, environment, Map.of());

        assertThat(reading.warnings())
                .containsExactly(
                        "MAX_QEUE_SIZE: no setting has this name, did you mean MAX_QUEUE_SIZE?",
                        "REDIS_URI: no setting has this name, did you mean REDIS_URL?");
    }

    @Test
    void a_setting_of_another_command_is_passed_over() {
        assertThat(up(Map.of("REDIS_URL", "nonsense", "HEARTBEAT_INTERVAL", "x"), Map.of())
                        .warnings())
                .isEmpty();
    }

    @Test
    void a_service_link_of_kubernetes_is_not_taken_for_a_setting() {
        var environment = Map.of("REDIS_HOST", "redis", "REDIS_PORT", "tcp://10.0.0.7:6379");

        var reading = read(WorkerSettings.class, environment, Map.of());

        assertThat(valid(reading).settings().redis().port()).isEqualTo(6379);
        assertThat(reading.warnings()).singleElement().asString().contains("Kubernetes service link");
    }

    @Test
    void a_value_cannot_break_the_line_of_its_message() {
        var problems = problems(UpSettings.class, Map.of("PORT", "1\n2\u2028" + "9".repeat(300)));

        assertThat(problems)
                .singleElement()
                .asString()
                .hasLineCount(1)
                .startsWith("PORT=1?2?999")
                .hasSizeLessThan(250);
    }

    private SettingsResult<UpSettings> up(Map<String, String> environment, Map<String, String> flags) {
        return read(UpSettings.class, environment, flags);
    }

    private <S extends CommandSettings> SettingsResult<S> read(
            Class<S> root, Map<String, String> environment, Map<String, String> flags) {
        return reader.read(root, environment, flags);
    }

    private List<String> problems(Class<? extends CommandSettings> root, Map<String, String> environment) {
        return switch (reader.read(root, environment, Map.of())) {
            case SettingsResult.Valid<?> valid -> throw new AssertionError(valid);
            case SettingsResult.Invalid<?> invalid -> invalid.problems();
        };
    }

    private static <S extends CommandSettings> SettingsResult.Valid<S> valid(SettingsResult<S> reading) {
        return switch (reading) {
            case SettingsResult.Valid<S> valid -> valid;
            case SettingsResult.Invalid<S> invalid -> throw new AssertionError(invalid.problems());
        };
    }

    private static UpSettings settings(SettingsResult<UpSettings> reading) {
        return valid(reading).settings();
    }

    private static List<EffectiveSetting> effective(SettingsResult<UpSettings> reading) {
        return valid(reading).effective();
    }
}
