package dev.greenroom.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.greenroom.testkit.LoggedLines;
import dev.greenroom.worker.WorkerRun;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// A worker dies, hangs, or cannot be reached.
@Timeout(60)
final class WorkerFaultsIT {
    private static final Duration SOON = Duration.ofSeconds(1);
    private static final Duration BACK = Duration.ofSeconds(5);

    private final FaultGrid grid = new FaultGrid(10, 1_000);
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

    @AfterEach
    void close() throws Exception {
        threads.shutdownNow();
        grid.close();
    }

    private boolean isKnown(String worker) {
        return grid.redis().cli("EXISTS", "worker:" + worker).equals("1");
    }

    private void awaitGone(String worker) {
        await("the record of " + worker + " has run out")
                .atMost(Timing.WORKER_TTL.plusSeconds(2))
                .until(() -> !isKnown(worker));
    }

    /// A worker in a fresh process is slow to serve its first session.
    private static void awaitServed(FaultGrid.Front front) {
        await("a session is served")
                .atMost(Duration.ofSeconds(30))
                .until(() -> FaultClient.status(front.port()) == 101);
    }

    @Test
    void FW2_a_worker_that_is_killed_ends_its_sessions_at_once_and_is_forgotten_at_once_with_one_warning()
            throws Exception {
        var log = grid.closing(LoggedLines.of("dev.greenroom.proxy"));
        var doomed = grid.closing(EchoWorkerProcess.start(grid.redis().port()));
        var front = grid.front();
        awaitServed(front);
        var session = front.session();
        var other = front.session();
        grid.worker();

        var killed = System.nanoTime();
        doomed.process().destroyForcibly();
        var close = session.awaitClose();
        var told = Duration.ofNanos(System.nanoTime() - killed);
        other.awaitClose();
        var next = FaultClient.status(front.port());

        assertThat(close.closeCode()).isEqualTo(1011);
        assertThat(close.closeReason()).isEqualTo("disconnected: worker lost");
        assertThat(told).isLessThan(SOON);
        assertThat(next).as("a session on the other worker").isEqualTo(101);
        session.close();
        other.close();
        await("long before its record runs out").atMost(SOON).until(() -> !isKnown(doomed.id()));
        grid.assertQuiet();
        assertThat(log.withCode("WORKER_LOST"))
                .singleElement()
                .asString()
                .startsWith("WARN")
                .contains(doomed.id());
    }

    @Test
    void FW4_a_worker_that_hangs_costs_its_own_sessions_and_is_back_when_it_goes_on() throws Exception {
        var frozen = grid.closing(EchoWorkerProcess.start(grid.redis().port()));
        var front = grid.front(Timing.impatientProxy(), grid.redis().port(), InstantSource.system());
        awaitServed(front);
        var session = front.session();
        var close = threads.submit(session::awaitClose);
        grid.worker();

        frozen.signal("STOP");
        var next = FaultClient.status(front.port());
        awaitGone(frozen.id());
        var told = close.get(10, TimeUnit.SECONDS);
        session.close();
        frozen.signal("CONT");

        assertThat(next).as("a session on the other worker").isEqualTo(101);
        assertThat(told.closeReason()).isEqualTo("disconnected: peer timed out");
        await("the worker registers anew").atMost(BACK).until(() -> isKnown(frozen.id()));
        await("its sockets are closed").atMost(BACK).until(() -> sockets(frozen) == 0);
        grid.assertQuiet();
    }

    @Test
    void FW5_a_worker_that_was_frozen_and_reaped_is_back_with_the_right_count() throws Exception {
        var frozen = grid.closing(EchoWorkerProcess.start(grid.redis().port()));
        var front = grid.front();
        awaitServed(front);
        var first = front.session();
        var second = front.session();

        frozen.signal("STOP");
        awaitGone(frozen.id());
        front.registry().reap();
        frozen.signal("CONT");

        await("the worker registers anew").atMost(BACK).until(() -> isKnown(frozen.id()));
        grid.awaitLeases(2, BACK);
        assertThat(grid.redis().cli("HGET", "cluster:active_connections", frozen.id()))
                .isEqualTo("2");
        assertThat(sockets(frozen)).isEqualTo(2);
        first.assertEchoes();
        second.assertEchoes();
        first.leave();
        second.leave();
        grid.assertQuiet();
    }

    @Test
    void FW10_a_worker_with_the_id_of_a_live_one_leaves_with_a_sentence_and_the_first_serves_on() throws Exception {
        var first = grid.worker();
        var front = grid.front();
        var session = front.session();

        var clone = grid.cloneOf(first);

        assertThat(clone.end().get(10, TimeUnit.SECONDS))
                .isEqualTo(new WorkerRun.RunEnd.Failure(
                        "another live worker has the id " + first.id() + "; ids must not be copied between machines"));
        assertThat(grid.redis().cli("HGET", "worker:" + first.id(), "wsEndpoint"))
                .contains(":" + first.port() + "/");
        session.assertEchoes();
        assertThat(FaultClient.status(front.port())).isEqualTo(101);
        assertThat(first.end()).isNotDone();
        session.leave();
        grid.assertQuiet();
    }

    @Test
    void FW14_a_session_that_never_ends_is_ended_at_its_time_limit() throws Exception {
        grid.worker();
        var limit = Duration.ofSeconds(2);
        var front = grid.front(Timing.proxyWithLimit(limit), grid.redis().port(), InstantSource.system());

        var began = System.nanoTime();
        var session = front.session();
        session.assertEchoes();
        var close = session.awaitClose();
        var took = Duration.ofNanos(System.nanoTime() - began);

        assertThat(close.closeCode()).isEqualTo(1008);
        assertThat(close.closeReason()).isEqualTo("session time limit");
        assertThat(took).isBetween(limit, limit.plus(BACK));
        session.close();
        grid.assertQuiet();
    }

    private static int sockets(EchoWorkerProcess worker) throws IOException {
        var health = URI.create("http://127.0.0.1:" + worker.port() + "/health").toURL();
        try (var body = health.openStream()) {
            var text = new String(body.readAllBytes(), StandardCharsets.UTF_8);
            return Integer.parseInt(text.replaceAll(".*\"sessions\":(\\d+).*", "$1"));
        }
    }
}
