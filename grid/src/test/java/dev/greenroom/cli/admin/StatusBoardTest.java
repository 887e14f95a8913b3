package dev.greenroom.cli.admin;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.cli.api.FakeGrid;
import dev.greenroom.cli.api.GridApi;
import dev.greenroom.cli.api.GridApi.GridState;
import dev.greenroom.cli.terminal.Terminal;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(30)
final class StatusBoardTest {
    private static final Instant NOW = Instant.parse("2026-11-21T13:20:00Z");

    @Test
    void everything_has_its_place() throws Exception {
        var lines = lines(new Terminal(false, false, 88, 24), two());

        assertThat(String.join("\n", lines)).isEqualTo("""
                greenroom ws://grid:8080

                BROWSER   WORKERS  ACTIVE                FREE  WAITING
                chromium        2    5/10  ██████░░░░░░     5        2
                all             2    5/10  ██████░░░░░░     5        2

                WORKER              STATUS     ACTIVE  LIFETIME                AGE  HEARTBEAT
                chromium:a1b2c3d4   available     3/5  █████████░░░  37/50  3h 20m         3s
                chromium:e5f6g7h80  draining      2/5  ████████████  50/50  3h 20m         3s""");
    }

    @ParameterizedTest
    @ValueSource(ints = {20, 27, 40, 61, 80, 99, 200})
    void no_line_is_wider_than_the_terminal(int columns) throws Exception {
        var lines = lines(new Terminal(true, false, columns, 24), two());

        assertThat(lines).allSatisfy(line -> assertThat(line.length()).isLessThanOrEqualTo(columns));
        assertThat(lines.getLast()).startsWith("chromium:e5f6g7h80");
    }

    @Test
    void colours_are_for_terminals_only_and_take_no_room() throws Exception {
        var plain = lines(new Terminal(true, false, 80, 24), two());
        var coloured = lines(new Terminal(true, true, 80, 24), two());

        assertThat(String.join("", coloured)).contains("\u001b[32m");
        assertThat(coloured.stream()
                        .map(line -> line.replaceAll("\u001b\\[\\d+m", "").stripTrailing()))
                .isEqualTo(plain);
    }

    @Test
    void a_silent_registry_and_a_grid_without_workers_are_said_in_words() throws Exception {
        var body = FakeGrid.overview(0).replace("true,\"ageMillis\":5", "false,\"ageMillis\":65000");

        assertThat(lines(new Terminal(false, false, 80, 24), body))
                .contains("The registry does not answer; this state is 1m old.", "No worker is registered.");
    }

    @Test
    void a_line_says_it_for_logs() throws Exception {
        assertThat(new StatusBoard("ws://grid", state(two()), NOW).line())
                .isEqualTo("2026-11-21T13:20:00Z active=5 slots=10 available=5 waiting=2 workers=2 draining=1 suspect=0"
                        + " sessions_here=1 registry=ok");
    }

    private static String two() {
        return FakeGrid.overview(
                5,
                FakeGrid.worker("chromium:a1b2c3d4", "available", 3, 37),
                FakeGrid.worker("chromium:e5f6g7h80", "draining", 2, 50));
    }

    private static List<String> lines(Terminal terminal, String body) throws Exception {
        return new StatusBoard("ws://grid:8080", state(body), NOW).lines(terminal);
    }

    private static GridState state(String body) throws Exception {
        try (var grid = FakeGrid.start().on("GET /v1/overview", 200, body);
                var api = GridApi.of(grid.settings())) {
            return GridState.ask(api);
        }
    }
}
