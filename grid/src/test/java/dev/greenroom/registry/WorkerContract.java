package dev.greenroom.registry;

import static dev.greenroom.registry.RegistryContract.poll;
import static dev.greenroom.registry.RegistryFixtures.beat;
import static dev.greenroom.registry.RegistryFixtures.continues;
import static dev.greenroom.registry.RegistryFixtures.draining;
import static dev.greenroom.registry.RegistryFixtures.outgrown;
import static dev.greenroom.registry.RegistryFixtures.renewing;
import static dev.greenroom.registry.RegistryFixtures.replacing;
import static dev.greenroom.registry.RegistryFixtures.request;
import static dev.greenroom.registry.RegistryFixtures.session;
import static dev.greenroom.registry.RegistryFixtures.worker;
import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.registry.Registry.Acquisition.AllTaken;
import dev.greenroom.registry.Registry.Acquisition.Granted;
import dev.greenroom.registry.Registry.Acquisition.NoWorkers;
import dev.greenroom.registry.Registry.Heartbeat;
import dev.greenroom.registry.Registry.Heartbeat.HeartbeatReply;
import dev.greenroom.registry.Registry.Heartbeat.HeartbeatReply.Continue;
import dev.greenroom.registry.Registry.Heartbeat.HeartbeatReply.Duplicate;
import dev.greenroom.registry.Registry.Heartbeat.HeartbeatReply.Recycle;
import dev.greenroom.registry.Registry.Heartbeat.HeartbeatReply.Shutdown;
import dev.greenroom.registry.Registry.RegistryLimits;
import dev.greenroom.registry.WorkerRecord.EffectiveLimit;
import dev.greenroom.registry.WorkerRecord.EffectiveLimit.LimitSource;
import dev.greenroom.registry.WorkerRecord.WorkerStatus;
import dev.greenroom.session.SessionLimit;
import dev.greenroom.session.WorkerId;
import java.time.Duration;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.Test;

/// The behaviour of workers in every registry: heartbeats, ejection, orders and recycling.
public interface WorkerContract extends RegistryContract {
    Duration RECYCLE_WAIT = Duration.ofSeconds(90);

    /// Beats until time is up, as a worker does that lives.
    default void passWith(Registry registry, Duration time, Heartbeat... living) {
        for (var left = time; left.isPositive(); left = left.minus(RegistryFixtures.HEARTBEAT)) {
            pass(left.compareTo(RegistryFixtures.HEARTBEAT) < 0 ? left : RegistryFixtures.HEARTBEAT);
            for (var heartbeat : living) {
                registry.heartbeat(heartbeat);
            }
        }
    }

    @Test
    default void a_worker_is_listed_with_the_values_of_its_heartbeat() {
        var registry = registry();
        var heartbeat = beat("a");

        registry.heartbeat(heartbeat);

        assertThat(record(registry, worker("a")))
                .returns(heartbeat.endpoint(), WorkerRecord::endpoint)
                .returns(heartbeat.status(), WorkerRecord::status)
                .returns(heartbeat.startedAt(), WorkerRecord::startedAt)
                .returns(heartbeat.versions(), WorkerRecord::versions)
                .returns(heartbeat.software(), WorkerRecord::software)
                .returns(2, WorkerRecord::maxConcurrent)
                .returns(false, WorkerRecord::suspect);
    }

    @Test
    default void a_heartbeat_is_answered_with_active_and_lifetime_counts() {
        var registry = registry();
        registry.heartbeat(beat("a"));
        registry.release(List.of(granted(registry, request()).session()));
        granted(registry, request());

        assertThat(registry.heartbeat(beat("a"))).satisfies(continues(1, 2));
    }

    @Test
    default void a_worker_without_heartbeats_is_neither_selected_nor_listed() {
        var registry = registry();
        registry.heartbeat(beat("a"));

        pass(RegistryFixtures.WORKER_TTL.plusSeconds(1));

        assertThat(registry.acquire(request())).isInstanceOf(NoWorkers.class);
        assertThat(registry.workers()).isEmpty();
    }

