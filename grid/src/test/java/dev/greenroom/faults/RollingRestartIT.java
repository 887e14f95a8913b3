package dev.greenroom.faults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.registry.Registry.Heartbeat;
import dev.greenroom.registry.WorkerRecord.WorkerStatus;
import dev.greenroom.session.BrowserType;
import dev.greenroom.session.PlaywrightVersion.SupportedVersions;
import dev.greenroom.session.WorkerEndpoint;
import dev.greenroom.session.WorkerId;
import dev.greenroom.testkit.FakeWorker;
import dev.greenroom.testkit.FreePort;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Two proxies behind HAProxy are restarted one after the other while 50 clients a second come and go,
/// none of which tries twice.
@Timeout(120)
final class RollingRestartIT {
    private static final Duration BETWEEN_CLIENTS = Duration.ofMillis(20);
    private static final Duration SESSION = Duration.ofSeconds(1);
    private static final int SLOTS = 200;
    private static final int LIFETIME = 100_000;
    private static final Map<String, String> ROOM = Map.of(
            "MAX_CONCURRENT_SESSIONS", Integer.toString(SLOTS), "MAX_LIFETIME_SESSIONS", Integer.toString(LIFETIME));

    private final FaultGrid grid = new FaultGrid(SLOTS, LIFETIME);
    private final CountDownLatch over = new CountDownLatch(1);

    @BeforeEach
    void open() throws Exception {
        var worker = grid.closing(FakeWorker.start(FakeWorker.echo()));
        var registry = grid.closing(grid.registry(grid.redis().port()));
        registry.heartbeat(new Heartbeat(
                new WorkerId(BrowserType.CHROMIUM, "roomy"),
                "incarnation",
                new WorkerEndpoint("127.0.0.1", worker.port(), "/playwright/chromium/roomy"),
                WorkerStatus.AVAILABLE,
                Instant.EPOCH,
                new SupportedVersions.Any(),
                SLOTS,
                Duration.ofSeconds(60),
                Duration.ofSeconds(180),
                "greenroom/test"));
    }

    @AfterEach
    void close() throws Exception {
        over.countDown();
        grid.close();
    }

    private ProxyProcess proxy(int port, Map<String, String> settings) throws IOException {
        return grid.closing(ProxyProcess.start(grid.redis().port(), port, settings));
    }

    @Test
    void FP15_no_connect_fails_where_the_balancer_asks_the_other_proxy_after_a_503() throws Exception {
        var one = proxy(FreePort.next(), ROOM);
        var other = proxy(FreePort.next(), ROOM);

        assertThat(restart(one, other, LoadBalancer.ofRequests(one.port(), other.port()), ROOM))
                .isEmpty();
    }

    @Test
    void FP15_no_connect_fails_where_the_balancer_sees_only_bytes_and_the_proxies_have_a_delay() throws Exception {
        var settings = new TreeMap<>(ROOM);
        settings.put("SHUTDOWN_DELAY", "2s");
        var one = proxy(FreePort.next(), settings);
        var other = proxy(FreePort.next(), settings);

        assertThat(restart(one, other, LoadBalancer.ofBytes(one.port(), other.port()), settings))
                .isEmpty();
    }

    /// Answers what went wrong for clients.
    private List<String> restart(
            ProxyProcess one, ProxyProcess other, LoadBalancer balancer, Map<String, String> settings)
            throws Exception {
        List<String> failures = new ArrayList<>();
        try (balancer;
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var load = threads.submit(() -> load(balancer.port()));
            assertThat(one.stop()).isZero();
            proxy(one.port(), settings);
            balancer.awaitBothReady();
            assertThat(other.stop()).isZero();
            proxy(other.port(), settings);
            balancer.awaitBothReady();
            over.countDown();
            var sessions = load.get();
            assertThat(sessions).as("clients").hasSizeGreaterThan(100);
            for (var session : sessions) {
                var outcome = session.get(20, TimeUnit.SECONDS);
                if (!outcome.isEmpty()) {
                    failures.add(outcome);
                }
            }
        }
        grid.assertQuiet();
        return failures;
    }

    /// Begins sessions at their pace until it is over.
    private List<Future<String>> load(int port) throws InterruptedException {
        List<Future<String>> sessions = new ArrayList<>();
        // Closing waits for the sessions that are left.
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            while (!over.await(BETWEEN_CLIENTS.toMillis(), TimeUnit.MILLISECONDS)) {
                sessions.add(threads.submit(() -> session(port)));
            }
        }
        return sessions;
    }

    private String session(int port) throws InterruptedException {
        try (var client = FaultClient.open(port)) {
            client.assertEchoes();
            over.await(SESSION.toMillis(), TimeUnit.MILLISECONDS);
            client.assertEchoes();
            client.leave();
            return "";
        } catch (IOException | AssertionError e) {
            return e.toString();
        }
    }
}
