package dev.greenroom.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.e2e.client.JavaClient;
import dev.greenroom.e2e.grid.Cluster;
import dev.greenroom.e2e.grid.LogLine;
import dev.greenroom.e2e.grid.TestSite;
import dev.greenroom.e2e.grid.UpGrid;
import dev.greenroom.e2e.process.OutputLines;
import dev.greenroom.e2e.wire.HeldSession;
import dev.greenroom.e2e.wire.Http;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SessionLogIT {
    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final List<String> FACTS = List.of(
            "sessionId",
            "worker",
            "browser",
            "playwright",
            "ending",
            "queueMs",
            "selectMs",
            "dialMs",
            "totalMs",
            "bytesFromClient",
            "bytesFromWorker",
            "messagesFromClient",
            "messagesFromWorker");

    @Test
    void the_documented_debug_lines_appear_to_the_letter_in_their_order() {
        try (var grid = UpGrid.start(Map.of("LOG_LEVEL", "debug", "LOG_FORMAT", "text"));
                var session = HeldSession.open(grid.port())) {
            session.leave();

            awaitEnded(grid.program().out(), session.id());

            var lines = grid.program().out().containing(session.id()).stream()
                    .map(line -> LogLine.ofText(line).afterTime())
                    .filter(line -> line.startsWith("level=debug"))
                    .toList();
            assertThat(lines).hasSizeGreaterThanOrEqualTo(5);
            assertThat(lines)
                    .containsSubsequence(List.of(
                            started(lines, "level=debug msg=\"Received WebSocket upgrade request\" browser=chromium"),
                            started(lines, "level=debug msg=\"Selected worker\" worker=chromium:"),
                            started(lines, "level=debug msg=\"Backend connection established\""),
                            started(lines, "level=debug msg=\"Client connection upgraded\""),
                            started(lines, "level=debug msg=\"Starting message relay\"")));
            assertThat(started(lines, "level=debug msg=\"Selected worker\""))
                    .matches("level=debug msg=\"Selected worker\" worker=chromium:\\S+ "
                            + "endpoint=ws://[^/ ]+:\\d+/\\.\\.\\. .*");
        }
    }

    private static String started(List<String> lines, String beginning) {
        return lines.stream()
                .filter(line -> line.startsWith(beginning))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no line begins with " + beginning + " in " + lines));
    }

    @Test
    void a_session_is_one_line_at_its_end_with_everything_in_the_proxy_s_log_and_found_again_in_the_worker_s() {
        var json = Map.of("LOG_LEVEL", "debug", "LOG_FORMAT", "json");
        try (var cluster = Cluster.start(1, json, json);
                var site = TestSite.open();
                var client = JavaClient.start()) {
            var out = cluster.proxy().program().out();
            client.visit(cluster.url(), site.url()).assertComplete();
            var first = LogLine.ofJson(out.await("line of the first session", SessionLogIT::isEnd, PATIENCE));
            var held = HeldSession.open(cluster.port());
            held.close();

            var second = LogLine.ofJson(awaitEnded(out, held.id()));

            assertThat(out.all().stream().filter(SessionLogIT::isEnd)).hasSize(2);
            assertThat(first.values()).containsKeys(FACTS.toArray(String[]::new));
            assertThat(first.get("level")).isEqualTo("info");
            assertThat(first.get("browser")).isEqualTo("chromium");
            assertThat(first.get("worker"))
                    .isEqualTo(cluster.workerKeys().getFirst().substring("worker:".length()));
            assertThat(first.get("playwright")).startsWith("1.62");
            assertThat(first.get("ending")).isEqualTo("client closed");
            assertThat(Double.parseDouble(first.get("totalMs"))).isGreaterThan(Double.parseDouble(first.get("dialMs")));
            assertThat(Long.parseLong(first.get("bytesFromWorker"))).isGreaterThan(TestSite.report().length);
            assertThat(Long.parseLong(first.get("messagesFromClient"))).isGreaterThan(10);
            assertThat(second.get("ending")).isEqualTo("client closed");
            cluster.workers()
                    .getFirst()
                    .program()
                    .out()
                    .await("line about " + held.id(), line -> line.contains(held.id()), PATIENCE);
            assertAllAreJson(out);
            assertAllAreJson(cluster.workers().getFirst().program().out());
        }
    }

    @Test
    void a_refused_client_is_one_line_too_and_its_own_request_id_is_in_it() {
        try (var grid = UpGrid.start(Map.of("LOG_FORMAT", "text"))) {
            var answer =
                    Http.connect(grid.port(), "/?browser=lynx", Http.PLAYWRIGHT, "X-Request-Id: build-42/attempt-1");
            var id = answer.header("X-Request-Id").orElseThrow();

            var line = LogLine.ofText(grid.program().out().await("line about " + id, it -> it.contains(id), PATIENCE));

            assertThat(line.get("status")).isEqualTo("400");
            assertThat(line.get("refusal")).isEqualTo("unknown-browser");
            assertThat(line.get("requestId")).isEqualTo("build-42/attempt-1");
            assertThat(grid.program().out().containing(id)).hasSize(1);
        }
    }

    private static boolean isEnd(String line) {
        return line.contains("Session ended");
    }

    private static String awaitEnded(OutputLines out, String session) {
        return out.await("end of " + session, line -> isEnd(line) && line.contains(session), PATIENCE);
    }

    private static void assertAllAreJson(OutputLines out) {
        assertThat(out.all()).isNotEmpty().allSatisfy(text -> {
            var line = LogLine.ofJson(text);
            assertThat(Instant.parse(line.get("time"))).isBeforeOrEqualTo(Instant.now());
            assertThat(line.get("level")).isIn("debug", "info", "warn", "error");
            assertThat(line.get("msg")).isNotBlank();
        });
    }
}