    @Test
    default void a_paused_worker_comes_back_with_its_leases_and_its_lifetime_count() {
        var registry = registry();
        registry.heartbeat(beat("a"));
        registry.release(List.of(granted(registry, request()).session()));
        var lease = granted(registry, request()).lease();
        registry.heartbeat(beat("a"));
        for (var n = 0; n < 4; n++) {
            pass(Duration.ofSeconds(10));
            registry.renew(List.of(lease));
        }
        registry.reap();

        var reply = registry.heartbeat(beat("a"));

        assertThat(reply).satisfies(continues(1, 2));
    }

    @Test
    default void a_second_live_incarnation_of_a_worker_is_refused() {
        var registry = registry();
        registry.heartbeat(beat("a"));

        var second = registry.heartbeat(beat(worker("a"), "a-2"));
        pass(RegistryFixtures.WORKER_TTL.plusSeconds(1));
        var afterTheFirstDied = registry.heartbeat(beat(worker("a"), "a-2"));

        assertThat(second).isInstanceOf(Duplicate.class);
        assertThat(afterTheFirstDied).satisfies(continues(0, 0));
    }

    @Test
    default void a_new_incarnation_starts_a_new_lifetime_count() {
        var registry = registry();
        registry.heartbeat(beat("a"));
        registry.release(List.of(granted(registry, request()).session()));
        registry.deregister(worker("a"), "a-1");

        var reply = registry.heartbeat(beat(worker("a"), "a-2"));

        assertThat(reply).satisfies(continues(0, 0));
    }

    @Test
    default void a_worker_that_deregisters_is_gone_at_once() {
        var registry = registry();
        registry.heartbeat(beat("a"));

        registry.deregister(worker("a"), "a-1");

        assertThat(registry.acquire(request())).isInstanceOf(NoWorkers.class);
    }

    @Test
    default void a_late_deregistration_of_an_earlier_incarnation_is_ignored() {
        var registry = registry();
        registry.heartbeat(beat(worker("a"), "a-2"));

        registry.deregister(worker("a"), "a-1");
        registry.deregister(worker("b"), "b-1");

        assertThat(registry.acquire(request())).isInstanceOf(Granted.class);
    }

    @Test
    default void a_draining_worker_gets_no_sessions() {
        var registry = registry();
        registry.heartbeat(draining(beat("a")));

        assertThat(registry.acquire(request())).isInstanceOf(AllTaken.class);
    }

    @Test
    default void a_suspect_worker_is_not_selected_for_5_seconds_then_for_10() {
        var registry = registry();
        registry.heartbeat(beat("a"));
        registry.heartbeat(beat("b"));

        registry.suspect(worker("b"));
        var first = workerOf(registry);
        pass(Duration.ofMillis(5100));
        var afterFive = workerOf(registry);
        registry.suspect(worker("b"));
        pass(Duration.ofSeconds(9));
        registry.heartbeat(beat("a"));
        registry.heartbeat(beat("b"));
        var second = workerOf(registry);
        pass(Duration.ofMillis(2500));
        var afterTen = workerOf(registry);

        assertThat(List.of(first, afterFive, second, afterTen))
                .containsExactly(worker("a"), worker("b"), worker("a"), worker("b"));
    }

    /// Who would serve now, with nothing changed by the question but lifetimes kept equal by a session
    /// each.
    private WorkerId workerOf(Registry registry) {
        // A session that excludes "a" gets "b" unless "b" is suspect.
        var granted = registry.acquire(request(session(), worker("a")));
        if (granted instanceof Granted ofB) {
            registry.release(List.of(ofB.session()));
            return ofB.worker();
        }
        return worker("a");
    }

    @Test
    default void a_worker_that_is_gone_is_removed_once_and_its_next_heartbeat_registers_it_again() {
        var registry = registry();
        registry.heartbeat(beat("a"));
        var held = request();
        registry.acquire(held);

        assertThat(registry.deregister(worker("a"))).isTrue();
        assertThat(registry.deregister(worker("a"))).isFalse();

        assertThat(registry.acquire(request())).isInstanceOf(NoWorkers.class);
        assertThat(registry.heartbeat(beat("a"))).satisfies(continues(1, 1));
        registry.release(List.of(held.session()));
        assertThat(registry.acquire(request())).isInstanceOf(Granted.class);
    }

