package dev.greenroom.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.e2e.grid.Cluster;
import dev.greenroom.e2e.grid.RemoteNetwork;
import dev.greenroom.e2e.wire.HeldSession;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Workers that were all told the same name, as the replicas of one service are. Needs root and `ip netns`,
/// as CI has.
class SharedNameIT {
    private static final int WORKERS = 3;
    private static final String NAME = "worker.grid.example";

    private final List<RemoteNetwork> machines = new ArrayList<>();

    @BeforeEach
    void open() {
        IntStream.range(0, WORKERS).forEach(n -> machines.add(RemoteNetwork.open(n)));
        var hosts = machines.stream()
                .map(machine -> machine.ownAddress() + " " + NAME + "\n")
                .collect(Collectors.joining("", "127.0.0.1 localhost\n", ""));
        machines.forEach(machine -> machine.setHosts(hosts));
    }

    @AfterEach
    void close() {
        machines.forEach(RemoteNetwork::close);
    }

    @Test
    void three_workers_behind_one_name_all_get_their_own_sessions() {
        try (var cluster = Cluster.start(
                0,
                Map.of("MAX_CONCURRENT_SESSIONS", "1"),
                Map.of("MAX_CONCURRENT_SESSIONS", "1", "WARM_BROWSERS", "0", "PRIVATE_HOSTNAME", NAME))) {
            cluster.addWorkersOn(machines);

            List<String> servants = new ArrayList<>();
            List<HeldSession> sessions = new ArrayList<>();
            for (var n = 0; n < WORKERS; n++) {
                var session = HeldSession.open(cluster.port());
                sessions.add(session);
                servants.add(cluster.workerOf(session.id()));
            }
            sessions.forEach(HeldSession::close);
            cluster.awaitActive(0);

            assertThat(servants).doesNotHaveDuplicates();
            assertThat(servants.stream().map(id -> host(cluster, id)))
                    .containsExactlyInAnyOrderElementsOf(
                            machines.stream().map(RemoteNetwork::ownAddress).toList());
            assertThat(cluster.workers()).allSatisfy(worker -> {
                assertThat(worker.program().out().containing("PRIVATE_HOSTNAME_SHARED"))
                        .hasSize(1);
                assertThat(worker.program().out().containing("WORKER_SESSION_ENDED"))
                        .hasSize(1);
            });
        }
    }

    private static String host(Cluster cluster, String worker) {
        return URI.create(cluster.redis().cli("HGET", "worker:" + worker, "wsEndpoint"))
                .getHost();
    }
}
