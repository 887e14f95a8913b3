package dev.greenroom.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.management.HotSpotDiagnosticMXBean;
import com.sun.management.HotSpotDiagnosticMXBean.ThreadDumpFormat;
import dev.greenroom.testkit.LoggedLines;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// What lives as long as a process keeps nothing of what lived shorter: a thousand worker runs and ten
/// thousand sessions in one process leave it as it was.
@Timeout(1_800)
final class WorkerLeaksIT {
    private static final int SLOTS = 8;
    private static final int LIFETIME = 8;
    private static final int CLIENTS = 4;

    /// What caches, compiled code and pools have grown to by then is not counted.
    private static final int RUNS_BEFORE = 150;

    private static final int RUNS = Integer.getInteger("greenroom.leaks.runs", 1_000);
    private static final int SESSIONS = 10 * RUNS;

    /// Of the collector and of code that is still being compiled. A thousand runs that were kept took 15
    /// MiB.
    private static final long NOISE_BYTES = 6L << 20;

    /// What comes and goes; a leak is one for each run or session.
    private static final int FEW = 10;

    private final FaultGrid grid = new FaultGrid(SLOTS, LIFETIME);
    private final LoggedLines log = LoggedLines.of("dev.greenroom.worker");

    @TempDir
    private Path folder;

    @AfterEach
    void close() throws Exception {
        log.close();
        grid.close();
    }

    /// What one process holds.
    private record Held(long heapBytes, long threads, long descriptors, long keys, long members) {}

    @Test
    void a_thousand_runs_and_ten_thousand_sessions_leave_the_process_and_redis_as_they_were() throws Exception {
        var worker = grid.renewingWorker();
        var front = grid.front();
        serve(worker, front, RUNS_BEFORE, RUNS_BEFORE * LIFETIME);
        var before = held(worker);

        serve(worker, front, RUNS, SESSIONS);

        var after = held(worker);
        assertThat(after.threads()).as("threads " + before + after).isLessThanOrEqualTo(before.threads() + FEW);
        assertThat(after.descriptors()).as("descriptors").isLessThanOrEqualTo(before.descriptors() + FEW);
        assertThat(after.keys()).as("keys in Redis").isLessThanOrEqualTo(before.keys() + FEW);
        assertThat(after.members()).as("members of keys in Redis").isLessThanOrEqualTo(before.members() + FEW);
        assertThat(after.heapBytes()).as("heap " + before + after).isLessThan(before.heapBytes() + NOISE_BYTES);
    }

    /// Connects and closes clients until there were so many worker runs and sessions.
    private static void serve(EchoWorkerRuns worker, FaultGrid.Front front, int runs, int sessions) throws Exception {
        var target = worker.begun() + runs;
        var left = new AtomicInteger(sessions);
        Callable<Boolean> client = () -> {
            while (left.getAndDecrement() > 0 || worker.begun() < target) {
                assertThat(FaultClient.status(front.port())).isEqualTo(101);
            }
            return true;
        };
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (var done : threads.invokeAll(Collections.nCopies(CLIENTS, client))) {
                assertThat(done.get()).isTrue();
            }
        }
    }

    /// When all is over that goes on for a moment after a session or a run.
    private Held held(EchoWorkerRuns worker) throws IOException {
        await().atMost(Duration.ofSeconds(20))
                .until(() -> worker.supervisor().runs().size() == 1);
        grid.assertQuiet();
        log.clear();
        var least = look();
        for (var n = 0; n < 8; n++) {
            var now = look();
            least = new Held(
                    Math.min(least.heapBytes(), now.heapBytes()),
                    Math.min(least.threads(), now.threads()),
                    Math.min(least.descriptors(), now.descriptors()),
                    Math.min(least.keys(), now.keys()),
                    Math.min(least.members(), now.members()));
        }
        return least;
    }

    private Held look() throws IOException {
        System.gc();
        var heap = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
        return new Held(heap, threads(), descriptors(), redis("#redis.call('KEYS', '*')"), members());
    }

    private long redis(String expression) {
        return Long.parseLong(grid.redis().cli("EVAL", "return " + expression, "0"));
    }

    private long members() {
        return Long.parseLong(grid.redis().cli("EVAL", """
                        local sizes = {hash = 'HLEN', set = 'SCARD', zset = 'ZCARD', list = 'LLEN'}
                        local all = 0
                        for _, key in ipairs(redis.call('KEYS', '*')) do
                          local size = sizes[redis.call('TYPE', key).ok]
                          all = all + (size and redis.call(size, key) or 1)
                        end
                        return all
                        """, "0"));
    }

    private static long descriptors() throws IOException {
        try (var open = Files.list(Path.of("/proc/self/fd"))) {
            return open.count();
        }
    }

    /// The virtual ones too.
    private long threads() throws IOException {
        var dump = folder.resolve("threads.json");
        ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class)
                .dumpThreads(dump.toString(), ThreadDumpFormat.JSON);
        var threads = List.of(Files.readString(dump).split("\"tid\"", -1)).size() - 1;
        Files.delete(dump);
        return threads;
    }
}
