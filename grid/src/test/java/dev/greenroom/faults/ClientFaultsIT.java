package dev.greenroom.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.greenroom.registry.Registry.Heartbeat;
import dev.greenroom.registry.WorkerRecord.WorkerStatus;
import dev.greenroom.session.BrowserType;
import dev.greenroom.session.PlaywrightVersion.SupportedVersions;
import dev.greenroom.session.WorkerEndpoint;
import dev.greenroom.session.WorkerId;
import dev.greenroom.testkit.FakeWorker;
import dev.greenroom.testkit.RawClient;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Clients that come and go, as they should and as they should not.
@Timeout(120)
final class ClientFaultsIT {
    private static final int CYCLES = 1_000;
    private static final int AT_ONCE = 10;
    private static final int HASTY = 150;
    private static final int HALF_HEADS = 5_000;
    private static final int NORMAL = 200;

    private final FaultGrid grid = new FaultGrid(AT_ONCE, 100_000);
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

    @AfterEach
    void close() throws Exception {
        threads.shutdownNow();
        grid.close();
    }

    @Test
    void a_client_is_told_which_launch_options_its_worker_cannot_apply() throws Exception {
        grid.worker();
        var front = grid.front();
        var options = "x-playwright-launch-options: {\"channel\":\"chrome\"}\r\n";

        try (var client = RawClient.connect(front.port()).send(RawClient.upgrade("/", options))) {
            assertThat(client.readHead())
                    .startsWith("HTTP/1.1 101 ")
                    .contains("greenroom: ignored launch options: channel chrome\r\n");
        }
    }

    @Test
    void FC1_a_thousand_sessions_that_end_well_leave_nothing() throws Exception {
        grid.worker();
        var front = grid.front();
        List<Callable<Boolean>> clients = Collections.nCopies(AT_ONCE, () -> {
            for (var i = 0; i < CYCLES / AT_ONCE; i++) {
                var client = front.session();
                client.assertEchoes();
                client.leave();
            }
            return true;
        });

        for (var client : threads.invokeAll(clients)) {
            assertThat(client.get()).isTrue();
        }

        grid.assertQuiet();
    }

    @Test
    void FC6_clients_that_leave_while_their_worker_is_dialled_cost_no_slot() throws Exception {
        var slow = grid.closing(FakeWorker.start(peer -> {
            await().pollDelay(Duration.ofMillis(ThreadLocalRandom.current().nextInt(60)))
                    .until(() -> true);
            FakeWorker.echo().play(peer);
        }));
        register(slow.port());
        var front = grid.front();
        List<Callable<Boolean>> clients = Collections.nCopies(HASTY, () -> {
            try (var client = RawClient.connect(front.port()).send(RawClient.upgrade("/", ""))) {
                await().pollDelay(Duration.ofMillis(ThreadLocalRandom.current().nextInt(60)))
                        .until(() -> true);
                return client.socket().isConnected();
            }
        });

        for (var client : threads.invokeAll(clients)) {
            assertThat(client.get()).isTrue();
        }

        grid.assertQuiet();
        var normal = front.session();
        normal.assertEchoes();
        normal.leave();
    }

    private void register(int port) throws Exception {
        try (var registry = grid.registry(grid.redis().port())) {
            registry.heartbeat(new Heartbeat(
                    new WorkerId(BrowserType.CHROMIUM, "slow"),
                    "incarnation-slow",
                    new WorkerEndpoint("127.0.0.1", port, "/playwright/chromium/slow"),
                    WorkerStatus.AVAILABLE,
                    Instant.EPOCH,
                    new SupportedVersions.Any(),
                    AT_ONCE,
                    Duration.ofSeconds(20),
                    Duration.ofSeconds(60),
                    "greenroom/test"));
        }
    }

    @Test
    void FC9_thousands_of_half_open_heads_do_not_slow_a_normal_client() throws Exception {
        grid.worker();
        var front = grid.front();
        List<RawClient> half = new ArrayList<>();
        var dribbling = new CompletableFuture<Void>();
        try {
            for (var i = 0; i < HALF_HEADS; i++) {
                half.add(RawClient.connect(front.port()).send("GET / HTTP/1.1\r\nHost: gr"));
            }
            threads.submit(() -> dribble(half, dribbling));

            var nanos = new long[NORMAL];
            for (var i = 0; i < NORMAL; i++) {
                var began = System.nanoTime();
                front.session().leave();
                nanos[i] = System.nanoTime() - began;
            }

            Arrays.sort(nanos);
            // Who waits behind a half-open head waits for seconds.
            assertThat(Duration.ofNanos(nanos[NORMAL * 99 / 100])).isLessThan(Duration.ofSeconds(1));
            // Each was given 10 s from its first byte, whatever it sent since.
            assertThat(new String(half.getFirst().in().readAllBytes(), StandardCharsets.UTF_8))
                    .startsWith("HTTP/1.1 408 ");
        } finally {
            dribbling.complete(null);
            for (var client : half) {
                client.close();
            }
        }
        grid.assertQuiet();
    }

    /// A byte now and then.
    private static Object dribble(List<RawClient> half, CompletableFuture<Void> until) {
        var random = new SplittableRandom(9);
        while (!until.isDone()) {
            try {
                half.get(random.nextInt(half.size())).send("i");
            } catch (IOException _) {
                // Hung up on by now.
            }
            await().pollDelay(Duration.ofMillis(5)).until(() -> true);
        }
        return true;
    }
}
