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
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// A proxy dies, or stands still, with sessions on it.
@Timeout(60)
final class ProxyDeathIT {
    private static final int SESSIONS = 6;
    private static final Duration SOON = Duration.ofSeconds(2);

    private final FaultGrid grid = new FaultGrid(10, 1_000);

    @AfterEach
    void close() throws Exception {
        grid.close();
    }

    private static List<FaultClient> sessions(ProxyProcess proxy) throws IOException {
        List<FaultClient> clients = new ArrayList<>();
        for (var n = 0; n < SESSIONS; n++) {
            clients.add(proxy.session());
        }
        return clients;
    }

    @Test
    void FP1_a_killed_proxy_s_slots_are_back_at_once_where_the_worker_reports_them() throws Exception {
        var worker = grid.worker();
        var doomed = grid.closing(ProxyProcess.start(grid.redis().port()));
        var other = grid.front();
        var clients = sessions(doomed);
        var survivor = other.session();
        grid.awaitLeases(SESSIONS + 1, SOON);

        doomed.close();

        grid.awaitLeases(1, SOON);
        assertThat(FaultGrid.sockets(worker)).isEqualTo(1);
        survivor.assertEchoes();
        survivor.leave();
        for (var client : clients) {
            client.close();
        }
        grid.assertQuiet();
    }

    @Test
    void FP1_a_killed_proxy_s_slots_are_back_after_the_lease_where_the_worker_is_silent() throws Exception {
        var silent = grid.closing(FakeWorker.start(FakeWorker.echo()));
        var doomed = grid.closing(ProxyProcess.start(grid.redis().port()));
        var other = grid.front();
        try (var registry = grid.registry(grid.redis().port())) {
            registry.heartbeat(new Heartbeat(
                    new WorkerId(BrowserType.CHROMIUM, "silent"),
                    "incarnation",
                    new WorkerEndpoint("127.0.0.1", silent.port(), "/playwright/chromium/silent"),
                    WorkerStatus.AVAILABLE,
                    Instant.EPOCH,
                    new SupportedVersions.Any(),
                    SESSIONS,
                    Duration.ofSeconds(20),
                    Duration.ofSeconds(60),
                    "greenroom/test"));
        }
        var clients = sessions(doomed);
        grid.awaitLeases(SESSIONS, SOON);

        doomed.close();
        var began = System.nanoTime();
        var next = other.session();
        var waited = Duration.ofNanos(System.nanoTime() - began);

        assertThat(waited).isLessThan(Timing.LEASE_TTL.plus(SOON));
        next.assertEchoes();
        next.leave();
        for (var client : clients) {
            client.close();
        }
        grid.assertQuiet();
    }

    @Test
    void FP2_a_proxy_that_stood_still_for_longer_than_its_leases_lived_gets_them_back() throws Exception {
        var worker = grid.worker();
        var frozen = grid.closing(ProxyProcess.start(grid.redis().port()));
        var other = grid.front();
        var clients = sessions(frozen);
        grid.awaitLeases(SESSIONS, SOON);

        frozen.signal("STOP");
        await("the leases have run out")
                .atMost(Timing.QUIET)
                .until(() -> FaultClient.status(other.port()) == 101 && grid.leases() == 0);
        assertThat(FaultGrid.sockets(worker)).isEqualTo(SESSIONS);
        var over = new ArrayList<Integer>();
        List<FaultClient> more = new ArrayList<>();
        for (var n = 0; n < 10 - SESSIONS; n++) {
            more.add(other.session());
        }
        over.add(FaultClient.status(other.port()));
        frozen.signal("CONT");

        assertThat(over).as("a session above the worker's own cap").containsExactly(503);
        grid.awaitLeases(10, Timing.LEASE_RENEWAL.plus(SOON));
        for (var client : clients) {
            client.assertEchoes();
            client.leave();
        }
        for (var client : more) {
            client.assertEchoes();
            client.leave();
        }
        grid.assertQuiet();
    }
}
