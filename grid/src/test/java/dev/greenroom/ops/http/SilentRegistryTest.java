package dev.greenroom.ops.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.greenroom.registry.WorkerRecord.WorkerStatus;
import dev.greenroom.session.BrowserType;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// What the routes say while the registry does not.
final class SilentRegistryTest {
    private OpsFixture grid;

    @BeforeEach
    void open() throws Exception {
        grid = new OpsFixture();
        grid.beat(BrowserType.CHROMIUM, "a", WorkerStatus.AVAILABLE);
        grid.lease(BrowserType.CHROMIUM);
        grid.lease(BrowserType.CHROMIUM);
        grid.lease(BrowserType.CHROMIUM);
    }

    @AfterEach
    void close() {
        grid.close();
    }

    @Test
    void metrics_count_what_others_had_last_and_what_this_proxy_has_now() throws Exception {
        grid.liveSessions.set(1);
        assertThat(grid.get("/metrics").body()).isEqualTo("{\"activeConnections\": 3}");

        grid.registry.goDown();
        grid.liveSessions.set(4);
        var answer = grid.get("/metrics");

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.body()).isEqualTo("{\"activeConnections\": 6}");
    }

    @Test
    void metrics_count_the_own_sessions_of_a_proxy_that_never_heard_of_the_registry() throws Exception {
        grid.registry.goDown();
        grid.liveSessions.set(2);

        var answer = grid.get("/metrics");

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.body()).isEqualTo("{\"activeConnections\": 2}");
    }

    @Test
    void lists_are_those_of_the_last_answer_and_say_so() throws Exception {
        grid.get("/v1/workers");
        grid.registry.goDown();
        grid.pass(Duration.ofSeconds(42));

        var workers = grid.json("/v1/workers");
        var capacity = grid.json("/v1/capacity");

        assertThat(workers.at("/workers/0/id").asString()).isEqualTo("chromium:a");
        assertThat(workers.at("/registry")).hasToString("{\"answering\":false,\"ageMillis\":42000}");
        assertThat(capacity.at("/total/active").asInt()).isEqualTo(3);
        assertThat(capacity.at("/registry/answering").asBoolean()).isFalse();
    }

    @Test
    void there_are_no_lists_before_the_first_answer() throws Exception {
        grid.registry.goDown();

        var answer = grid.get("/v1/workers");

        assertThat(answer.statusCode()).isEqualTo(503);
        assertThat(answer.body()).startsWith("{\"error\":\"registry unavailable\",\"hint\":\"Redis does not answer");
        assertThat(answer.headers().firstValue("Retry-After")).contains("1");
    }

    @Test
    void nobody_new_is_invited_while_nothing_is_known() throws Exception {
        grid.get("/v1/workers");
        grid.registry.goDown();

        var pressure = grid.json("/pressure").at("/pressure");

        assertThat(grid.json("/pressure").at("/pressure/isAvailable").asBoolean())
                .isFalse();
        assertThat(pressure.at("/reason").asString()).isEqualTo("registry");
        assertThat(pressure.at("/running").asInt()).isEqualTo(3);
    }

    @Test
    void a_proxy_is_not_ready_before_the_registry_answered_once() throws Exception {
        var before = grid.get("/health/ready");

        grid.start();

        assertThat(before.statusCode()).isEqualTo(503);
        assertThat(before.body()).isEqualTo("{\"status\":\"not ready\",\"reason\":\"starting\"}");
        await().untilAsserted(() -> assertThat(grid.get("/health/ready").body()).isEqualTo("{\"status\":\"ready\"}"));
    }

    @Test
    void a_proxy_that_drains_is_not_ready() throws Exception {
        grid.get("/v1/workers");
        grid.draining.set(true);

        var answer = grid.get("/health/ready");

        assertThat(answer.statusCode()).isEqualTo(503);
        assertThat(answer.body()).isEqualTo("{\"status\":\"not ready\",\"reason\":\"draining\"}");
    }

    @Test
    void a_registry_may_be_silent_for_ten_seconds_before_its_proxy_is_not_ready() throws Exception {
        grid.get("/v1/workers");
        grid.registry.goDown();

        grid.pass(Duration.ofSeconds(10));
        var patient = grid.get("/health/ready");
        grid.pass(Duration.ofSeconds(1));
        var enough = grid.get("/health/ready");

        assertThat(patient.statusCode()).isEqualTo(200);
        assertThat(enough.statusCode()).isEqualTo(503);
        assertThat(enough.body())
                .isEqualTo("{\"status\":\"not ready\",\"reason\":\"the registry has not answered for 11 s\"}");
    }

    @Test
    void a_proxy_is_ready_again_by_itself_when_the_registry_answers_again() throws Exception {
        grid.start();
        grid.registry.goDown();
        grid.pass(Duration.ofSeconds(60));
        await().untilAsserted(
                        () -> assertThat(grid.get("/health/ready").statusCode()).isEqualTo(503));

        grid.registry.comeBack();

        await().untilAsserted(
                        () -> assertThat(grid.get("/health/ready").statusCode()).isEqualTo(200));
    }

    @Test
    void the_overview_never_asks_the_registry() throws Exception {
        grid.get("/v1/workers");
        var asked = grid.registry.timesAsked();

        var overview = grid.json("/v1/overview");

        assertThat(grid.registry.timesAsked()).isEqualTo(asked);
        assertThat(overview.at("/capacity/total/active").asInt()).isEqualTo(3);
        assertThat(overview.at("/workers/0/id").asString()).isEqualTo("chromium:a");
        assertThat(overview.at("/proxy"))
                .hasToString("{\"sessions\":0,\"draining\":false,\"maxQueued\":1000,\"tokens\":false}");
    }

    @Test
    void the_age_of_a_heartbeat_is_measured_from_when_it_was_seen() throws Exception {
        grid.get("/v1/workers");
        grid.pass(Duration.ofSeconds(9));
        var old = grid.json("/v1/workers").at("/workers/0/heartbeatAgeSeconds").asInt();

        grid.beat(BrowserType.CHROMIUM, "a", WorkerStatus.AVAILABLE);
        var renewed =
                grid.json("/v1/workers").at("/workers/0/heartbeatAgeSeconds").asInt();

        assertThat(old).isEqualTo(9);
        assertThat(renewed).isZero();
    }
}
