package dev.greenroom.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.microsoft.playwright.PlaywrightException;
import dev.greenroom.e2e.client.JavaClient;
import dev.greenroom.e2e.grid.Cluster;
import dev.greenroom.e2e.grid.TestSite;
import dev.greenroom.e2e.grid.UpGrid;
import dev.greenroom.e2e.process.Family;
import dev.greenroom.e2e.process.FreePort;
import dev.greenroom.e2e.process.Installation;
import dev.greenroom.e2e.process.Program;
import dev.greenroom.e2e.wire.HeldSession;
import dev.greenroom.e2e.wire.Http;
import dev.greenroom.testkit.RedisServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/// Browsers, drivers and whole workers that fail.
class WorkerFaultsIT {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final int KILLED = 128 + 9;

    @Test
    void fw1_a_page_that_crashes_leaves_its_session_and_all_others() {
        try (var grid = UpGrid.start(Map.of());
                var site = TestSite.open();
                var client = JavaClient.start();
                var other = HeldSession.open(grid.port());
                var browser = client.connect(grid.url())) {
            var page = browser.newPage();
            var crashed = new CompletableFuture<Boolean>();
            page.onCrash(_ -> crashed.complete(true));

            try {
                page.navigate("chrome://crash");
            } catch (PlaywrightException _) {
                // The page does not live to say that it was opened.
            }

            var next = browser.newPage();
            next.navigate(site.url());
            assertThat(next.title()).isEqualTo("Green room");
            assertThat(crashed).isCompletedWithValue(true);
            assertThat(other.isOpen()).isTrue();
        }
    }

    @Test
    void fw12_a_worker_whose_browser_does_not_launch_says_why_and_never_registers() throws IOException {
        var family = Family.create();
        var browser = Files.writeString(family.folder().resolve("browser"), """
                #!/bin/sh
                [ "$1" = --version ] && { echo 'Chromium 156.0.0.0'; exit 0; }
                exit 127
                """);
        Files.setPosixFilePermissions(browser, PosixFilePermissions.fromString("rwx------"));
        try (var redis = RedisServer.start()) {
            var worker = Program.start(
                    "worker",
                    Installation.program(family.folder(), "worker"),
                    Installation.environment(Map.of(
                            "REDIS_URL",
                            redis.url(),
                            "PORT",
                            Integer.toString(FreePort.find()),
                            "BROWSER_SANDBOX",
                            "false",
                            "BROWSER_EXECUTABLE",
                            browser.toString())),
                    Installation.home());

            assertThat(worker.awaitExit(PATIENCE)).isEqualTo(1);

            assertThat(worker.out().errors())
                    .singleElement()
                    .asString()
                    .contains("WORKER_FAILED", "no browser can be launched");
            assertThat(redis.cli("KEYS", "worker:*")).isEmpty();
            assertThat(redis.cli("HLEN", "cluster:lifetime_connections")).isEqualTo("0");
        } finally {
            family.delete();
        }
    }

    @Test
    void fw13_a_worker_that_is_killed_for_memory_has_said_how_much_it_used() {
        try (var cluster = Cluster.start(1, Map.of(), Map.of());
                var session = HeldSession.open(cluster.port())) {
            var worker = cluster.workers().getFirst();
            await("a look at the memory")
                    .atMost(PATIENCE)
                    .until(() ->
                            !worker.program().out().containing("WORKER_MEMORY").isEmpty());
            var numbers = Http.get(worker.port(), "/health").json();

            worker.program().handle().destroyForcibly(); // as the kernel does

            assertThat(worker.program().awaitExit(PATIENCE)).isEqualTo(KILLED);
            assertThat(session.awaitEnd(PATIENCE).reason()).isEqualTo("worker lost");
            assertThat(numbers.get("memoryBytes").asLong()).isGreaterThan(50L << 20);
            worker.kill(); // asserts that nothing outlives it
        }
    }

    @Test
    void fw6_a_worker_whose_drivers_die_again_and_again_leaves_and_exits_with_the_cause() {
        try (var cluster = Cluster.start(1, Map.of(), Map.of("WARM_BROWSERS", "1"))) {
            var worker = cluster.workers().getFirst();

            await("the end of the worker")
                    .atMost(PATIENCE)
                    .pollInterval(Duration.ofMillis(20))
                    .until(() -> {
                        ProcessHandle.of(worker.program().handle().pid()).stream()
                                .flatMap(ProcessHandle::children)
                                .forEach(ProcessHandle::destroyForcibly);
                        return !worker.isAlive();
                    });

            assertThat(worker.program().awaitExit(PATIENCE)).isEqualTo(1);
            assertThat(worker.program().out().errors())
                    .singleElement()
                    .asString()
                    .contains("WORKER_FAILED", "failed 3 times within 60 s");
            assertThat(cluster.workerKeys()).isEmpty();
            worker.family().assertGone();
            worker.family().assertTidy();
        }
    }

    @Test
    void a_worker_tells_what_it_has_and_uses() {
        try (var cluster = Cluster.start(1, Map.of(), Map.of());
                var _ = HeldSession.open(cluster.port())) {
            var port = cluster.workers().getFirst().port();

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
}
