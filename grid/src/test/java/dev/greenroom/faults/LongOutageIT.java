package dev.greenroom.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Redis is away for longer than every lease and every worker's record lives. How long that is, in
/// seconds, says `-Dgreenroom.faults.outage`.
@Timeout(900)
final class LongOutageIT {
    private static final int SESSIONS = 200;
    private static final int LEAVING = 50;
    private static final Duration OUTAGE = Duration.ofSeconds(Integer.getInteger("greenroom.faults.outage", 8));
    private static final Duration BACK = Duration.ofSeconds(5);
    private static final Duration PAUSE = Duration.ofSeconds(1);

    private final FaultGrid grid = new FaultGrid(SESSIONS, 1_000);

    @AfterEach
    void close() throws Exception {
        grid.close();
    }

    @Test
    void FR3_two_hundred_sessions_outlive_an_outage_of_many_lease_lifetimes() throws Exception {
        assertThat(OUTAGE).isGreaterThan(Timing.LEASE_TTL.multipliedBy(2));
        var worker = grid.worker();
        var front = grid.front();
        List<FaultClient> clients = new ArrayList<>();
        for (var n = 0; n < SESSIONS; n++) {
            clients.add(front.session());
        }
        grid.awaitLeases(SESSIONS, BACK);

        grid.redis().kill();
        goOn(clients, OUTAGE.dividedBy(2));
        assertThat(FaultClient.status(front.port())).isEqualTo(503);
        for (var client : clients.subList(0, LEAVING)) {
            client.leave();
        }
        goOn(clients.subList(LEAVING, SESSIONS), OUTAGE.dividedBy(2));
        grid.redis().startAgain();

        grid.awaitLeases(SESSIONS - LEAVING, BACK);
        await().atMost(BACK).until(() -> FaultClient.status(front.port()) == 101);
        await().atMost(BACK).until(() -> FaultGrid.sockets(worker) == SESSIONS - LEAVING);
        for (var client : clients.subList(LEAVING, SESSIONS)) {
            client.assertEchoes();
            client.leave();
        }
        grid.assertQuiet();
    }

    /// The sessions go on for so long; their clients answer pings, as every client does.
    private static void goOn(List<FaultClient> clients, Duration time) {
        var end = System.nanoTime() + time.toNanos();
        await().pollInterval(PAUSE).atMost(time.multipliedBy(2).plus(BACK)).until(() -> {
            for (var client : clients) {
                client.assertEchoes();
            }
            return System.nanoTime() - end >= 0;
        });
    }
}
