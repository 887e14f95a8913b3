package dev.greenroom.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.greenroom.e2e.client.JavaClient;
import dev.greenroom.e2e.grid.Cluster;
import dev.greenroom.e2e.grid.TestSite;
import dev.greenroom.e2e.grid.UpGrid;
import dev.greenroom.e2e.wire.HeldSession;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class RecyclingIT {
    private static final Duration EXIT_PATIENCE = Duration.ofSeconds(15);
    private static final Duration RENEWALS_PATIENCE = Duration.ofMinutes(2);
    private static final int WORKERS = 3;

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
    void a_session_in_up_goes_on_while_its_worker_is_recycled_five_times_and_nobody_is_refused() {
        try (var grid = UpGrid.start(Map.of("MAX_LIFETIME_SESSIONS", "2", "WARM_BROWSERS", "1"));
                var session = HeldSession.open(grid.port())) {

            await("five renewals").atMost(RENEWALS_PATIENCE).until(() -> {
                HeldSession.open(grid.port()).close();
                return grid.program().out().containing("WORKER_RENEWED").size() >= 5;
            });

            assertThat(session.isOpen()).isTrue();
            assertThat(session.leave().code()).isEqualTo(1000);
        }
    }

    @Test
    void three_workers_that_renew_themselves_are_all_there_while_clients_come_and_go() {
        try (var cluster = Cluster.start(WORKERS, Map.of("MAX_LIFETIME_SESSIONS", "3"), Map.of("WARM_BROWSERS", "1"))) {
            var available = new ArrayList<Integer>();

            await("four renewals").atMost(RENEWALS_PATIENCE).until(() -> {
                HeldSession.open(cluster.port()).close();
                available.add(cluster.availableWorkers());
                return cluster.workers().stream()
                                .mapToInt(worker -> worker.program()
                                        .out()
                                        .containing("WORKER_RENEWED")
                                        .size())
                                .sum()
                        >= 4;
            });

            assertThat(available).containsOnly(WORKERS);
        }
    }

    @Test
    void of_three_workers_that_exit_and_are_started_again_no_two_are_ever_away() {
        try (var cluster = Cluster.start(
                WORKERS,
                Map.of("MAX_LIFETIME_SESSIONS", "3"),
                Map.of("RECYCLE", "exit", "WARM_BROWSERS", "1", "HEARTBEAT_INTERVAL", "2"))) {
            var available = new ArrayList<Integer>();
            var exits = new AtomicInteger();

            // With so few sessions a run the next one is due as soon as the last one is back.
            await("three exits and their replacements")
                    .atMost(RENEWALS_PATIENCE)
                    .until(() -> {
                        HeldSession.open(cluster.port()).close();
                        available.add(cluster.availableWorkers());
                        return exits.addAndGet(cluster.startAgain()) >= WORKERS
                                && cluster.workers().stream()
                                        .noneMatch(worker -> worker.program()
                                                .out()
                                                .containing("WORKER_REGISTERED")
                                                .isEmpty());
                    });

            assertThat(available).contains(WORKERS - 1).allMatch(count -> count >= WORKERS - 1);
        }
    }

    @Test
    void a_worker_that_has_served_its_sessions_lets_the_last_one_finish_and_exits_well() {
        try (var cluster = Cluster.start(
                1,
                Map.of("MAX_LIFETIME_SESSIONS", "3"),
                Map.of("RECYCLE", "exit", "HEARTBEAT_INTERVAL", "1", "DRAIN_TIMEOUT", "20"))) {
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