    @Test
    default void the_last_worker_never_becomes_suspect() {
        var registry = registry();
        registry.heartbeat(beat("a"));
        registry.heartbeat(beat("b"));
        registry.suspect(worker("a"));

        registry.suspect(worker("b"));

        assertThat(granted(registry, request()).worker()).isEqualTo(worker("b"));
    }

    @Test
    default void when_all_others_are_gone_a_suspect_worker_serves_again() {
        var registry = registry();
        registry.heartbeat(beat("a"));
        registry.heartbeat(beat("b"));
        registry.suspect(worker("a"));

        registry.deregister(worker("b"), "b-1");

        assertThat(granted(registry, request()).worker()).isEqualTo(worker("a"));
    }

    @Test
    default void a_suspect_worker_serves_again_when_all_others_are_ordered_to_shut_down() {
        var registry = registry();
        registry.heartbeat(beat("a"));
        registry.heartbeat(beat("b"));
        registry.suspect(worker("a"));

        registry.orderShutdown(worker("b"));

        assertThat(granted(registry, request()).worker()).isEqualTo(worker("a"));
    }

    @Test
    default void a_worker_does_not_become_suspect_when_all_others_are_ordered_to_shut_down() {
        var registry = registry();
        registry.heartbeat(beat("a"));
        registry.heartbeat(beat("b"));
        registry.orderShutdown(worker("b"));

        registry.suspect(worker("a"));

        assertThat(registry.workers()).noneMatch(WorkerRecord::suspect);
    }

    @Test
    default void a_worker_that_is_not_suspect_any_more_serves_at_once() {
        var registry = registry();
        registry.heartbeat(beat("a"));
        registry.heartbeat(beat("b"));
        registry.suspect(worker("b"));

        registry.clearSuspicion(worker("b"));

        assertThat(workerOf(registry)).isEqualTo(worker("b"));
    }

    @Test
    default void a_shutdown_order_is_repeated_until_the_worker_drains() {
        var registry = registry();
        var told = new LinkedBlockingQueue<WorkerId>();
        registry.onOrder(told::add);
        registry.heartbeat(beat("a"));
        awaitHintsOf(registry);

        var ordered = registry.orderShutdown(worker("a"));

        assertThat(ordered).isTrue();
        assertThat(poll(told)).isEqualTo(worker("a"));
        assertThat(registry.heartbeat(beat("a"))).isInstanceOf(Shutdown.class);
        assertThat(registry.heartbeat(beat("a"))).isInstanceOf(Shutdown.class);
        assertThat(registry.heartbeat(draining(beat("a")))).isInstanceOf(Continue.class);
    }

    @Test
    default void a_listener_is_not_called_after_its_subscription_is_closed() {
        var registry = registry();
        var gone = new LinkedBlockingQueue<WorkerId>();
        var stays = new LinkedBlockingQueue<WorkerId>();
        var subscription = registry.onOrder(gone::add);
        registry.onOrder(stays::add);
        registry.heartbeat(beat("a"));
        awaitHintsOf(registry);

        subscription.close();
        registry.orderShutdown(worker("a"));

        assertThat(poll(stays)).isEqualTo(worker("a"));
        assertThat(gone).isEmpty();
    }

    @Test
    default void an_unknown_worker_cannot_be_ordered_to_shut_down() {
        assertThat(registry().orderShutdown(worker("a"))).isFalse();
    }

    @Test
    default void a_worker_that_exits_in_its_turn_is_told_at_its_limit_and_gets_no_more_sessions() {
        var registry = registry(RegistryFixtures.limits(5, 2));
        registry.heartbeat(beat("a"));
        granted(registry, request());
        granted(registry, request());

        var third = registry.acquire(request());

        assertThat(third).isInstanceOf(AllTaken.class);
        assertThat(registry.heartbeat(beat("a"))).isInstanceOf(Recycle.class);
    }

