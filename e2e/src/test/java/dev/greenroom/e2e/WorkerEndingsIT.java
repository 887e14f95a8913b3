package dev.greenroom.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.greenroom.e2e.client.JavaClient;
import dev.greenroom.e2e.grid.Cluster;
import dev.greenroom.e2e.grid.Member;
import dev.greenroom.e2e.process.Family;
import dev.greenroom.e2e.process.FreePort;
import dev.greenroom.e2e.process.Installation;
import dev.greenroom.e2e.process.MemoryGroup;
import dev.greenroom.e2e.process.Program;
import dev.greenroom.e2e.wire.HeldSession;
import dev.greenroom.e2e.wire.Http;
import dev.greenroom.testkit.RedisServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// How workers end: told to, killed, or because they cannot go on. Each test ends one of the grid's.
class WorkerEndingsIT {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    /// A second, and one more for a machine that stands still.
    private static final Duration SOON = Duration.ofSeconds(2);

    private static final long LITTLE = 128L << 20;
    private static final Duration DRAIN = Duration.ofSeconds(3);
    private static final int KILLED = 128 + 9;
    private static final int FORCED = 130;
    private static final int TESTS = 6;

    private static Cluster cluster;

    @BeforeAll
    static void open() {
        cluster = Cluster.start(
                TESTS,
                Map.of(),
                Map.of(
                        "WARM_BROWSERS",
                        "1",
                        "HEARTBEAT_INTERVAL",
                        "1",
                        "DRAIN_TIMEOUT",
                        Long.toString(DRAIN.toSeconds())));
    }

    @AfterAll
    static void close() {
        cluster.close();
    }

    @AfterEach
    void every_test_leaves_nothing_counted() {
        cluster.awaitActive(0);
    }

