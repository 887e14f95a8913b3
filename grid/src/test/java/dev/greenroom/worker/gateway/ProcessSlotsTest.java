package dev.greenroom.worker.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.session.SessionLimit;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class ProcessSlotsTest {
    private final ProcessSlots slots = new ProcessSlots(SessionLimit.set(3));
    private final ProcessSlots.RunSlots first = slots.newRun();
    private final ProcessSlots.RunSlots second = slots.newRun();

    @Test
    void the_runs_of_a_process_never_have_more_sessions_together_than_the_process_may() {
        var one = first.take();
        var two = first.take();
        var three = second.take();

        assertThat(second.take()).isEmpty();
        assertThat(first.take()).isEmpty();
        one.orElseThrow().close();
        var four = second.take();

        assertThat(four).isPresent();
        assertThat(slots.taken()).isEqualTo(3);
        assertThat(second.occupied()).isEqualTo(1);
        assertThat(two).isPresent();
        assertThat(three).isPresent();
    }

    @Test
    void sessions_on_their_way_to_an_earlier_run_occupy_slots_until_they_are_there_or_nobody_expects_them_any_more() {
        first.expect(2);
        assertThat(second.occupied()).isEqualTo(2);

        var _ = first.take();
        assertThat(second.occupied()).isEqualTo(2);
        first.expect(0);

        assertThat(second.occupied()).isEqualTo(1);
    }

    @Test
    void the_slots_of_all_runs_add_up_to_those_of_the_process() {
        var held = first.take().orElseThrow();
        assertThat(first.allotted()).isEqualTo(3);
        assertThat(second.allotted()).isZero();

        first.drain();
        assertThat(first.allotted()).isEqualTo(1);
        assertThat(second.allotted()).isEqualTo(2);

        held.close();
        first.close();
        assertThat(second.allotted()).isEqualTo(3);
    }

    @Test
    void who_needs_fewer_slots_than_before_is_told() {
        var told = new ArrayList<ProcessSlots.RunSlots>();
        var held = first.take().orElseThrow();
        var subscription = slots.onRelease(told::add);

        held.close();
        subscription.close();
        first.take().orElseThrow().close();

        assertThat(told).containsExactly(first);
    }

    @Test
    void a_drain_without_a_bound_is_given_one_while_it_waits() throws Exception {
        var _ = first.take();
        first.drain();
        var waiter = Thread.ofVirtual().start(() -> first.drainWithin(Duration.ZERO));

        assertThat(first.awaitDrained(Optional.empty())).isFalse();

        waiter.join();
        assertThat(first.take()).isEmpty();
    }

    @Test
    void the_grid_says_how_many_slots_there_are_only_where_the_process_was_told_nothing() {
        var unset = new ProcessSlots(SessionLimit.byDefault(5));

        slots.setGridLimit(10);
        unset.setGridLimit(10);

        assertThat(slots.limit()).isEqualTo(3);
        assertThat(unset.limit()).isEqualTo(10);
    }
}
