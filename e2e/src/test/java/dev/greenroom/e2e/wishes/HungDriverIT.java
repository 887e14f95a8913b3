package dev.greenroom.e2e.wishes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.greenroom.e2e.client.NodeClient;
import dev.greenroom.e2e.grid.LogLine;
import dev.greenroom.e2e.grid.TestSite;
import dev.greenroom.e2e.grid.UpGrid;
import dev.greenroom.e2e.process.Program;
import dev.greenroom.e2e.wire.HeldSession;
import dev.greenroom.e2e.wire.Http;
import dev.greenroom.testkit.Canary;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Drivers that a client stops or fills: the driver ends with its sessions, and another tenant of the same
/// version notices nothing.
class HungDriverIT {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final String ATTACKER = Canary.secret("attacker-token");
    private static final String NEIGHBOUR = Canary.secret("neighbour-token");
    private static final String HEADER = "Authorization: Bearer " + ATTACKER;

    private static UpGrid grid;
    private static TestSite site;

    @TempDir
    private Path folder;

    @BeforeAll
    static void open() {
        site = TestSite.open();
        grid = UpGrid.start(Map.of(
                "AUTH_TOKENS", "attacker:" + ATTACKER + " scope=connect+read,neighbour:" + NEIGHBOUR,
                "WARM_BROWSERS", "1",
                "WORKER_SELECT_TIMEOUT", "25",
                "DRIVER_HANG_TIMEOUT", "5s",
                "DRIVER_HEAP", "128m"));
    }

    @AfterAll
    static void close() {
        site.close();
        grid.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"1.40.0", "1.58.2", "1.65.1"})
    void FW18_a_pattern_that_hangs_a_driver_ends_its_session_and_others_are_served_meanwhile(String version)
            throws Exception {
        var until = folder.resolve("until");
        var client = NodeClient.of(version);
        try (var neighbour = client.start("answered.mjs", url(NEIGHBOUR), Map.of("until", until.toString()));
                var attacker = client.start("hang.mjs", url(ATTACKER), Map.of())) {
            awaitAt("/v1/workers", "\"hungDrivers\":1");
            assertThat(titles(client)).isEqualTo("Green room");

            assertThat(answer(attacker)).doesNotContain("\"opened\"");
            assertThat(titles(client)).isEqualTo("Green room");
            Files.createFile(until);
            assertThat(answer(neighbour)).contains("result");
        }
        awaitAt("/v1/workers", "\"hungDrivers\":0");
        awaitAt("/metrics/prometheus", "grid_worker_driver_deaths_total{death=\"hung\"}");
        var hung = lastLine("code=DRIVER_HUNG");
        assertThat(hung.values()).containsEntry("version", version.substring(0, 4));
        var ended = lastLine("ending=\"driver hung\"");
        assertThat(ended.values())
                .containsEntry("sessionId", hung.values().get("sessionId"))
                .containsEntry("closeReason", "disconnected: driver hung");
    }

    @Test
    void FW18_drivers_that_are_stopped_are_ended_and_the_worker_stays_however_many_they_are() throws Exception {
        for (var death = 0; death < 4; death++) {
            try (var session = HeldSession.open(grid.port(), Http.PLAYWRIGHT, HEADER)) {
                signal("STOP");

                var end = session.awaitEnd(PATIENCE);

                assertThat(end.code()).isEqualTo(1011);
                assertThat(end.reason()).isEqualTo("disconnected: driver hung");
            }
        }
        assertThat(grid.program().out().containing("code=WORKER_FAILED")).isEmpty();
        assertThat(titles(NodeClient.of("1.52.0"))).isEqualTo("Green room");
    }

    @Test
    void FW18_a_session_that_fills_the_heap_of_its_driver_ends_for_that_reason() {
        NodeClient.of("1.58.2").run("heap.mjs", url(ATTACKER), Map.of());

        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(
                                lastLine("ending=\"driver out of memory\"").values())
                        .containsEntry("closeReason", "disconnected: driver out of memory"));
        assertThat(titles(NodeClient.of("1.58.2"))).isEqualTo("Green room");
    }

    private static String url(String token) {
        return "ws://any:" + token + "@localhost:" + grid.port();
    }

    /// What a newcomer of the neighbour's sees.
    private static String titles(NodeClient client) {
        return client.run("sessions.mjs", url(NEIGHBOUR), Map.of("site", site.url(), "count", 1))
                .get(0)
                .asString();
    }

    private static String answer(Program client) {
        client.awaitExit(PATIENCE);
        return client.out().text();
    }

    private static void awaitAt(String path, String text) {
        await().atMost(PATIENCE)
                .untilAsserted(() ->
                        assertThat(Http.get(grid.port(), path, HEADER).body()).contains(text));
    }

    private static LogLine lastLine(String text) {
        var lines = grid.program().out().containing(text);
        assertThat(lines).as(text).isNotEmpty();
        return LogLine.ofText(lines.getLast());
    }

    /// Sends a signal to all drivers; one of them may just be ending.
    private static void signal(String name) throws IOException, InterruptedException {
        for (var line : grid.family().running()) {
            if (line.contains("host.js")) {
                var pid = line.substring(0, line.indexOf(' '));
                var _ = new ProcessBuilder(List.of("kill", "-" + name, pid))
                        .start()
                        .waitFor();
            }
        }
    }
}
