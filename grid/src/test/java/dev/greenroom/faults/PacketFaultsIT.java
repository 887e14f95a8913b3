package dev.greenroom.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.greenroom.session.BrowserType;
import dev.greenroom.session.WorkerId;
import dev.greenroom.testkit.RawClient;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Packets between a proxy and its workers are dropped silently, acknowledgements too.
@Timeout(60)
final class PacketFaultsIT {
    private static final int SLOTS = 10;
    private static final int MESSAGES = 20;
    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final Duration AT_ONCE = Duration.ofSeconds(4);

    private final FaultGrid grid = new FaultGrid(SLOTS, 1_000);
    private final List<String> registered = new ArrayList<>();

    @AfterEach
    void close() throws Exception {
        grid.close();
    }

    private void register(FarHost far, int port, int slots) throws Exception {
        grid.register("far-" + port, far.there(), port, slots);
        registered.add("far-" + port);
    }

    private void leave() throws Exception {
        try (var registry = grid.registry(grid.redis().port())) {
            for (var name : registered) {
                registry.deregister(new WorkerId(BrowserType.CHROMIUM, name), "incarnation-" + name);
            }
        }
    }

    /// A connection whose first packet is lost is too late; then there is no worker for this client.
    private static Optional<FaultClient> ask(FaultGrid.Front front) throws IOException {
        var client = RawClient.connect(front.port()).send(RawClient.upgrade("/", ""));
        if (client.readHead().startsWith("HTTP/1.1 101 ")) {
            return Optional.of(new FaultClient(client));
        }
        client.close();
        return Optional.empty();
    }

    @Test
    void FR9_workers_whose_packets_vanish_one_way_or_both_cost_their_own_sessions_only() throws Exception {
        var network = grid.closing(FarHost.open("p"));
        var ports = grid.closing(FarWorkers.start(network.prefix(), 3)).ports();
        var front = grid.front(Timing.impatientProxy(), grid.redis().port(), InstantSource.system());
        List<FaultClient> sessions = new ArrayList<>();
        for (var port : ports) {
            register(network, port, 1);
            sessions.add(front.session());
        }
        for (var session : sessions) {
            session.assertEchoes();
        }

        network.drop("input", "tcp dport { " + ports.get(0) + ", " + ports.get(2) + " }");
        network.drop("output", "tcp sport { " + ports.get(1) + ", " + ports.get(2) + " }");
        for (var port : ports) {
            register(network, port, SLOTS);
        }
        grid.worker();
        var began = System.nanoTime();
        var next = FaultClient.status(front.port());
        var nextTook = Duration.ofNanos(System.nanoTime() - began);
        List<Integer> codes = new ArrayList<>();
        for (var session : sessions) {
            codes.add(session.awaitClose().closeCode());
            session.close();
        }
        var took = Duration.ofNanos(System.nanoTime() - began);

        assertThat(next).as("a session on the worker that is left").isEqualTo(101);
        assertThat(nextTook).isLessThan(AT_ONCE);
        assertThat(codes).containsOnly(1011);
        assertThat(took).isLessThan(Timing.PEER_TIMEOUT.plusSeconds(4));
        leave();
        grid.assertQuiet();
    }

    @Test
    void FR19_sessions_whose_packets_are_lost_or_come_twice_are_slower_and_lose_nothing() throws Exception {
        var network = grid.closing(FarHost.open("p"));
        var port = grid.closing(FarWorkers.start(network.prefix(), 1)).ports().getFirst();
        register(network, port, SLOTS);
        var front = grid.front();
        network.drop("input", "numgen random mod 20 == 0");
        network.drop("output", "numgen random mod 20 == 0");
        network.repeat("numgen random mod 10 == 0");
        Callable<Boolean> visit = () -> {
            var session = await().atMost(LIMIT)
                    .until(() -> ask(front), Optional::isPresent)
                    .orElseThrow();
            for (var n = 0; n < MESSAGES; n++) {
                session.assertEchoes();
            }
            session.leave();
            return true;
        };

        try (var clients = Executors.newVirtualThreadPerTaskExecutor()) {
            for (var done : clients.invokeAll(Collections.nCopies(SLOTS, visit))) {
                assertThat(done.get()).isTrue();
            }
        }

        assertThat(network.dropped("input")).as("lost on the way there").isPositive();
        assertThat(network.dropped("output")).as("lost on the way back").isPositive();
        leave();
        grid.assertQuiet();
    }
}