    @Test
    void FW12_a_worker_whose_browser_does_not_launch_says_why_and_never_registers() throws IOException {
        var family = Family.create();
        var browser = Files.writeString(family.folder().resolve("browser"), """
                #!/bin/sh
                [ "$1" = --version ] && { echo 'Chromium 156.0.0.0'; exit 0; }
                exit 127
                """);
        Files.setPosixFilePermissions(browser, PosixFilePermissions.fromString("rwx------"));
        try (var redis = RedisServer.start()) {
            var worker =
                    start(family, redis, Map.of("BROWSER_SANDBOX", "false", "BROWSER_EXECUTABLE", browser.toString()));

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
    void FW13_a_worker_that_the_kernel_kills_for_its_memory_has_said_how_much_it_used() {
        try (var group = MemoryGroup.open(LITTLE);
                var client = JavaClient.start();
                var session = HeldSession.open(cluster.port());
                var browser = client.connect(cluster.url())) {
            var worker = workerOf(session);
            var page = browser.newPage();
            await("a look at the memory")
                    .atMost(PATIENCE)
                    .until(() ->
                            !worker.program().out().containing("WORKER_MEMORY").isEmpty());
            var numbers = Http.get(worker.port(), "/health").json();
            group.take(worker.program().handle());
            group.killFirst(worker.program().handle());
            var killed = group.firstKill();

            var failure = JavaClient.useUpMemory(page);

            assertThat(worker.program().awaitExit(PATIENCE)).isEqualTo(KILLED);
            var end = session.awaitEnd(PATIENCE);
            assertThat(end.reason()).isEqualTo("disconnected: worker lost");
            assertThat(Duration.ofNanos(end.nanos() - killed.join())).isLessThan(SOON);
            assertThat(failure).contains("disconnected: worker lost");
            assertThat(numbers.get("memoryBytes").asLong()).isGreaterThan(50L << 20);
            worker.kill(); // asserts that nothing outlives it
        }
    }

    @Test
    void FW7_nothing_that_a_killed_worker_started_outlives_it_and_the_next_one_sweeps_its_folder() {
        try (var session = HeldSession.open(cluster.port())) {
            var worker = workerOf(session);
            assertThat(worker.family().running())
                    .anyMatch(line -> line.contains("host.js"))
                    .anyMatch(line -> line.contains("--user-data-dir="));

            worker.program().kill();

            worker.family().assertGone();
            assertThat(session.awaitEnd(PATIENCE).reason()).isEqualTo("disconnected: worker lost");
            var left = runFolders(worker.family());
            assertThat(left).isNotEmpty();
            try (var _ = start(worker.family(), cluster.redis(), Map.of())) {
                await("a swept folder")
                        .atMost(PATIENCE)
                        .until(() -> left.stream().noneMatch(Files::exists));
            }
        }
    }

    @Test
    void FW6_a_worker_whose_drivers_die_again_and_again_leaves_and_exits_with_the_cause() {
        var worker =
                cluster.workers().stream().filter(Member::isAlive).findFirst().orElseThrow();

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
        assertThat(endpoints()).noneMatch(endpoint -> endpoint.contains(":" + worker.port() + "/"));
        assertLeftNothing(worker);
    }

    @Test
    void FP14_a_termination_signal_lets_sessions_finish_in_time_and_closes_a_long_one_after_it() {
        try (var shortOne = HeldSession.open(cluster.port());
                var longOne = HeldSession.open(cluster.port())) {
            var worker = workerOf(shortOne);
            var record = "worker:" + cluster.workerOf(shortOne.id());
            assertThat(workerOf(longOne)).isEqualTo(worker);

            var asked = System.nanoTime();
            worker.program().askToStop();
            await("a draining worker")
                    .until(() -> cluster.redis().cli("HGET", record, "status").equals("draining"));
            var finished = shortOne.leave();
            var closed = longOne.awaitEnd(DRAIN.plus(PATIENCE));

            assertThat(finished.code()).isEqualTo(1000);
            assertThat(closed.code()).isEqualTo(1001);
            assertThat(Duration.ofNanos(closed.nanos() - asked)).isGreaterThanOrEqualTo(DRAIN);
            assertThat(worker.program().awaitExit(PATIENCE)).isZero();
            assertThat(worker.program().out().errors()).isEmpty();
            assertLeftNothing(worker);
        }
    }

    @Test
    void FP14_a_second_termination_signal_ends_a_worker_and_its_browsers_at_once() {
        try (var session = HeldSession.open(cluster.port())) {
            var worker = workerOf(session);

            worker.program().askToStop();
            await("a draining worker")
                    .until(() -> Http.get(worker.port(), "/health/ready").status() == 503);
            assertThat(session.isOpen()).isTrue();
            worker.program().askToStop();

            assertThat(worker.program().awaitExit(PATIENCE)).isEqualTo(FORCED);
            assertThat(session.awaitEnd(PATIENCE).reason()).isEqualTo("disconnected: worker lost");
            worker.kill(); // asserts that nothing outlives it
        }
    }

    @Test
    void FW10_a_worker_whose_id_another_one_has_says_so_and_exits() {
        try (var session = HeldSession.open(cluster.port())) {
            var worker = workerOf(session);
            var record = "worker:" + cluster.workerOf(session.id());

            // What a clone of its machine would have written first.
            cluster.redis().cli("HSET", record, "incarnation", "another");

            assertThat(worker.program().awaitExit(PATIENCE)).isEqualTo(1);
            assertThat(worker.program().out().errors())
                    .singleElement()
                    .asString()
                    .contains("WORKER_FAILED", "another live worker has the id " + record.substring(7));
            assertThat(cluster.redis().cli("HGET", record, "incarnation")).isEqualTo("another");
            assertLeftNothing(worker);
            cluster.redis().cli("DEL", record);
        }
    }

    /// A worker beside those of the cluster.
    private static Program start(Family family, RedisServer redis, Map<String, String> settings) {
        var all = new TreeMap<>(settings);
        all.put("REDIS_URL", redis.url());
        all.put("PORT", Integer.toString(FreePort.find()));
        return Program.start(
                "worker",
                Installation.program(family.folder(), "worker"),
                Installation.environment(all),
                Installation.home());
    }

    private static List<Path> runFolders(Family family) {
        try (var folders = Files.newDirectoryStream(family.folder(), "gr-*")) {
            return StreamSupport.stream(folders.spliterator(), false).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Member workerOf(HeldSession session) {
        return cluster.worker(cluster.workerOf(session.id()));
    }

    private static List<String> endpoints() {
        return cluster.workerKeys().stream()
                .map(key -> cluster.redis().cli("HGET", key, "wsEndpoint"))
                .toList();
    }

    private static void assertLeftNothing(Member worker) {
        worker.family().assertGone();
        worker.family().assertTidy();
    }
}
