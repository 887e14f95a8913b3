package dev.greenroom.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.cli.Commands.CommandLauncher;
import dev.greenroom.cli.Commands.CommandLauncher.CommandStart;
import dev.greenroom.cli.Commands.ExitCodes;
import dev.greenroom.cli.Commands.LogStarter;
import dev.greenroom.config.CommandSettings;
import dev.greenroom.config.CommandSettings.DrainCommandSettings;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class ToolCommandsTest {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();
    private final Map<String, String> environment = new HashMap<>();
    private final List<Object> events = new ArrayList<>();

    @Test
    void a_tool_has_flags_without_variables_and_a_word_that_is_none() {
        environment.put("GREENROOM_URL", "wss://grid.example");

        var code = run("drain", "--wait", "chromium:abc", "--timeout=90s");

        assertThat(code).isEqualTo(7);
        assertThat(events).singleElement().isInstanceOfSatisfying(DrainCommandSettings.class, drain -> {
            assertThat(drain.grid().http()).hasToString("https://grid.example");
            assertThat(drain.order().worker()).isEqualTo("chromium:abc");
            assertThat(drain.order().await()).isTrue();
            assertThat(drain.order().timeout()).isEqualTo(Duration.ofSeconds(90));
        });
    }

    @Test
    void a_tool_that_lacks_a_word_or_is_told_nonsense_starts_nothing() {
        assertThat(run("drain")).isEqualTo(ExitCodes.USAGE);
        assertThat(run("status", "--url=ftp://grid", "--interval=1ms")).isEqualTo(ExitCodes.USAGE);

        assertThat(events).isEmpty();
        assertThat(err.toString())
                .contains(
                        "greenroom drain: Missing required parameter: 'WORKER'",
                        """
                greenroom status: 2 settings are wrong, nothing was started
                  --url=ftp://grid: must be ws://host:port,""",
                        "\n  --interval=1ms: must be 200ms or more\n");
    }

    @Test
    void the_help_of_a_tool_tells_flags_with_variables_from_those_without() {
        run("drain", "--help");

        assertThat(out.toString())
                .contains(
                        "Usage: greenroom drain [OPTIONS] WORKER\n",
                        """

                Grid:
                      --url=TEXT           Address of the grid, the same that clients use: ws, wss, http or https.
                                             [GREENROOM_URL; default ws://localhost:8080]
                      --token=TEXT         Access token for the grid, where it requires one. [GREENROOM_TOKEN]
                      --token-file=PATH    A file that holds the value. [GREENROOM_TOKEN_FILE]
                """,
                        """

                Drain:
                      --wait               Wait until the worker is gone.
                      --timeout=DURATION   Time limit for --wait, over 0; the exit code is 1 when it is exceeded.
                                             [default 5m]
                """,
                        "\n   1   the order failed, or the worker did not exit in time\n");
    }

    private int run(String... arguments) {
        CommandStart<CommandSettings> start = settings -> {
            events.add(settings);
            return 7;
        };
        LogStarter noLog = _ -> {
            throw new AssertionError("a tool has no log");
        };
        var launcher = new CommandLauncher(
                start::run,
                start::run,
                start::run,
                new CommandLauncher.ToolLaunches(start::run, start::run, start::run, start::run));
        return new Commands(
                        launcher,
                        noLog,
                        environment,
                        Path.of("/home/ada"),
                        "1.2.3",
                        new PrintWriter(out, true),
                        new PrintWriter(err, true))
                .run(List.of(arguments));
    }
}