    @Test
    default void a_worker_that_renews_itself_serves_until_its_next_run_has_registered() {
        var registry = registry(RegistryFixtures.limits(5, 2));
        registry.heartbeat(renewing(beat("a")));
        granted(registry, request());
        granted(registry, request());

        var told = registry.heartbeat(renewing(beat("a")));
        var third = granted(registry, request());
        var next = registry.heartbeat(replacing("a", beat("b")));
        var late = registry.heartbeat(renewing(beat("a")));
        var fourth = granted(registry, request());

        assertThat(told).isInstanceOf(Recycle.class);
        assertThat(third.worker()).isEqualTo(worker("a"));
        assertThat(slots(next)).isEqualTo(2);
        assertThat(late).isInstanceOf(Continue.class);
        assertThat(fourth.worker()).isEqualTo(worker("b"));
        assertThat(record(registry, worker("a")))
                .returns(WorkerStatus.DRAINING, WorkerRecord::status)
                .returns(3, WorkerRecord::maxConcurrent);
    }

    @Test
    default void slots_of_all_runs_of_a_process_never_exceed_its_limit() {
        var registry = registry(RegistryFixtures.limits(3, 100));
        registry.heartbeat(renewing(beat("a")));
        var old = List.of(granted(registry, request()), granted(registry, request()), granted(registry, request()));

        // Of the three sessions one is still on its way to the run before: it counts all the same.
        var first = registry.heartbeat(beside(2, replacing("a", beat("b"))));
        var none = registry.acquire(request());
        registry.release(List.of(old.getFirst().session()));
        var second = registry.heartbeat(beside(2, replacing("a", beat("b"))));
        var one = registry.acquire(request());
        var noMore = registry.acquire(request());

        assertThat(slots(first)).isZero();
        assertThat(none).isInstanceOf(AllTaken.class);
        assertThat(slots(second)).isEqualTo(1);
        assertThat(one).isInstanceOf(Granted.class);
        assertThat(noMore).isInstanceOf(AllTaken.class);
        assertThat(record(registry, worker("b")).occupied()).isEqualTo(2);
    }

    @Test
    default void a_shutdown_order_of_a_person_replaces_a_turn() {
        var registry = registry(RegistryFixtures.limits(5, 1));
        registry.heartbeat(renewing(beat("a")));
        granted(registry, request());
        var turn = registry.heartbeat(renewing(beat("a")));

        registry.orderShutdown(worker("a"));

        assertThat(turn).isInstanceOf(Recycle.class);
        assertThat(registry.heartbeat(renewing(beat("a")))).isInstanceOf(Shutdown.class);
        assertThat(registry.acquire(request())).isInstanceOf(AllTaken.class);
    }

    @Test
    default void the_smaller_of_two_set_limits_applies_and_a_set_limit_replaces_a_default() {
        var set = registry(RegistryFixtures.limits(3, 30));
        set.heartbeat(limited(5, 20, beat("a")));
        set.acquire(request());

        assertThat(record(set, worker("a")))
                .returns(3, WorkerRecord::maxConcurrent)
                .returns(new EffectiveLimit(3, LimitSource.GRID), WorkerRecord::slotLimit)
                .returns(new EffectiveLimit(20, LimitSource.WORKER), WorkerRecord::lifetimeLimit);
    }

    @Test
    default void a_limit_that_only_the_worker_sets_applies_else_the_default() {
        var limits = new RegistryLimits(
                SessionLimit.byDefault(5),
                SessionLimit.byDefault(50),
                RegistryFixtures.LEASE_TTL,
                RegistryFixtures.ORDER_TTL,
                RECYCLE_WAIT);
        var registry = registry(limits);
        registry.heartbeat(limited(10, 500, beat("a")));
        var unset = registry.heartbeat(beat("b").with(Heartbeat.Load.NONE));
        registry.acquire(request());

        assertThat(record(registry, worker("a")))
                .returns(new EffectiveLimit(10, LimitSource.WORKER), WorkerRecord::slotLimit)
                .returns(new EffectiveLimit(500, LimitSource.WORKER), WorkerRecord::lifetimeLimit);
        assertThat(record(registry, worker("b")))
                .returns(new EffectiveLimit(5, LimitSource.DEFAULT), WorkerRecord::slotLimit)
                .returns(new EffectiveLimit(50, LimitSource.DEFAULT), WorkerRecord::lifetimeLimit);
        assertThat(slots(unset)).isEqualTo(5);
    }

