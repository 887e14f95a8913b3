package dev.greenroom.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.greenroom.testkit.FakeWorker;
import dev.greenroom.testkit.RawClient;
import java.io.IOException;
import java.net.InetAddress;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Somebody opens more connections than it may, to a proxy or a worker that is a process of its own.
@Timeout(90)
final class ConnectionFloodIT {
    private static final int PER_ADDRESS = 100;
    private static final int SLOTS = 2 * PER_ADDRESS;

    private static final int FLOOD = 500;
    private static final String HEALTH = "GET /health HTTP/1.1\r\nHost: grid\r\n\r\n";
    private static final Duration LIMIT = Duration.ofSeconds(20);

    private final FaultGrid grid = new FaultGrid(SLOTS, 1_000);
    private final List<RawClient> sessions = new ArrayList<>();
    private final List<RawClient> flood = new ArrayList<>();

    @AfterEach
    void close() throws Exception {
        calm();
        grid.close();
    }

    private void calm() throws IOException {
        for (var client : sessions) {
            client.close();
        }
        for (var client : flood) {
            client.close();
        }
    }

    private static String ask(LoneProxy proxy, InetAddress from, String request) throws IOException {
        try (var client = RawClient.connect(proxy.port(), from).send(request)) {
            return client.readAll();
        }
    }

    @Test
    void S20_a_flood_of_one_address_is_held_to_its_limit_and_costs_neither_others_nor_the_health_check()
            throws Exception {
        var worker = grid.closing(FakeWorker.start(FakeWorker.echo()));
        grid.register("calm", worker.port(), SLOTS);
        var here = InetAddress.ofLiteral("127.0.0.1");
        var elsewhere = InetAddress.ofLiteral("127.0.0.2");
        var settings = Map.of(
                "MAX_CONNECTIONS_PER_ADDRESS",
                Integer.toString(PER_ADDRESS),
                "MAX_CONCURRENT_SESSIONS",
                Integer.toString(SLOTS),
                "MAX_LIFETIME_SESSIONS",
                "1000");
        try (var proxy = LoneProxy.start(grid.redis().port(), List.of(), List.of(), settings)) {

            for (var n = 0; n < PER_ADDRESS; n++) {
                sessions.add(FaultClient.open(proxy.port()).raw());
            }
            for (var n = 0; n < FLOOD; n++) {
                flood.add(RawClient.connect(proxy.port(), here));
            }

            var refused = 0;
            for (var client : flood) {
                var answer = client.readAll();
                assertThat(answer).containsAnyOf("too many connections", "was not complete within 2 s");
                refused += answer.contains("too many connections") ? 1 : 0;
            }
            assertThat(refused).as("refused without being heard").isGreaterThan(FLOOD / 2);
            assertThat(ask(proxy, here, RawClient.upgrade("/", ""))).contains("too many connections");
            var session =
                    new FaultClient(RawClient.connect(proxy.port(), elsewhere).send(RawClient.upgrade("/", "")));
            assertThat(session.raw().readHead()).startsWith("HTTP/1.1 101 ");
            session.assertEchoes();
            session.leave();
            assertThat(ask(proxy, elsewhere, HEALTH)).startsWith("HTTP/1.1 200 ");
            // Those that are heard have 2 s to say what they want.
            await().atMost(LIMIT).until(() -> ask(proxy, here, HEALTH).startsWith("HTTP/1.1 200 "));
            assertThat(ask(proxy, here, RawClient.upgrade("/", ""))).contains("too many connections");
            calm();
            await().atMost(LIMIT).until(() -> FaultClient.status(proxy.port()) == 101);
            grid.assertQuiet();
        }
    }

    @Test
    void S20_connections_that_say_nothing_to_a_worker_cost_no_session_and_no_health_check() throws Exception {
        var prefix = List.of("prlimit", "--nofile=512:512", "--");
        var worker = grid.closing(
                EchoWorkerProcess.start(prefix, "127.0.0.1", grid.redis().port(), "127.0.0.1"));
        var front = grid.front(Timing.patientProxy(), grid.redis().port(), InstantSource.system());
        await().atMost(LIMIT).until(() -> FaultClient.status(front.port()) == 101);
        var early = front.session();

        for (var n = 0; n < 3 * FLOOD; n++) {
            flood.add(RawClient.connect(worker.port()));
        }
        var during = front.session();
        try (var check = RawClient.connect(worker.port()).send(HEALTH)) {
            assertThat(check.readAll()).startsWith("HTTP/1.1 200 ");
        }

        early.assertEchoes();
        during.assertEchoes();
        early.leave();
        during.leave();
        grid.assertQuiet();
    }
}
