package dev.greenroom.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.greenroom.config.ByteSize;
import dev.greenroom.config.WorkerSections.CapacitySettings;
import dev.greenroom.config.WorkerSections.DrainSettings;
import dev.greenroom.config.WorkerSections.MemorySettings;
import dev.greenroom.registry.Registry.Acquisition;
import dev.greenroom.registry.RegistryFixtures;
import dev.greenroom.registry.WorkerRecord;
import dev.greenroom.registry.WorkerRecord.WorkerStatus;
import dev.greenroom.session.SessionLimit;
import dev.greenroom.session.SessionLimit.RecycleMode;
import dev.greenroom.testkit.LoggedLines;
import dev.greenroom.worker.WorkerRun;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Worker processes whose runs follow each other while clients come and go.
@Timeout(60)
final class WorkerRenewalIT {
    private static final Duration SOON = Duration.ofSeconds(10);
    private static final int SLOTS = 3;
    private static final int LIFETIME = 4;

    private final FaultGrid grid = new FaultGrid(SLOTS, LIFETIME);
    private final LoggedLines log = LoggedLines.of("dev.greenroom.worker");

    @AfterEach
    void close() throws Exception {
        log.close();
        grid.close();
    }

    private int renewals() {
        return log.withCode("WORKER_RENEWED").size();
    }

