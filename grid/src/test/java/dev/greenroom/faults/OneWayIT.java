package dev.greenroom.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.greenroom.registry.WorkerRecord;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// A worker that reaches Redis, and that no proxy reaches. Needs root and `ip netns`, as CI has.
@Timeout(60)
final class OneWayIT {
    private static final int SESSIONS = 5;
    private static final Duration START = Duration.ofSeconds(30);

    private final FaultGrid grid = new FaultGrid(10, 1_000);

    @AfterEach
    void close() throws Exception {
        grid.close();
    }

    /// A worker on another machine, to which one address of this one is Redis and the other one is the
    /// proxy.
    private EchoWorkerProcess worker(FarHost far) throws Exception {
        grid.redis().cli("CONFIG", "SET", "protected-mode", "no");
        grid.redis().cli("CONFIG", "SET", "bind", "127.0.0.1 " + far.alsoHere());
        return grid.closing(EchoWorkerProcess.start(
                far.prefix(), far.alsoHere(), grid.redis().port(), far.there()));
    }

    private String field(EchoWorkerProcess worker, String name) {
        return grid.redis().cli("HGET", "worker:" + worker.id(), name);
    }

    private List<Integer> connect(FaultGrid.Front front) throws Exception {
        List<Integer> answers = new ArrayList<>();
        for (var n = 0; n < SESSIONS; n++) {
            answers.add(FaultClient.status(front.port()));
        }
        return answers;
    }

    @Test
    void FW11_a_worker_that_reaches_redis_but_no_proxy_reaches_is_ejected_and_the_others_serve() throws Exception {
        var far = grid.closing(FarHost.open("o"));
        var lost = worker(far);
        var front = grid.front();
        await("a session is served over there").atMost(START).until(() -> FaultClient.status(front.port()) == 101);
        connect(front);
        grid.worker(); // with the lesser lifetime, so it is the second choice

        far.loseWayHere();
        var beat = field(lost, "lastHeartbeat");
        var answers = connect(front);

        assertThat(answers).containsOnly(101);
        assertThat(grid.redis().cli("HGET", "grid:strikes", lost.id()))
                .as("connects that found out that it is out of reach")
                .isEqualTo("1");
        // The list is read once a second at most.
        await("it is suspect")
                .atMost(START)
                .until(() -> front.registry().workers().stream()
                        .filter(worker -> worker.worker().toString().equals(lost.id()))
                        .anyMatch(WorkerRecord::suspect));
        await("it beats on")
                .atMost(Timing.HEARTBEAT.multipliedBy(4))
                .until(() -> !field(lost, "lastHeartbeat").equals(beat));
        grid.assertQuiet();
    }
}
