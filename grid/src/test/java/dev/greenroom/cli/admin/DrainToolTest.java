package dev.greenroom.cli.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.greenroom.cli.Commands.ExitCodes;
import dev.greenroom.cli.api.FakeGrid;
import dev.greenroom.cli.api.FakeGrid.Reply;
import dev.greenroom.cli.api.GridApi.GridApiException;
import dev.greenroom.config.CommandSettings.DrainCommandSettings.DrainOrder;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
final class DrainToolTest {
    private static final Duration PATIENT = Duration.ofSeconds(20);

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();
    private final CountDownLatch stop = new CountDownLatch(1);
    private final AtomicInteger looks = new AtomicInteger();
    private FakeGrid grid;

    @BeforeEach
    void start() throws IOException {
        grid = FakeGrid.start();
        grid.on("GET /v1/workers", 200, workers());
        grid.on("POST /v1/workers/chromium:abc123/drain", 202, "{\"status\":\"ordered\"}");
    }

    @AfterEach
    void close() {
        grid.close();
    }

    @Test
    void a_worker_is_told_by_the_beginning_of_its_name() throws Exception {
        var code = run("abc", Duration.ZERO);

        assertThat(code).isEqualTo(ExitCodes.OK);
        assertThat(grid.requests()).contains("POST /v1/workers/chromium:abc123/drain -");
        assertThat(out.toString()).isEqualTo("chromium:abc123 is draining; it finishes 2 sessions and then stops.\n");
    }

    @Test
    void a_name_that_nobody_or_everybody_has_is_refused_and_nothing_is_told() throws Exception {
        assertThat(run("xyz", Duration.ZERO)).isEqualTo(ExitCodes.FAILED);
        assertThat(run("chromium:", Duration.ZERO)).isEqualTo(ExitCodes.FAILED);

        assertThat(err.toString()).isEqualTo("""
                greenroom drain: there is no worker xyz; workers are chromium:abc123, chromium:def456
                greenroom drain: chromium: matches chromium:abc123, chromium:def456; name one of them
                """);
        assertThat(grid.requests()).noneMatch(request -> request.startsWith("POST"));
    }

    @Test
    void waiting_ends_when_the_worker_is_gone() throws Exception {
        grid.on("GET /v1/workers", () -> {
            var one = FakeGrid.worker("chromium:abc123", "draining", 1, 9);
            return switch (looks.incrementAndGet()) {
                case 1 -> new Reply(200, workers());
                case 2 -> new Reply(200, FakeGrid.workers(one));
                case 3 -> new Reply(503, "{}");
                default -> new Reply(200, FakeGrid.workers());
            };
        });

        var code = run("chromium:abc123", PATIENT);

        assertThat(code).isEqualTo(ExitCodes.OK);
        assertThat(out.toString())
                .contains("1 session left.\n")
                .containsPattern("chromium:abc123 is gone after \\d+s\\.");
    }

    @Test
    void the_next_incarnation_of_a_worker_is_another_one() throws Exception {
        grid.on(
                "GET /v1/workers",
                () -> new Reply(
                        200,
                        looks.incrementAndGet() == 1 ? workers() : workers().replace("T10:00", "T12:00")));

        assertThat(run("abc123", PATIENT)).isEqualTo(ExitCodes.OK);
    }

    @Test
    void waiting_has_an_end() throws Exception {
        var code = run("abc123", Duration.ofSeconds(2));

        assertThat(code).isEqualTo(ExitCodes.FAILED);
        assertThat(err.toString())
                .isEqualTo("greenroom drain: Not gone within 2s; chromium:abc123 continues to drain.\n");
    }

    @Test
    void ctrl_c_ends_the_waiting_and_not_the_draining() throws Exception {
        stop.countDown();

        assertThat(run("abc123", PATIENT)).isEqualTo(ExitCodes.FAILED);
        assertThat(err.toString()).contains("Stopped waiting; chromium:abc123 continues to drain.");
    }

    @Test
    void a_grid_that_does_not_allow_it_is_a_sentence() {
        grid.on("POST /v1/workers/chromium:abc123/drain", 403, "{\"error\":\"forbidden\"}");

        assertThatExceptionOfType(GridApiException.class)
                .isThrownBy(() -> run("abc123", Duration.ZERO))
                .withMessageContaining("does not allow this (HTTP 403: forbidden)");
    }

    private static String workers() {
        return FakeGrid.workers(
                FakeGrid.worker("chromium:abc123", "available", 2, 9),
                FakeGrid.worker("chromium:def456", "available", 0, 9));
    }

    /// @param patience zero to not wait
    private int run(String worker, Duration patience) throws GridApiException, InterruptedException {
        var order = new DrainOrder(worker, patience.isPositive(), patience.plusMillis(1));
        try (var api = grid.api()) {
            return new DrainTool(order, api, new PrintWriter(out), new PrintWriter(err), stop).run();
        }
    }
}