    @Test
    void a_session_goes_on_while_five_runs_follow_its_own_and_nobody_is_refused() throws Exception {
        var worker = grid.renewingWorker();
        var front = grid.front();
        var answers = new ArrayList<Integer>();
        var aliveAtOnce = new ArrayList<Integer>();

        try (var session = front.session()) {
            while (renewals() < 5) {
                answers.add(FaultClient.status(front.port()));
                aliveAtOnce.add(worker.supervisor().runs().size());
            }
            session.assertEchoes();
            assertThat(worker.supervisor().runs()).hasSizeGreaterThanOrEqualTo(2);
            session.leave();
        }

        assertThat(answers).hasSizeGreaterThanOrEqualTo(5 * (LIFETIME - 1)).containsOnly(101);
        assertThat(aliveAtOnce).allMatch(runs -> runs <= SLOTS + 1);
        await().atMost(SOON).until(() -> worker.supervisor().runs().size() == 1);
        grid.assertQuiet();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void sessions_of_an_earlier_run_count_against_the_slots_of_the_next_one_until_they_end(boolean workerSaysHowMany)
            throws Exception {
        var limit = workerSaysHowMany ? SessionLimit.set(SLOTS) : SessionLimit.byDefault(SLOTS + 2);
        var worker = grid.renewingWorker(EchoWorkerRuns.hardlyBeating(
                EchoWorkerRuns.renewing(SLOTS, LIFETIME), new CapacitySettings(limit, SessionLimit.set(LIFETIME))));
        var front = grid.front();
        var first = worker.supervisor().runs().getFirst();
        var held = List.of(front.session(), front.session());
        while (worker.supervisor().runs().contains(first)
                && worker.supervisor().runs().size() == 1) {
            assertThat(FaultClient.status(front.port())).isEqualTo(101);
        }
        await().atMost(SOON).until(() -> slots(front) == 1);
        assertThat(log.withCode("WORKER_REGISTERED").getLast()).containsPattern("occupied=\"[23]\"");

        try (var third = front.session()) {
            assertThat(worker.supervisor().sessions()).isEqualTo(SLOTS);
            assertThat(front.registry().acquire(RegistryFixtures.request())).isInstanceOf(Acquisition.AllTaken.class);
            third.assertEchoes();
            third.leave();
        }
        leave(held.getFirst());
        await("its slot, long before the next regular heartbeat").atMost(SOON).until(() -> slots(front) == 2);
        leave(held.getLast());
        await("all slots").atMost(SOON).until(() -> slots(front) == SLOTS);
        assertThat(worker.supervisor().sessions()).isZero();
    }

    private static void leave(FaultClient session) throws Exception {
        session.assertEchoes();
        session.leave();
    }

    @Test
    void the_last_sessions_of_a_run_end_with_1001_when_their_time_is_up_where_it_has_a_bound() throws Exception {
        var usual = EchoWorkerRuns.renewing(SLOTS, LIFETIME);
        var bounded = new DrainSettings(Duration.ofSeconds(30), RecycleMode.RENEW, Optional.of(Duration.ofMillis(100)));
        var worker = grid.renewingWorker(EchoWorkerRuns.with(usual, bounded));
        var front = grid.front();

        try (var session = front.session()) {
            while (renewals() < 1) {
                assertThat(FaultClient.status(front.port())).isEqualTo(101);
            }

            assertThat(session.awaitClose().closeCode()).isEqualTo(1001);
        }
        await().atMost(SOON).until(() -> worker.supervisor().runs().size() == 1);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void a_run_that_has_outgrown_its_memory_drains_no_longer_than_any_worker(boolean drainsAlready) throws Exception {
        var usual = EchoWorkerRuns.renewing(SLOTS, LIFETIME);
        var hasty = new DrainSettings(Duration.ofMillis(200), RecycleMode.RENEW, Optional.empty());
        var small = new MemorySettings(Optional.of(new ByteSize(64L << 20)), 100);
        var worker = grid.renewingWorker(EchoWorkerRuns.with(usual, hasty, small));
        var front = grid.front();

        try (var session = front.session()) {
            while (drainsAlready && renewals() < 1) {
                assertThat(FaultClient.status(front.port())).isEqualTo(101);
            }
            worker.growFirst();

            assertThat(session.awaitClose().closeCode()).isEqualTo(1001);
        }
        await().atMost(SOON).until(() -> worker.supervisor().runs().size() == 1);
    }

    @Test
    void a_stop_ends_the_sessions_of_all_runs_within_the_drain_timeout() throws Exception {
        var usual = EchoWorkerRuns.renewing(SLOTS, LIFETIME);
        var hasty = new DrainSettings(Duration.ofMillis(200), RecycleMode.RENEW, Optional.empty());
        var worker = grid.renewingWorker(EchoWorkerRuns.with(usual, hasty));
        var front = grid.front();

        try (var early = front.session()) {
            while (renewals() < 1) {
                assertThat(FaultClient.status(front.port())).isEqualTo(101);
            }
            try (var late = front.session()) {
                worker.supervisor().stop();

                assertThat(early.awaitClose().closeCode()).isEqualTo(1001);
                assertThat(late.awaitClose().closeCode()).isEqualTo(1001);
            }
        }
        assertThat(worker.supervisor().end().get(SOON.toSeconds(), TimeUnit.SECONDS))
                .isInstanceOf(WorkerRun.RunEnd.Stop.class);
    }

    /// The slots of the run that serves, as the registry knows them.
    private static int slots(FaultGrid.Front front) {
        return front.registry().workers().stream()
                .filter(worker -> worker.status() == WorkerStatus.AVAILABLE)
                .findFirst()
                .map(WorkerRecord::maxConcurrent)
                .orElse(0);
    }

    @Test
    void three_workers_renew_themselves_under_load_one_at_a_time_and_none_is_ever_missing() throws Exception {
        for (var n = 0; n < 3; n++) {
            grid.renewingWorker();
        }
        var front = grid.front();
        await().atMost(SOON).until(() -> available() == 3);
        var availableAtOnce = new ConcurrentLinkedQueue<Integer>();
        var answers = new ConcurrentLinkedQueue<Integer>();
        Callable<Boolean> client = () -> {
            while (renewals() < 12) {
                answers.add(FaultClient.status(front.port()));
            }
            return true;
        };
        Callable<Boolean> watcher = () -> {
            while (renewals() < 12) {
                availableAtOnce.add(available());
            }
            return true;
        };

        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (var done : threads.invokeAll(List.of(client, client, client, client, watcher))) {
                assertThat(done.get()).isTrue();
            }
        }

        assertThat(answers).hasSizeGreaterThan(12 * LIFETIME / 2).containsOnly(101);
        assertThat(availableAtOnce).isNotEmpty().containsOnly(3);
        grid.assertQuiet();
    }

    /// At this very moment; the list of workers is up to a second old.
    private int available() {
        var script = "local n = 0 for _, w in ipairs(redis.call('ZRANGE', 'grid:workers:chromium', 0, -1)) do"
                + " if redis.call('HGET', 'worker:' .. w, 'status') == 'available' then n = n + 1 end end return n";
        return Integer.parseInt(grid.redis().cli("EVAL", script, "0"));
    }
}
