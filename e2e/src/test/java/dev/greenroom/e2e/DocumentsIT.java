package dev.greenroom.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.e2e.client.NodeClient;
import dev.greenroom.e2e.grid.Cluster;
import dev.greenroom.e2e.grid.TestSite;
import dev.greenroom.e2e.process.Installation;
import dev.greenroom.e2e.process.Program;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/// The scripts of the documents, one to one, on a grid of the size that they ask for, with default
/// settings.
class DocumentsIT {
    private static final int WORKERS = 4;
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static Cluster cluster;
    private static TestSite site;

    @BeforeAll
    static void open() {
        site = TestSite.open();
        cluster = Cluster.start(WORKERS, Map.of(), Map.of());
    }

    @AfterAll
    static void close() {
        site.close();
        cluster.close();
    }

    @AfterEach
    void every_script_leaves_nothing_counted() {
        cluster.awaitActive(0);
    }

    @Test
    void the_pre_flight_test_s_twenty_concurrent_sessions_all_succeed() {
        var results = run("stress.mjs", Map.of("site", site.url()));

        assertThat(results).hasSize(20).allSatisfy(result -> assertThat(result).endsWith(": OK"));
    }

    @Test
    void one_connection_is_reused_for_many_contexts() {
        var before = lifetime();

        var titles = run("reuse.mjs", Map.of("urls", Collections.nCopies(10, site.url())));

        assertThat(titles).hasSize(10).containsOnly("Green room");
        assertThat(lifetime() - before).as("sessions that it took").isEqualTo(1);
    }

    @Test
    void three_concurrent_sessions_do_not_see_each_other() {
        var titles = run("sessions.mjs", Map.of("site", site.url(), "count", 3, "atOnce", true));

        assertThat(titles).hasSize(3).containsOnly("Green room");
    }

    @Test
    void ten_quick_sessions_follow_each_other() {
        var before = lifetime();

        var titles = run("sessions.mjs", Map.of("site", site.url(), "count", 10, "atOnce", false));

        assertThat(titles).hasSize(10).containsOnly("Green room");
        assertThat(lifetime() - before).isEqualTo(10);
    }

    @Test
    void the_health_check_finds_no_failure() {
        var client = NodeClient.newest();
        var environment = Installation.environment(Map.of(
                "GRID", "localhost:" + cluster.port(),
                "REDIS_PORT", Integer.toString(cluster.redis().port()),
                "SCRIPT", NodeClient.script("end-to-end.mjs").toString(),
                "INPUT", client.input(cluster.url(), Map.of())));
        var script = NodeClient.script("../documents/health-check.sh").toString();

        var check = Program.start("health-check.sh", List.of("bash", script), environment, Path.of("/"));
        check.awaitExit(PATIENCE);

        assertThat(check.out().text())
                .contains("{\"activeConnections\":", "PONG", "Workers registered: 4", "OK")
                .doesNotContain("FAIL");
    }

    private static int lifetime() {
        return cluster.counters("cluster:lifetime_connections").values().stream()
                .mapToInt(Integer::intValue)
                .sum();
    }

    private static List<String> run(String script, Map<String, Object> input) {
        return NodeClient.newest()
                .run(script, cluster.url(), input)
                .valueStream()
                .map(JsonNode::asString)
                .toList();
    }
}
