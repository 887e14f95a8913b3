package dev.greenroom.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.greenroom.testkit.Canary;
import dev.greenroom.testkit.RawClient;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Redis goes, while sessions run.
@Timeout(60)
final class RegistryOutageFaultsIT {
    private static final Duration BACK = Duration.ofSeconds(5);
    private static final int SESSIONS = 6;

    private final FaultGrid grid = new FaultGrid(10, 1_000);
    private FaultGrid.Front front;
    private List<FaultClient> clients;

    @BeforeEach
    void open() throws Exception {
        grid.worker();
        front = grid.front();
        clients = new ArrayList<>();
        for (var n = 0; n < SESSIONS; n++) {
            clients.add(front.session());
        }
        grid.awaitLeases(SESSIONS, BACK);
    }

    @AfterEach
    void close() throws Exception {
        grid.close();
    }

    private void leave(int count) throws IOException {
        for (var n = 0; n < count; n++) {
            clients.removeFirst().leave();
        }
    }

    private void assertAllGoOn() throws IOException {
        for (var client : clients) {
            client.assertEchoes();
        }
    }

    private void awaitService() {
        await("a new session").atMost(BACK).until(() -> FaultClient.status(front.port()) == 101);
    }

    @Test
    void FR3_sessions_outlive_a_redis_that_comes_back_empty() throws Exception {
        grid.redis().kill();
        assertThat(FaultClient.status(front.port())).isEqualTo(503);
        leave(2);
        assertAllGoOn();

        grid.redis().startAgain();

        awaitService();
        grid.awaitLeases(SESSIONS - 2, BACK);
        assertAllGoOn();
        leave(SESSIONS - 2);
        grid.assertQuiet();
    }

    @Test
    void FR3_releases_of_an_outage_are_applied_after_it() throws Exception {
        grid.redis().pause();
        assertThat(FaultClient.status(front.port())).isEqualTo(503);
        leave(4);
        assertAllGoOn();

        grid.redis().resume();

        awaitService();
        grid.awaitLeases(SESSIONS - 4, BACK);
        leave(SESSIONS - 4);
        grid.assertQuiet();
    }

    @Test
    void FR17_a_redis_that_takes_no_more_connections_is_an_outage_that_ends_with_it() throws Exception {
        try (var operator = RawClient.connect(grid.redis().port())) {
            operator.send("CONFIG SET maxclients 1\r\n");
            assertThat(FaultClient.status(front.port()))
                    .as("on the connection that there is")
                    .isEqualTo(101);
            operator.send("CLIENT KILL TYPE normal\r\n");
            await().atMost(BACK).until(() -> FaultClient.status(front.port()) == 503);
            assertAllGoOn();

            operator.send("CONFIG SET maxclients 100\r\n");

            awaitService();
        }
        grid.awaitLeases(SESSIONS, BACK);
        leave(SESSIONS);
        grid.assertQuiet();
    }

    @Test
    void FR17_a_redis_whose_password_changed_is_an_outage_that_ends_when_it_is_changed_back() throws Exception {
        grid.redis().cli("CONFIG", "SET", "requirepass", Canary.secret("redis"));
        grid.redis().cli("-a", Canary.secret("redis"), "CLIENT", "KILL", "TYPE", "normal");
        await().atMost(BACK).until(() -> FaultClient.status(front.port()) == 503);
        assertAllGoOn();
        leave(1);

        grid.redis().cli("-a", Canary.secret("redis"), "CONFIG", "SET", "requirepass", "");

        awaitService();
        grid.awaitLeases(SESSIONS - 1, BACK);
        leave(SESSIONS - 1);
        grid.assertQuiet();
    }
}
