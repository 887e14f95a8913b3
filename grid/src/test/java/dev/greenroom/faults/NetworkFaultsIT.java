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
import dev.greenroom.testkit.FaultProxy.Weather;
import dev.greenroom.testkit.SlowNames;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// The network between proxy, worker and Redis fails.
@Timeout(60)
final class NetworkFaultsIT {
    private static final Duration BACK = Duration.ofSeconds(5);

    private final FaultGrid grid = new FaultGrid(10, 1_000);

    @AfterEach
    void close() throws Exception {
        grid.close();
    }

    /// A worker that is nothing but a record.
    private WorkerId register(String name, String host, int port) throws Exception {
        var id = new WorkerId(BrowserType.CHROMIUM, name);
        try (var registry = grid.registry(grid.redis().port())) {
            registry.heartbeat(new Heartbeat(
                    id,
                    "incarnation-" + name,
                    new WorkerEndpoint(host, port, "/playwright/chromium/" + name),
                    WorkerStatus.AVAILABLE,
                    Instant.EPOCH,
                    new SupportedVersions.Any(),
                    10,
                    Duration.ofSeconds(20),
                    Duration.ofSeconds(60),
                    "greenroom/test"));
        }
        return id;
    }

    private void leave(WorkerId worker) throws Exception {
        try (var registry = grid.registry(grid.redis().port())) {
            registry.deregister(worker, "incarnation-" + worker.name());
        }
    }

    @Test
    void FR8_a_worker_cut_off_from_redis_keeps_its_sessions_and_is_back_with_the_right_count() throws Exception {
        var network = grid.networkBefore(grid.redis().port());
        var worker = grid.worker(network.port(), InstantSource.system());
        var front = grid.front();
        var session = front.session();

        network.cut();
        await("the record has run out")
                .atMost(Timing.WORKER_TTL.plusSeconds(2))
                .until(() -> grid.redis().cli("EXISTS", "worker:" + worker.id()).equals("0"));
        assertThat(FaultClient.status(front.port())).isEqualTo(503);
        session.assertEchoes();
        network.mend();

        await("the worker is back")
                .atMost(Timing.HEARTBEAT.plusSeconds(3))
                .until(() -> FaultClient.status(front.port()) == 101);
        grid.awaitLeases(1, BACK);
        assertThat(FaultGrid.sockets(worker)).isEqualTo(1);
        session.leave();
        grid.assertQuiet();
    }

    @Test
    void FR9_a_worker_cut_off_from_the_proxy_costs_its_own_sessions_only() throws Exception {
        var far = grid.closing(FakeWorker.start(FakeWorker.echo()));
        var network = grid.networkBefore(far.port());
        var alias = register("behind", "127.0.0.1", network.port());
        var front = grid.front(Timing.impatientProxy(), grid.redis().port(), InstantSource.system());
        var session = front.session();
        session.assertEchoes();

        network.stall();
        grid.worker();
        var began = System.nanoTime();
        var next = FaultClient.status(front.port());
        var close = session.awaitClose();
        var took = Duration.ofNanos(System.nanoTime() - began);

        assertThat(next).as("a session on the other worker").isEqualTo(101);
        assertThat(close.closeCode()).isEqualTo(1011);
        assertThat(close.closeReason()).isEqualTo("disconnected: peer timed out");
        assertThat(took).isLessThan(Timing.PEER_TIMEOUT.plusSeconds(2));
        session.close();
        network.reset();
        network.flow();
        leave(alias);
        grid.assertQuiet();
    }

    @Test
    void FR11_a_worker_whose_name_is_unknown_costs_the_client_nothing() throws Exception {
        var lost = register("lost", "no-such-worker.invalid", 3131);
        grid.worker();
        var front = grid.front();

        var began = System.nanoTime();
        var status = FaultClient.status(front.port());
        var took = Duration.ofNanos(System.nanoTime() - began);

        assertThat(status).isEqualTo(101);
        assertThat(took).isLessThan(Duration.ofSeconds(2));
        leave(lost);
        grid.assertQuiet();
    }

    @Test
    void FR11_a_worker_with_two_addresses_is_reached_at_the_one_that_works() throws Exception {
        var worker = grid.closing(FakeWorker.start(FakeWorker.echo()));
        var named = register("named", "worker." + SlowNames.TWICE, worker.port());
        var front = grid.front();

        var session = front.session();

        session.assertEchoes();
        session.leave();
        leave(named);
        grid.assertQuiet();
    }

    @Test
    void FR19_a_redis_behind_100_ms_with_stalls_and_small_pieces_loses_no_slot() throws Exception {
        var toRedis = grid.networkBefore(grid.redis().port());
        var worker = grid.worker();
        var front = grid.front(Timing.proxy(), toRedis.port(), InstantSource.system());
        toRedis.weather(
                Weather.slow(Duration.ofMillis(50), Duration.ofMillis(100)).sliced(1_000));

        List<Integer> answers = new ArrayList<>();
        for (var n = 0; n < 6; n++) {
            toRedis.stallBack();
            answers.add(FaultClient.status(front.port()));
            toRedis.flow();
            answers.add(FaultClient.status(front.port()));
        }
        toRedis.weather(Weather.FAIR);

        assertThat(answers).isSubsetOf(101, 503).contains(503);
        await().atMost(BACK).until(() -> FaultClient.status(front.port()) == 101);
        grid.assertQuiet();
        assertThat(FaultGrid.sockets(worker)).isZero();
    }

    @Test
    void FR19_delay_and_resets_lose_no_slot() throws Exception {
        var toRedis = grid.networkBefore(grid.redis().port());
        var worker = grid.worker();
        var front = grid.front(Timing.proxy(), toRedis.port(), InstantSource.system());
        // A connection lasts long enough for the longest script to be sent once.
        toRedis.weather(
                Weather.slow(Duration.ofMillis(20), Duration.ofMillis(40)).resetting(60_000));
        var answers = new ConcurrentLinkedQueue<Integer>();
        Callable<Boolean> visit = () -> {
            await().atMost(Duration.ofSeconds(20))
                    .pollInterval(Duration.ofMillis(50))
                    .until(() -> {
                        var status = FaultClient.status(front.port());
                        answers.add(status);
                        return status == 101;
                    });
            return true;
        };

        try (var clients = Executors.newFixedThreadPool(8)) {
            for (var done : clients.invokeAll(Collections.nCopies(40, visit))) {
                assertThat(done.get()).isTrue();
            }
        }
        toRedis.weather(Weather.FAIR);

        assertThat(answers).isSubsetOf(101, 503).contains(101);
        await().atMost(BACK).until(() -> FaultClient.status(front.port()) == 101);
        grid.assertQuiet();
        assertThat(FaultGrid.sockets(worker)).isZero();
    }

    @Test
    void FW9_an_address_at_which_another_worker_lives_now_is_left_for_the_next() throws Exception {
        var stranger = grid.closing(FakeWorker.start(
                peer -> peer.send("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")));
        var stale = register("stale", "127.0.0.1", stranger.port());
        var front = grid.front();
        assertThat(FaultClient.status(front.port())).isEqualTo(503);

        grid.worker();
        var session = front.session();

        session.assertEchoes();
        grid.awaitLeases(1, BACK);
        assertThat(grid.redis().cli("HGET", "cluster:active_connections", stale.toString()))
                .isEqualTo("0");
        session.leave();
        leave(stale);
        grid.assertQuiet();
    }
}
