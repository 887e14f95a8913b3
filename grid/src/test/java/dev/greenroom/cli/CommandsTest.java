package dev.greenroom.cli;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import dev.greenroom.cli.Commands.CommandLauncher;
import dev.greenroom.cli.Commands.CommandLauncher.CommandStart;
import dev.greenroom.cli.Commands.ExitCodes;
import dev.greenroom.cli.Commands.LogStarter;
import dev.greenroom.config.CommandSettings;
import dev.greenroom.config.CommandSettings.LogSettings;
import dev.greenroom.config.CommandSettings.LogSettings.LogFormat;
import dev.greenroom.config.CommandSettings.LogSettings.LogLevel;
import dev.greenroom.config.CommandSettings.ProxySettings;
import dev.greenroom.config.CommandSettings.UpSettings;
import dev.greenroom.config.CommandSettings.WorkerSettings;
import dev.greenroom.config.Secret;
import dev.greenroom.config.SettingsCatalog;
import dev.greenroom.config.SettingsCatalog.SettingDescription;
import dev.greenroom.testkit.LoggedLines;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

final class CommandsTest {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();
    private final Map<String, String> environment = new HashMap<>();
    private final List<Object> events = new ArrayList<>();

    @TempDir
    private Path folder;

    @Test
    void the_help_names_every_command() {
        var code = run("--help");

        assertThat(code).isEqualTo(ExitCodes.OK);
        assertThat(out.toString())
                .startsWith("Usage: greenroom [-hV] COMMAND\nA self-hosted browser grid for Playwright.\n")
                .contains("\n  up      Run a whole grid in one process: proxy and workers, no Redis.\n")
                .contains("\n  proxy   Run the proxy that")
                .contains("\n  worker  Run a worker")
                .contains("\n  status  Show the workers, sessions and queue of a grid.\n")
                .contains("\n  drain   Let a worker finish its sessions, accept no new ones, and exit.\n");
    }

    @Test
    void the_version_is_that_of_the_surroundings() {
        var code = run("--version");

        assertThat(code).isEqualTo(ExitCodes.OK);
        assertThat(out.toString()).isEqualTo("greenroom 1.2.3\n");
    }

    @Test
    void the_help_of_a_command_groups_its_settings_with_their_defaults_and_variables() {
        run("proxy", "--help");

        assertThat(out.toString()).contains("""

                Queue:
                      --worker-select-timeout=DURATION       Seconds that a client waits for a free slot, 1s to 1h.
                                                               A response can take WORKER_HANDSHAKE_TIMEOUT + 3s
                                                               longer; the timeouts of clients and load balancers
                                                               must be longer than that. [WORKER_SELECT_TIMEOUT;
                                                               default 5]
                      --max-queue-size=NUMBER                Queued clients per proxy, 0 or more; 0 disables the
                                                               queue: without a free slot, clients are refused at
                                                               once. [MAX_QUEUE_SIZE; default 1000]

                """, """
                      --redis-password=TEXT                  Password, with REDIS_HOST. [REDIS_PASSWORD]
                      --redis-password-file=PATH             A file that holds the value. [REDIS_PASSWORD_FILE]
                """, """

                Exit codes:
                   0   done, or stopped as asked
                   1   could not start, or could not continue
                   2   a flag or a setting is wrong; nothing was started
                """);
    }

    @ParameterizedTest
    @MethodSource("settings")
    void the_help_shows_every_setting(String command, SettingDescription entry) {
        run(command, "--help");

        // A line may end within a name or an address: after its dots, colons and hyphens.
        assertThat(withoutSpace(out.toString()))
                .contains(withoutSpace(entry.flag() + "=" + entry.valueLabel() + entry.meaning() + "[" + entry.name()))
                .contains(withoutSpace(
                        entry.fallback().isEmpty()
                                ? entry.name() + "]"
                                : entry.name() + "; default " + entry.fallback()));
    }

    private static String withoutSpace(String text) {
        return text.replaceAll("\\s+", "");
    }

