package dev.greenroom.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.greenroom.worker.WorkerRun;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// A worker drains while the registry counts wrong.
@Timeout(60)
final class DrainFaultsIT {
    private static final Duration SOON = Duration.ofSeconds(4);

    private final FaultGrid grid = new FaultGrid(10, 1_000);
    private EchoWorker worker;
    private FaultGrid.Front front;

    @BeforeEach
    void open() throws Exception {
        worker = grid.worker();
        front = grid.front();
    }

    @AfterEach
    void close() throws Exception {
        grid.close();
    }

    private void order() {
        grid.redis().cli("SET", "worker:cmd:" + worker.id(), "shutdown", "EX", "10");
        grid.redis().cli("PUBLISH", "worker:cmd:" + worker.id(), "shutdown");
    }

    @Test
    void FW16_a_drain_does_not_end_before_the_sockets_although_the_registry_counts_none() throws Exception {
        var session = front.session();
        front.registry().close();
        grid.redis().cli("FLUSHALL");
        await("the worker registers anew")
                .atMost(SOON)
                .until(() -> grid.redis().cli("EXISTS", "worker:" + worker.id()).equals("1"));

        order();
        await().atMost(SOON).until(worker::isDraining);

        assertThat(grid.active()).isZero();
        session.assertEchoes();
        assertThat(worker.end()).isNotDone();
        session.leave();
        assertThat(worker.end().get(SOON.toSeconds(), TimeUnit.SECONDS)).isInstanceOf(WorkerRun.RunEnd.Ordered.class);
        grid.assertQuiet();
    }

    @Test
    void FW16_a_drain_ends_with_the_sockets_although_the_registry_counts_more() throws Exception {
        var session = front.session();
        grid.redis().cli("SADD", "grid:sess:" + worker.id(), "phantom-1", "phantom-2");
        grid.redis().cli("HSET", "cluster:active_connections", worker.id().toString(), "7");

        order();
        await().atMost(SOON).until(worker::isDraining);
        session.leave();

        assertThat(worker.end().get(SOON.toSeconds(), TimeUnit.SECONDS)).isInstanceOf(WorkerRun.RunEnd.Ordered.class);
        grid.assertQuiet();
    }
}
