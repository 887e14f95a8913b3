package dev.greenroom.registry;

import static dev.greenroom.registry.Given.beat;
import static dev.greenroom.registry.Given.draining;
import static dev.greenroom.registry.Given.session;
import static dev.greenroom.registry.Given.wish;
import static dev.greenroom.registry.Given.worker;
import static dev.greenroom.registry.RegistryContract.poll;
import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.registry.Acquisition.AllTaken;
import dev.greenroom.registry.Acquisition.Granted;
import dev.greenroom.registry.Acquisition.NoWorkers;
import dev.greenroom.registry.HeartbeatReply.Carry;
import dev.greenroom.registry.HeartbeatReply.Duplicate;
import dev.greenroom.registry.HeartbeatReply.Shutdown;
import dev.greenroom.session.WorkerId;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.Test;

/// What every registry does with workers: presence, suspicion, orders and recycling.
public interface WorkerContract extends RegistryContract {

    /// Beats until time is up, as a worker does that lives.
    default void passWith(Registry registry, Duration time, Heartbeat... living) {
        for (var left = time; left.isPositive(); left = left.minus(Given.HEARTBEAT)) {
            pass(left.compareTo(Given.HEARTBEAT) < 0 ? left : Given.HEARTBEAT);
            for (var beat : living) {
                registry.heartbeat(beat);
            }
        }
    }

    @Test
    default void a_worker_is_listed_as_it_says_of_itself() {
        var registry = registry();
        var beat = beat("a");

        registry.heartbeat(beat);

        assertThat(record(registry, worker("a")))
                .returns(beat.endpoint(), WorkerRecord::endpoint)
                .returns(beat.status(), WorkerRecord::status)
                .returns(beat.startedAt(), WorkerRecord::startedAt)
                .returns(beat.versions(), WorkerRecord::versions)
                .returns(beat.software(), WorkerRecord::software)
                .returns(2, WorkerRecord::maxConcurrent)
                .returns(false, WorkerRecord::suspect);
    }

    @Test
    default void a_heartbeat_is_answered_with_active_and_lifetime_counts() {
        var registry = registry();
        registry.heartbeat(beat("a"));
        registry.release(List.of(granted(registry, wish()).session()));
        granted(registry, wish());

        assertThat(registry.heartbeat(beat("a"))).isEqualTo(new Carry(1, 2));
    }

    @Test
    default void a_worker_that_falls_silent_is_no_longer_selected_nor_listed() {
        var registry = registry();
        registry.heartbeat(beat("a"));

        pass(Given.WORKER_TTL.plusSeconds(1));

        assertThat(registry.acquire(wish())).isInstanceOf(NoWorkers.class);
        assertThat(registry.workers()).isEmpty();
    }

    @Test
    default void a_worker_that_was_only_paused_comes_back_with_its_live_leases_and_its_lifetime() {
        var registry = registry();
        registry.heartbeat(beat("a"));
        registry.release(List.of(granted(registry, wish()).session()));
        var lease = granted(registry, wish()).lease();
        registry.heartbeat(beat("a"));
        for (var n = 0; n < 4; n++) {
            pass(Duration.ofSeconds(10));
            registry.renew(List.of(lease));
        }
        registry.reap();

        var reply = registry.heartbeat(beat("a"));

        assertThat(reply).isEqualTo(new Carry(1, 2));
    }

    @Test
    default void a_second_live_incarnation_of_a_worker_is_refused() {
        var registry = registry();
        registry.heartbeat(beat("a"));

        var second = registry.heartbeat(beat(worker("a"), "a-2"));
        pass(Given.WORKER_TTL.plusSeconds(1));
        var afterTheFirstDied = registry.heartbeat(beat(worker("a"), "a-2"));

        assertThat(second).isInstanceOf(Duplicate.class);
        assertThat(afterTheFirstDied).isEqualTo(new Carry(0, 0));
    }

    @Test
    default void a_new_incarnation_begins_a_new_lifetime() {
        var registry = registry();
        registry.heartbeat(beat("a"));
        registry.release(List.of(granted(registry, wish()).session()));
        registry.leave(worker("a"), "a-1");

        var reply = registry.heartbeat(beat(worker("a"), "a-2"));

        assertThat(reply).isEqualTo(new Carry(0, 0));
    }

    @Test
    default void a_worker_that_leaves_is_gone_at_once() {
        var registry = registry();
        registry.heartbeat(beat("a"));

        registry.leave(worker("a"), "a-1");

        assertThat(registry.acquire(wish())).isInstanceOf(NoWorkers.class);
    }

    @Test
    default void a_late_farewell_of_an_earlier_incarnation_is_passed_over() {
        var registry = registry();
        registry.heartbeat(beat(worker("a"), "a-2"));

        registry.leave(worker("a"), "a-1");
        registry.leave(worker("b"), "b-1");

        assertThat(registry.acquire(wish())).isInstanceOf(Granted.class);
    }

    @Test
    default void a_draining_worker_gets_no_sessions() {
        var registry = registry();
        registry.heartbeat(draining(beat("a")));

        assertThat(registry.acquire(wish())).isInstanceOf(AllTaken.class);
    }