    @Test
    void a_command_starts_with_its_settings_while_the_log_is_open() {
        environment.put("MAX_QUEUE_SIZE", "7");
        environment.put("PORT", "9001");

        var code = run("up", "--port", "9002", "--log-format=json");

        assertThat(code).isEqualTo(7);
        assertThat(events).hasSize(3);
        assertThat(events.getFirst())
                .isInstanceOfSatisfying(
                        LogSettings.class, log -> assertThat(log.format()).isEqualTo(LogFormat.JSON));
        assertThat(events.get(1)).isInstanceOfSatisfying(UpSettings.class, up -> {
            assertThat(up.listen().port()).isEqualTo(9002);
            assertThat(up.queue().maxQueueSize()).isEqualTo(7);
        });
        assertThat(events.getLast()).isEqualTo("log closed");
    }

    @Test
    void each_command_has_its_own_settings() {
        environment.put("REDIS_HOST", "redis");

        run("proxy");
        run("worker");

        assertThat(events).hasAtLeastOneElementOfType(ProxySettings.class);
        assertThat(events).hasAtLeastOneElementOfType(WorkerSettings.class);
    }

    @Test
    void a_secret_may_come_from_a_file_that_a_flag_names() throws IOException {
        var file = Files.writeString(folder.resolve("url"), "redis://:s3cret@redis\n");

        run("worker", "--redis-url-file", file.toString());

        assertThat(events.get(1))
                .isInstanceOfSatisfying(
                        WorkerSettings.class,
                        worker -> assertThat(worker.redis().url()).contains(new Secret("redis://:s3cret@redis")));
    }

    @Test
    void all_wrong_settings_are_named_at_once_and_nothing_starts() {
        environment.put("REDIS_URI", "redis://redis");
        environment.put("LOG_FORMAT", "text");

        var code = run("worker", "--port=high", "--headless=perhaps");

        assertThat(code).isEqualTo(ExitCodes.USAGE);
        assertThat(events).isEmpty();
        assertThat(err.toString()).isEqualTo("""
                        greenroom worker: 3 settings are wrong, nothing was started
                          --port=high: must be a whole number
                          REDIS_URL: is missing, set the address of Redis, for example redis://localhost:6379 \
                        (or set REDIS_HOST)
                          --headless=perhaps: must be true or false
                          (REDIS_URI: no setting has this name, did you mean REDIS_URL?)
                        """);
    }

    @Test
    void wrong_settings_are_a_line_of_the_log_where_the_log_is_for_machines() {
        try (var lines = LoggedLines.of("dev.greenroom.cli")) {
            var code = run("worker", "--port=high");

            assertThat(code).isEqualTo(ExitCodes.USAGE);
            assertThat(err.toString()).isEmpty();
            assertThat(lines.withCode("SETTINGS_WRONG"))
                    .singleElement()
                    .asString()
                    .startsWith("ERROR greenroom worker: 2 settings are wrong, nothing was started")
                    .contains("--port=high: must be a whole number", "REDIS_URL: is missing");
        }
        assertThat(events).containsExactly(new LogSettings(LogLevel.INFO, LogFormat.JSON), "log closed");
    }

    @Test
    void what_is_probably_a_slip_is_in_the_log_before_the_service_starts() {
        environment.put("MAX_CONCURENT_SESSIONS", "5");
        try (var lines = LoggedLines.of("dev.greenroom.cli")) {
            commands(_ -> {
                        events.addAll(lines.codesFrom(Level.WARN));
                        return ExitCodes.OK;
                    })
                    .run(List.of("up"));
        }
        assertThat(events).contains("setting-is-doubtful");
    }