    @Test
    default void one_worker_recycles_at_a_time_until_its_replacement_has_registered() {
        var registry = twoAtTheirLimit();

        var b = registry.heartbeat(beat("b"));
        var a = registry.heartbeat(beat("a"));
        registry.heartbeat(draining(beat("b")));
        var stillA = registry.heartbeat(beat("a"));
        registry.deregister(worker("b"), "b-1");
        var evenNowA = registry.heartbeat(beat("a"));
        registry.heartbeat(beat("c"));
        var atLastA = registry.heartbeat(beat("a"));

        assertThat(b).isInstanceOf(Recycle.class);
        assertThat(a).isInstanceOf(Continue.class);
        assertThat(stillA).isInstanceOf(Continue.class);
        assertThat(evenNowA).isInstanceOf(Continue.class);
        assertThat(atLastA).isInstanceOf(Recycle.class);
    }

    @Test
    default void a_worker_that_is_due_serves_until_its_turn_after_those_that_are_not() {
        var registry = twoAtTheirLimit();
        registry.heartbeat(draining(beat("b")));
        registry.deregister(worker("b"), "b-1");

        var overdue = granted(registry, request());
        registry.release(List.of(overdue.session()));
        registry.heartbeat(beat("c"));
        var fresh = granted(registry, request());

        assertThat(overdue.worker()).isEqualTo(worker("a"));
        assertThat(fresh.worker()).isEqualTo(worker("c"));
    }

    @Test
    default void without_a_replacement_the_recycle_wait_starts_at_the_exit() {
        var registry = twoAtTheirLimit();
        passWith(registry, Duration.ofMinutes(2), beat("a"), draining(beat("b")));
        var whileItDrains = registry.heartbeat(beat("a"));
        registry.deregister(worker("b"), "b-1");

        passWith(registry, RECYCLE_WAIT.minusSeconds(15), beat("a"));
        var early = registry.heartbeat(beat("a"));
        passWith(registry, Duration.ofSeconds(16), beat("a"));

        assertThat(whileItDrains).isInstanceOf(Continue.class);
        assertThat(early).isInstanceOf(Continue.class);
        assertThat(registry.heartbeat(beat("a"))).isInstanceOf(Recycle.class);
    }

    @Test
    default void a_recycling_worker_that_dies_frees_the_turn_with_or_without_a_replacement() {
        var registry = twoAtTheirLimit();

        passWith(registry, RegistryFixtures.WORKER_TTL.plus(RECYCLE_WAIT).minusSeconds(15), beat("a"));
        var early = registry.heartbeat(beat("a"));
        passWith(registry, Duration.ofSeconds(16), beat("a"));

        assertThat(early).isInstanceOf(Continue.class);
        assertThat(registry.heartbeat(beat("a"))).isInstanceOf(Recycle.class);
    }

    @Test
    default void a_worker_that_does_not_use_its_turn_loses_it_to_the_next() {
        var registry = registry(RegistryFixtures.limits(5, 1));
        registry.heartbeat(renewing(beat("a")));
        registry.heartbeat(renewing(beat("b")));
        granted(registry, request(session(), worker("a")));
        granted(registry, request(session(), worker("b")));
        var first = registry.heartbeat(renewing(beat("b")));

        passWith(registry, RECYCLE_WAIT.plusSeconds(1), renewing(beat("a")), renewing(beat("b")));

        assertThat(first).isInstanceOf(Recycle.class);
        assertThat(registry.heartbeat(renewing(beat("a")))).isInstanceOf(Recycle.class);
        assertThat(registry.heartbeat(renewing(beat("b")))).isInstanceOf(Continue.class);
    }

    @Test
    default void an_expired_order_is_repeated_while_the_worker_is_due() {
        var registry = registry(RegistryFixtures.limits(5, 1));
        registry.heartbeat(beat("a"));
        granted(registry, request());
        registry.heartbeat(beat("a"));

        passWith(registry, RegistryFixtures.ORDER_TTL.plusSeconds(1), beat("a"));

        assertThat(registry.heartbeat(beat("a"))).isInstanceOf(Recycle.class);
        assertThat(registry.acquire(request())).isInstanceOf(AllTaken.class);
    }