    @Test
    default void a_suspect_is_passed_over_for_5_seconds_then_10() {
        var registry = registry();
        registry.heartbeat(beat("a"));
        registry.heartbeat(beat("b"));

        registry.suspect(worker("b"));
        var first = workerOf(registry);
        pass(Duration.ofMillis(5100));
        var afterFive = workerOf(registry);
        registry.suspect(worker("b"));
        pass(Duration.ofMillis(9900));
        registry.heartbeat(beat("a"));
        registry.heartbeat(beat("b"));
        var second = workerOf(registry);
        pass(Duration.ofMillis(1200));
        var afterTen = workerOf(registry);

        assertThat(List.of(first, afterFive, second, afterTen))
                .containsExactly(worker("a"), worker("b"), worker("a"), worker("b"));
    }

    /// Who would serve now, with nothing changed by the question but lifetimes kept equal by a session each.
    private WorkerId workerOf(Registry registry) {
        // A session that excludes "a" gets "b" unless "b" is suspect.
        var granted = registry.acquire(wish(session(), worker("a")));
        if (granted instanceof Granted ofB) {
            registry.release(List.of(ofB.session()));
            return ofB.worker();
        }
        return worker("a");
    }

    @Test
    default void the_last_worker_never_becomes_suspect() {
        var registry = registry();
        registry.heartbeat(beat("a"));
        registry.heartbeat(beat("b"));
        registry.suspect(worker("a"));

        registry.suspect(worker("b"));

        assertThat(granted(registry, wish()).worker()).isEqualTo(worker("b"));
    }

    @Test
    default void when_the_others_are_gone_a_suspect_serves_again() {
        var registry = registry();
        registry.heartbeat(beat("a"));
        registry.heartbeat(beat("b"));
        registry.suspect(worker("a"));

        registry.leave(worker("b"), "b-1");

        assertThat(granted(registry, wish()).worker()).isEqualTo(worker("a"));
    }

    @Test
    default void a_trusted_worker_serves_again_at_once() {
        var registry = registry();
        registry.heartbeat(beat("a"));
        registry.heartbeat(beat("b"));
        registry.suspect(worker("b"));

        registry.trust(worker("b"));

        assertThat(workerOf(registry)).isEqualTo(worker("b"));
    }

    @Test
    default void an_order_is_told_and_given_until_it_is_obeyed() {
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
        assertThat(registry.heartbeat(draining(beat("a")))).isInstanceOf(Carry.class);
    }

    @Test
    default void a_listener_hears_nothing_more_once_its_subscription_is_closed() {
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
    default void a_worker_that_is_not_there_cannot_be_ordered() {
        assertThat(registry().orderShutdown(worker("a"))).isFalse();
    }

    @Test
    default void a_worker_at_its_lifetime_limit_is_ordered_to_recycle_and_gets_no_more_sessions() {
        var registry = registry(Given.limits(5, 2));
        registry.heartbeat(beat("a"));
        granted(registry, wish());
        granted(registry, wish());

        var third = registry.acquire(wish());

        assertThat(third).isInstanceOf(AllTaken.class);
        assertThat(registry.heartbeat(beat("a"))).isInstanceOf(Shutdown.class);
    }

    @Test
    default void one_worker_recycles_at_a_time() {
        var registry = registry(Given.limits(5, 1));
        registry.heartbeat(beat("a"));
        registry.heartbeat(beat("b"));
        granted(registry, wish(session(), worker("a")));
        granted(registry, wish(session(), worker("b")));

        var b = registry.heartbeat(beat("b"));
        var a = registry.heartbeat(beat("a"));
        registry.heartbeat(draining(beat("b")));
        var stillA = registry.heartbeat(beat("a"));
        registry.leave(worker("b"), "b-1");
        var atLastA = registry.heartbeat(beat("a"));

        assertThat(b).isInstanceOf(Shutdown.class);
        assertThat(a).isInstanceOf(Carry.class);
        assertThat(stillA).isInstanceOf(Carry.class);
        assertThat(atLastA).isInstanceOf(Shutdown.class);
    }

    @Test
    default void a_recycling_worker_that_dies_makes_way_for_the_next() {
        var registry = registry(Given.limits(5, 1));
        registry.heartbeat(beat("a"));
        registry.heartbeat(beat("b"));
        granted(registry, wish(session(), worker("a")));
        granted(registry, wish(session(), worker("b")));

        passWith(registry, Given.WORKER_TTL.plusSeconds(1), beat("a"));

        assertThat(registry.heartbeat(beat("a"))).isInstanceOf(Shutdown.class);
    }

    @Test
    default void an_expired_order_is_given_again_while_the_lifetime_is_used_up() {
        var registry = registry(Given.limits(5, 1));
        registry.heartbeat(beat("a"));
        granted(registry, wish());
        registry.heartbeat(beat("a"));

        passWith(registry, Given.ORDER_TTL.plusSeconds(1), beat("a"));

        assertThat(registry.heartbeat(beat("a"))).isInstanceOf(Shutdown.class);
    }
}
