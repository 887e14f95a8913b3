package dev.greenroom.cli.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.greenroom.cli.Commands.ExitCodes;
import dev.greenroom.cli.api.FakeGrid;
import dev.greenroom.cli.api.FakeGrid.Reply;
import dev.greenroom.cli.api.GridApi.GridApiException;
import dev.greenroom.cli.terminal.Terminal;
import dev.greenroom.config.CommandSettings.StatusSettings;
import dev.greenroom.config.CommandSettings.StatusSettings.StatusView;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.json.JsonMapper;

@Timeout(30)
final class StatusToolTest {
    private static final Terminal TERMINAL = new Terminal(true, false, 80, 24);
    private static final Terminal PIPE = new Terminal(false, false, 100, 24);

    private static final String SESSIONS = """
            {"sessions":[{"id":"01aa","name":"shop pays","browser":"chromium","worker":"chromium:a","proxy":"10.0.0.2:8080",
              "tenant":"ci","playwright":"1.62","remote":"10.0.0.66","ageSeconds":90,"idleSeconds":45}],"next":"01aa"}""";

    private final StringWriter out = new StringWriter();
    private final CountDownLatch stop = new CountDownLatch(1);
    private final AtomicInteger looks = new AtomicInteger();
    private FakeGrid grid;

    @BeforeEach
    void start() throws IOException {
        grid = FakeGrid.start();
    }

    @AfterEach
    void close() {
        grid.close();
    }

    @Test
    void one_look_is_a_table() throws Exception {
        answer(1);

        var code = run(new StatusView(false, Duration.ofSeconds(1), false, false), PIPE);

        assertThat(code).isEqualTo(ExitCodes.OK);
        assertThat(out.toString()).startsWith("greenroom ws://localhost:").contains("chromium:a ");
    }

    @Test
    void watching_draws_on_the_spot() throws Exception {
        answer(3);

        run(new StatusView(true, Duration.ofMillis(200), false, false), TERMINAL);

        assertThat(out.toString().split("\u001b\\[8A\r", -1)).hasSizeGreaterThanOrEqualTo(3);
    }

    @Test
    void watching_into_a_pipe_is_a_line_for_each_look() throws Exception {
        answer(3);

        run(new StatusView(true, Duration.ofMillis(200), false, false), PIPE);

        assertThat(out.toString().lines())
                .hasSizeGreaterThanOrEqualTo(3)
                .allSatisfy(line -> assertThat(line).contains(" active=1 slots=5 "))
                .noneSatisfy(line -> assertThat(line).contains("\u001b"));
    }

    @Test
    void json_is_what_the_grid_said() throws Exception {
        answer(1);

        run(new StatusView(false, Duration.ofSeconds(1), false, true), TERMINAL);

        assertThat(out.toString()).hasLineCount(1).contains("\"proxy\":{\"sessions\":1,");
    }

    @Test
    void sessions_come_below_the_workers_when_they_are_asked_for_and_no_more_than_a_page() throws Exception {
        answer(1);
        grid.on("GET /v1/sessions?limit=500", 200, SESSIONS);

        run(new StatusView(false, Duration.ofSeconds(1), true, false), PIPE);

        assertThat(out.toString()).endsWith("""

                SESSION  NAME       AGE  IDLE  WORKER      TENANT  CLIENT     PLAYWRIGHT  PROXY
                01aa     shop pays   1m   45s  chromium:a  ci      10.0.0.66  1.62        10.0.0.2:8080
                and more recent ones
                """);
    }

    @Test
    void sessions_are_in_the_json_too() throws Exception {
        answer(1);
        grid.on("GET /v1/sessions?limit=500", 200, SESSIONS);

        run(new StatusView(false, Duration.ofSeconds(1), true, true), PIPE);

        var json = new JsonMapper().readTree(out.toString());
        assertThat(json.at("/proxy/sessions").asInt()).isEqualTo(1);
        assertThat(json.at("/sessions/0/tenant").asString()).isEqualTo("ci");
        assertThat(json.path("moreSessions").asBoolean()).isTrue();
    }

    @Test
    void a_grid_that_never_answered_is_a_failure() {
        grid.on("GET /v1/overview", 200, "hello");

        assertThatExceptionOfType(GridApiException.class)
                .isThrownBy(() -> run(new StatusView(true, Duration.ofMillis(200), false, false), TERMINAL))
                .withMessageContaining("not like a grid");
    }

    @Test
    void a_grid_that_falls_silent_while_it_is_watched_leaves_its_last_state_and_the_reason() throws Exception {
        grid.on("GET /v1/overview", () -> {
            if (looks.incrementAndGet() == 3) {
                stop.countDown();
            }
            return looks.get() == 1
                    ? new Reply(200, FakeGrid.overview(1, FakeGrid.worker("chromium:a", "available", 1, 7)))
                    : new Reply(503, "{\"error\":\"starting\"}");
        });

        run(new StatusView(true, Duration.ofMillis(200), false, false), TERMINAL);

        assertThat(out.toString().split("A\r", -1)[1]).contains("cannot answer (HTTP 503: starting)", "chromium:a ");
    }

    /// Answers, and tells the tool to stop after so many looks.
    private void answer(int times) {
        grid.on("GET /v1/overview", () -> {
            if (looks.incrementAndGet() == times) {
                stop.countDown();
            }
            return new Reply(200, FakeGrid.overview(1, FakeGrid.worker("chromium:a", "available", 1, 7)));
        });
    }

    private int run(StatusView view, Terminal terminal) throws GridApiException, InterruptedException {
        try (var api = grid.api()) {
            var settings = new StatusSettings(grid.settings(), view);
            return new StatusTool(settings, api, new PrintWriter(out), () -> terminal, InstantSource.system(), stop)
                    .run();
        }
    }
}