    @Test
    void a_failure_is_a_line_of_the_log_where_the_log_is_for_machines() {
        environment.put("LOG_FORMAT", "JSON");
        try (var lines = LoggedLines.of("dev.greenroom.cli")) {
            var code = commands(_ -> {
                        throw new IOException("port 8080 is taken, choose another with PORT");
                    })
                    .run(List.of("up"));

            assertThat(code).isEqualTo(ExitCodes.FAILED);
            assertThat(err.toString()).isEmpty();
            assertThat(lines.withCode("COMMAND_FAILED"))
                    .singleElement()
                    .asString()
                    .startsWith("ERROR greenroom up failed")
                    .contains("port 8080 is taken, choose another with PORT");
        }
    }

    @Test
    void an_unknown_flag_or_command_is_a_mistake_in_usage() {
        assertThat(run("up", "--prot=1")).isEqualTo(ExitCodes.USAGE);
        assertThat(run("down")).isEqualTo(ExitCodes.USAGE);

        assertThat(err.toString())
                .contains("greenroom up: Unknown option: '--prot=1'")
                .contains("greenroom up --help shows the commands and flags.")
                .contains("greenroom: Unmatched argument at index 0: 'down'");
    }

    @Test
    void a_misspelt_flag_gets_a_suggestion() {
        assertThat(run("up", "--max-queue-sise=7")).isEqualTo(ExitCodes.USAGE);

        assertThat(err.toString())
                .startsWith("greenroom up: Unknown option: '--max-queue-sise=7'\nPossible solutions: ")
                .contains("--max-queue-size,");
    }

    @Test
    void no_command_shows_the_help_and_is_a_mistake_in_usage() {
        assertThat(run()).isEqualTo(ExitCodes.USAGE);

        assertThat(err.toString()).startsWith("Usage: greenroom");
    }

    @Test
    void a_command_that_fails_says_one_sentence() {
        var code = commands(_ -> {
                    throw new IOException("port 8080 is taken, choose another with PORT\n\tat nowhere");
                })
                .run(List.of("up"));

        assertThat(code).isEqualTo(ExitCodes.FAILED);
        assertThat(err.toString()).isEqualTo("greenroom up: port 8080 is taken, choose another with PORT\n");
        assertThat(events).last().isEqualTo("log closed");
    }

    @Test
    void a_failure_without_words_is_named_by_its_kind() {
        commands(_ -> {
                    throw new IllegalStateException();
                })
                .run(List.of("up"));

        assertThat(err.toString()).isEqualTo("greenroom up: IllegalStateException\n");
    }

    @Test
    void a_bug_is_reported_in_one_line() {
        LogStarter broken = _ -> {
            throw new IllegalStateException("no stream");
        };

        var code = commands(launches(_ -> 7), broken).run(List.of("up"));

        assertThat(code).isEqualTo(ExitCodes.FAILED);
        assertThat(err.toString())
                .isEqualTo("greenroom up: this is a bug in Greenroom, please report it:"
                        + " java.lang.IllegalStateException: no stream\n");
    }

    static Stream<Arguments> settings() {
        return Stream.of(
                        Map.entry("up", UpSettings.class),
                        Map.entry("proxy", ProxySettings.class),
                        Map.entry("worker", WorkerSettings.class))
                .flatMap(command -> SettingsCatalog.of(command.getValue())
                        .settings()
                        .map(entry -> Arguments.of(command.getKey(), entry)));
    }

    private int run(String... arguments) {
        return commands(settings -> {
                    events.add(settings);
                    return 7;
                })
                .run(List.of(arguments));
    }

    private Commands commands(CommandStart<CommandSettings> start) {
        LogStarter logStarter = settings -> {
            events.add(settings);
            return () -> events.add("log closed");
        };
        return commands(launches(start), logStarter);
    }

    private static CommandLauncher launches(CommandStart<CommandSettings> start) {
        return new CommandLauncher(start::run, start::run, start::run);
    }

    private Commands commands(CommandLauncher launcher, LogStarter logStarter) {
        return new Commands(
                launcher,
                logStarter,
                environment,
                folder,
                "1.2.3",
                new PrintWriter(out, true),
                new PrintWriter(err, true));
    }
}
