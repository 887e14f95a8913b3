package dev.greenroom.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.greenroom.worker.WorkerRun;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Workers come to the end of their lifetimes under load.
@Timeout(90)
final class SawtoothIT {
    private static final int WORKERS = 4;
    private static final int SLOTS = 2;
    private static final int LIFETIME = 12;
    private static final int CLIENTS = 3;
    private static final int SESSIONS = 150;

    private final FaultGrid grid = new FaultGrid(SLOTS, LIFETIME);
    private final AtomicInteger recycled = new AtomicInteger();
    private final ConcurrentLinkedQueue<Integer> recyclingAtOnce = new ConcurrentLinkedQueue<>();
    private volatile boolean over;

    @AfterEach
    void close() throws Exception {
        over = true;
        grid.close();
    }

    /// A worker whose next incarnation begins when the last one has ended, as under any supervisor.
    private void supervise(EchoWorker worker) {
        var _ = worker.end()
                .thenAcceptAsync(
                        why -> {
                            if (!over && why instanceof WorkerRun.RunEnd.Recycle) {
                                recycled.incrementAndGet();
                                supervise(next());
                            }
                        },
                        Thread::startVirtualThread);
    }

    private EchoWorker next() {
        try {
            synchronized (grid) {
                return grid.worker();
            }
        } catch (Exception e) {
            throw new IllegalStateException("a worker did not start", e);
        }
    }

    private void watch() {
        var script = "local d = 0; for _, w in ipairs(redis.call('ZRANGE', 'grid:workers:chromium', 0, -1)) do"
                + " if redis.call('HGET', 'worker:' .. w, 'status') == 'draining' then d = d + 1 end end return d";
        while (!over) {
            recyclingAtOnce.add(Integer.parseInt(grid.redis().cli("EVAL", script, "0")));
        }
    }

    @Test
    void four_workers_at_their_lifetimes_recycle_one_after_the_other_and_nobody_is_refused() throws Exception {
        for (var n = 0; n < WORKERS; n++) {
            supervise(next());
        }
        var front = grid.front();
        var watcher = Thread.ofVirtual().start(this::watch);
        var left = new AtomicInteger(SESSIONS);
        var answers = new ConcurrentLinkedQueue<Integer>();
        Callable<Boolean> client = () -> {
            while (left.getAndDecrement() > 0) {
                answers.add(FaultClient.status(front.port()));
            }
            return true;
        };

        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (var done : threads.invokeAll(List.of(client, client, client))) {
                assertThat(done.get()).isTrue();
            }
        }
        await().atMost(Duration.ofSeconds(10)).until(() -> recycled.get() >= WORKERS);
        over = true;
        watcher.join();

        assertThat(answers).hasSize(SESSIONS).containsOnly(101);
        assertThat(recyclingAtOnce).as("recycling at once").contains(1).allMatch(count -> count <= 1);
        assertThat(CLIENTS).isLessThan(SLOTS * (WORKERS - 1));
        grid.assertQuiet();
    }
}