    @Test
    default void workers_that_would_be_due_together_are_recycled_at_intervals() {
        var registry = registry(RegistryFixtures.limits(5, 20));
        var beats = List.of(beat("a"), beat("b"));
        beats.forEach(registry::heartbeat);
        HeartbeatReply first = registry.heartbeat(beat("a"));
        var rounds = 0;

        // Both serve equally many, as they do when all slots are always taken.
        while (!(first instanceof Recycle)) {
            var ofA = granted(registry, request(session(), worker("b")));
            var ofB = granted(registry, request(session(), worker("a")));
            registry.heartbeat(beat("b"));
            first = registry.heartbeat(beat("a"));
            registry.release(List.of(ofA.session(), ofB.session()));
            rounds++;
        }

        // With two workers the second one should be due 3/4 of half a lifetime after the first one.
        assertThat(rounds).isEqualTo(13);
        assertThat(registry.heartbeat(beat("b"))).isInstanceOf(Continue.class);
    }

    /// "b" was first, and has the turn.
    private Registry twoAtTheirLimit() {
        var registry = registry(RegistryFixtures.limits(5, 1));
        registry.heartbeat(beat("a"));
        registry.heartbeat(beat("b"));
        granted(registry, request(session(), worker("a")));
        granted(registry, request(session(), worker("b")));
        return registry;
    }

    @Test
    default void drivers_that_do_not_answer_are_listed_with_their_worker_until_its_next_heartbeat() {
        var registry = registry();
        registry.heartbeat(beat("a")
                .with(new Heartbeat.Load(
                        OptionalInt.empty(), OptionalInt.empty(), 0, 2, WorkerRecord.BrowsersTaken.NONE)));
        assertThat(record(registry, worker("a")).hungDrivers()).isEqualTo(2);

        registry.heartbeat(beat("a"));

        assertThat(record(registry, worker("a")).hungDrivers()).isZero();
    }

    @Test
    default void how_sessions_came_by_their_browsers_is_listed_with_their_worker() {
        var registry = registry();
        registry.heartbeat(beat("a"));
        assertThat(record(registry, worker("a")).browsersTaken()).isEqualTo(WorkerRecord.BrowsersTaken.NONE);

        var taken = new WorkerRecord.BrowsersTaken(3, 20, 1);
        registry.heartbeat(beat("a").with(new Heartbeat.Load(OptionalInt.empty(), OptionalInt.empty(), 0, 0, taken)));

        assertThat(record(registry, worker("a")).browsersTaken()).isEqualTo(taken);
    }

    private static Heartbeat beside(int occupied, Heartbeat heartbeat) {
        return heartbeat.with(new Heartbeat.Load(
                heartbeat.load().slots(), heartbeat.load().lifetime(), occupied, 0, WorkerRecord.BrowsersTaken.NONE));
    }

    private static Heartbeat limited(int slots, int lifetime, Heartbeat heartbeat) {
        return heartbeat.with(new Heartbeat.Load(
                OptionalInt.of(slots), OptionalInt.of(lifetime), 0, 0, WorkerRecord.BrowsersTaken.NONE));
    }

    private static int slots(HeartbeatReply reply) {
        return ((Continue) reply).standing().slots();
    }

    @Test
    default void a_worker_that_has_outgrown_its_memory_is_recycled_in_its_turn() {
        var registry = registry();
        registry.heartbeat(beat("a"));
        registry.heartbeat(beat("b"));

        var a = registry.heartbeat(outgrown(beat("a")));
        var b = registry.heartbeat(outgrown(beat("b")));
        registry.heartbeat(draining(beat("a")));
        var stillB = registry.heartbeat(outgrown(beat("b")));
        registry.deregister(worker("a"), "a-1");
        registry.heartbeat(beat("c"));
        var atLastB = registry.heartbeat(outgrown(beat("b")));

        assertThat(a).isInstanceOf(Recycle.class);
        assertThat(b).isInstanceOf(Continue.class);
        assertThat(stillB).isInstanceOf(Continue.class);
        assertThat(atLastB).isInstanceOf(Recycle.class);
    }
}
