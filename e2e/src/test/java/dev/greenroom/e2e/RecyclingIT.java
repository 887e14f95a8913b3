package dev.greenroom.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.greenroom.e2e.client.JavaClient;
import dev.greenroom.e2e.grid.Cluster;
import dev.greenroom.e2e.grid.TestSite;
import dev.greenroom.e2e.grid.UpGrid;
import dev.greenroom.e2e.wire.HeldSession;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RecyclingIT {
    private static final Duration EXIT_PATIENCE = Duration.ofSeconds(15);

    @Test
    void up_recycles_its_worker_without_its_clients_noticing() {
        try (var grid = UpGrid.start(Map.of("MAX_LIFETIME_SESSIONS", "3"));
                var site = TestSite.open();
                var client = JavaClient.start()) {

            for (var n = 0; n < 10; n++) {
                try (var browser = client.connect(grid.url())) {
                    var page = browser.newPage();
                    page.navigate(site.url());
                    assertThat(page.title()).isEqualTo("Green room");
                }
            }

            assertThat(grid.program().isAlive()).isTrue();
        }
    }

    @Test
    void a_worker_that_has_served_its_sessions_lets_the_last_one_finish_and_exits_well() {
        try (var cluster = Cluster.start(
                1, Map.of("MAX_LIFETIME_SESSIONS", "3"), Map.of("HEARTBEAT_INTERVAL", "1", "DRAIN_TIMEOUT", "20"))) {
            var worker = cluster.workers().getFirst();
            HeldSession.open(cluster.port()).close();
            HeldSession.open(cluster.port()).close();

            var last = HeldSession.open(cluster.port());
            await("a draining worker")
                    .until(() -> cluster.redis()
                            .cli("HGET", cluster.workerKeys().getFirst(), "status")
                            .equals("draining"));
            assertThat(last.isOpen())
                    .as("the last session while the worker drains")
                    .isTrue();
            last.close();

            assertThat(worker.program().awaitExit(EXIT_PATIENCE)).isZero();
            worker.family().assertGone();
            assertThat(cluster.workerKeys()).isEmpty();
        }
    }
}
