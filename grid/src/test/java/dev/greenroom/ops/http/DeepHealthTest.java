package dev.greenroom.ops.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.registry.WorkerRecord.WorkerStatus;
import dev.greenroom.session.BrowserType;
import dev.greenroom.session.WorkerId;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

final class DeepHealthTest {
    private static final String PATH = "/health/deep";

    private OpsFixture grid;

    @BeforeEach
    void open() throws Exception {
        grid = new OpsFixture();
        grid.beat(BrowserType.CHROMIUM, "a", WorkerStatus.AVAILABLE);
        grid.beat(BrowserType.FIREFOX, "b", WorkerStatus.AVAILABLE);
        grid.get("/v1/workers");
    }

    @AfterEach
    void close() {
        grid.close();
    }

    @Test
    void a_grid_that_can_serve_says_so_and_nothing_was_leased_to_find_out() throws Exception {
        var answer = grid.get(PATH);
        var deep = grid.json(PATH);

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(deep.at("/status").asString()).isEqualTo("ok");
        assertThat(deep.at("/checks/registry/status").asString()).isEqualTo("ok");
        assertThat(deep.at("/checks/workers.chromium/status").asString()).isEqualTo("ok");
        assertThat(deep.at("/checks/workers.firefox/status").asString()).isEqualTo("ok");
        assertThat(deep.at("/checks/workers.webkit").isMissingNode()).isTrue();
        assertThat(deep.at("/timestamp").asString()).startsWith("2026-11-20T10:00:");
        assertThat(grid.json("/v1/workers").at("/workers/0/lifetime").asInt()).isZero();
    }

    @Test
    void a_registry_that_is_down_fails_its_check_while_the_process_stays_healthy() throws Exception {
        grid.registry.goDown();

        var answer = grid.get(PATH);

        assertThat(answer.statusCode()).isEqualTo(503);
        assertThat(answer.body())
                .contains(
                        "\"status\":\"failing\"", "the registry does not answer: the registry was told not to answer");
        assertThat(grid.get("/health").statusCode()).isEqualTo(200);
        assertThat(grid.get("/health/ready").statusCode()).isEqualTo(200);
    }

    @Test
    @Timeout(30)
    void a_registry_that_is_frozen_fails_its_check_in_time_and_holds_up_nobody_else() throws Exception {
        grid.registry.freeze();

        var answer = grid.get(PATH);

        assertThat(answer.statusCode()).isEqualTo(503);
        assertThat(answer.body()).contains("the registry did not answer within 500 ms");
        assertThat(grid.get("/health").statusCode()).isEqualTo(200);
        assertThat(grid.get("/health/ready").statusCode()).isEqualTo(200);
        grid.registry.comeBack();
    }

    @Test
    void a_browser_whose_workers_have_all_gone_fails_its_check() throws Exception {
        grid.registry.deregister(new WorkerId(BrowserType.FIREFOX, "b"), "incarnation-of-b");
        grid.get("/v1/workers");

        var answer = grid.get(PATH);

        assertThat(answer.statusCode()).isEqualTo(503);
        assertThat(answer.body()).contains("no worker for firefox is alive, and there has been one");
    }

    @Test
    void those_who_ask_within_a_second_get_the_same_answer() throws Exception {
        var first = grid.get(PATH);
        var asked = grid.registry.timesAsked();

        grid.pass(Duration.ofMillis(999));
        var same = grid.get(PATH);
        var notAsked = grid.registry.timesAsked();
        grid.pass(Duration.ofMillis(1));
        grid.get(PATH);

        assertThat(same.body()).isEqualTo(first.body());
        assertThat(notAsked).isEqualTo(asked);
        assertThat(grid.registry.timesAsked()).isGreaterThan(asked);
    }
}
