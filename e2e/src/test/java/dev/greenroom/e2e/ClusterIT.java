package dev.greenroom.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.greenroom.e2e.client.JavaClient;
import dev.greenroom.e2e.client.NodeClient;
import dev.greenroom.e2e.client.StockClient;
import dev.greenroom.e2e.grid.Cluster;
import dev.greenroom.e2e.grid.Shell;
import dev.greenroom.e2e.grid.TestSite;
import dev.greenroom.e2e.wire.HeldSession;
import dev.greenroom.e2e.wire.Http;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class ClusterIT {
    private static final int WORKERS = 3;
    private static final int CAPACITY = 15;
    private static Cluster cluster;
    private static TestSite site;

    @BeforeAll
    static void open() {
        site = TestSite.open();
        cluster = Cluster.start(WORKERS, Map.of("WORKER_SELECT_TIMEOUT", "1"), Map.of());
    }

    @AfterAll
    static void close() {
        site.close();
        cluster.close();
    }

    @AfterEach
    void every_test_leaves_nothing_counted() {
        cluster.awaitActive(0);
    }

    @Test
    @Tag("check")
    void playwright_for_java_works_through_proxy_and_worker() {
        try (var client = JavaClient.start()) {
            assertWorks(client);
        }
    }

    @Test
    void the_newest_playwright_for_node_works_through_proxy_and_worker() {
        assertWorks(NodeClient.newest());
    }

    @Test
    void an_older_playwright_for_node_works_through_proxy_and_worker() {
        assertWorks(NodeClient.of("1.52.0"));
    }

    private static void assertWorks(StockClient client) {
        var visit = client.visit(cluster.url(), site.url());

        visit.assertComplete();
    }

    @Test
    void three_workers_hold_fifteen_sessions_and_the_sixteenth_waits_for_a_free_slot() {
        var sessions = hold(CAPACITY);
        try {
            cluster.awaitActive(CAPACITY);

            var refused = Http.connect(cluster.port(), "/", Http.PLAYWRIGHT);
            sessions.removeFirst().close();
            var after = HeldSession.open(cluster.port());
            sessions.add(after);

            assertThat(refused.status()).isEqualTo(503);
            assertThat(refused.json().get("error").asString()).isEqualTo("no available servers");
            assertThat(refused.took()).isLessThan(Duration.ofMillis(3_500));
            assertThat(after.isOpen()).isTrue();
            assertThat(cluster.counters("cluster:active_connections").values()).containsOnly(5);
        } finally {
            sessions.forEach(HeldSession::close);
        }
    }

    @Test
    void the_documented_redis_commands_tell_the_truth() {
        var sessions = hold(4);
        try {
            cluster.awaitActive(sessions.size());
            var key = cluster.workerKeys().getFirst();
            var id = key.substring("worker:".length());
            var before = cluster.counters("cluster:lifetime_connections");

            assertThat(cluster.counters("cluster:active_connections").keySet())
                    .allSatisfy(field -> assertThat(field).matches("chromium:[A-Za-z0-9._-]+"));
            assertThat(before.values().stream().mapToInt(Integer::intValue).sum())
                    .isGreaterThanOrEqualTo(4);
            assertThat(redis("HGET " + key + " status")).isEqualTo("available");
            assertThat(redis("HGET " + key + " browserType")).isEqualTo("chromium");
            assertThat(redis("HGET " + key + " wsEndpoint"))
                    .startsWith("ws://")
                    .contains(":" + cluster.worker(id).port() + "/playwright/chromium/");
            assertThat(Long.parseLong(redis("HGET " + key + " lastHeartbeat")))
                    .isCloseTo(System.currentTimeMillis() / 1_000, within(15L));
            assertThat(redis("KEYS \"worker:*:*\" | wc -l")).isEqualTo("3");
            assertThat(redis("KEYS 'worker:chromium:*'").lines()).hasSize(WORKERS);
            assertThat(Long.parseLong(redis("TTL " + key))).isBetween(1L, 30L);
        } finally {
            sessions.forEach(HeldSession::close);
        }
    }

    @Test
    void the_checklist_s_networking_check_finds_a_worker_that_the_proxy_reaches() {
        var cli = "redis-cli -p " + cluster.redis().port();
        var command = cli + " HGET \"worker:chromium:$(" + cli + " KEYS 'worker:chromium:*' | head -1 | cut -d: -f3)\""
                + " wsEndpoint";

        var endpoint = Shell.run(command);
        var port = URI.create(endpoint).getPort();
        var answer = Http.get(port, "/", "User-Agent: Wget/1.21.3", "Accept: */*", "Connection: Keep-Alive");

        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.json().get("status").asString()).isEqualTo("ok");
    }

    @Test
    void the_metrics_count_the_whole_cluster() {
        try (var _ = HeldSession.open(cluster.port());
                var _ = HeldSession.open(cluster.port())) {

            cluster.awaitActive(2);
            var answer = Http.get(cluster.port(), "/metrics", "User-Agent: curl/8.5.0", "Accept: */*");

            assertThat(answer.status()).isEqualTo(200);
            assertThat(answer.body()).isEqualToIgnoringWhitespace("{\"activeConnections\": 2}");
        }
    }

    @Test
    void a_worker_s_port_is_closed_to_web_pages_and_to_those_who_do_not_know_its_path() {
        var key = cluster.workerKeys().getFirst();
        var endpoint = URI.create(redis("HGET " + key + " wsEndpoint"));

        var fromPage = Http.connect(endpoint.getPort(), endpoint.getPath(), Http.PLAYWRIGHT, "Origin: https://page");
        var guessed = Http.connect(endpoint.getPort(), "/playwright/chromium/guess", Http.PLAYWRIGHT);

        assertThat(fromPage.status()).isEqualTo(403);
        assertThat(guessed.status()).isEqualTo(404);
    }

    @Test
    void a_worker_tells_what_it_has_and_uses() {
        try (var session = HeldSession.open(cluster.port())) {
            var port = cluster.worker(cluster.workerOf(session.id())).port();

            var home = Http.get(port, "/").json();
            var metrics = Http.get(port, "/metrics").body();

            assertThat(home.get("status").asString()).isEqualTo("ok");
            assertThat(home.get("sessions").asInt()).isEqualTo(1);
            assertThat(home.get("incarnation").asString()).hasSize(32);
            assertThat(home.get("drivers").isEmpty()).isFalse();
            assertThat(Http.get(port, "/health/ready").status()).isEqualTo(200);
            assertThat(metrics)
                    .contains("grid_worker_sessions 1.0", "grid_worker_slots 5.0", "grid_worker_healthy 1.0")
                    .contains("grid_worker_launch_seconds_count", "grid_worker_memory_bytes");
        }
    }

    private static String redis(String arguments) {
        return Shell.run("redis-cli -p " + cluster.redis().port() + " " + arguments);
    }

    private static List<HeldSession> hold(int count) {
        var sessions = new ArrayList<HeldSession>();
        for (var n = 0; n < count; n++) {
            sessions.add(HeldSession.open(cluster.port()));
        }
        return sessions;
    }
}
