package dev.greenroom.net.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

final class AcceptGateTest {
    private final AtomicBoolean crowded = new AtomicBoolean();
    private final Queue<Runnable> loop = new ArrayDeque<>();
    private final List<Boolean> switched = new ArrayList<>();

    @Test
    void a_listener_is_not_left_paused_by_a_connection_that_goes_while_it_is_being_paused() {
        var self = new AtomicReference<AcceptGate>();
        var gate = new AcceptGate(crowded::get, loop::add, accepting -> {
            if (!accepting && crowded.compareAndSet(true, false)) {
                // Another loop's connection closes at the very moment in which this one is about to pause.
                self.get().changed();
            }
            switched.add(accepting);
        });
        self.set(gate);
        crowded.set(true);
        gate.changed();

        runLoop();

        assertThat(switched).containsExactly(false, true);
    }

    @Test
    void a_listener_pauses_once_while_it_is_crowded_and_accepts_again_afterwards() {
        var gate = new AcceptGate(crowded::get, loop::add, switched::add);
        gate.changed();
        crowded.set(true);
        gate.changed();
        gate.changed();
        runLoop();
        gate.changed();
        crowded.set(false);
        gate.changed();
        runLoop();

        assertThat(switched).containsExactly(false, true);
        assertThat(loop).isEmpty();
    }

    @Test
    void who_comes_and_goes_before_the_loop_has_looked_changes_nothing() {
        var gate = new AcceptGate(crowded::get, loop::add, switched::add);
        crowded.set(true);
        gate.changed();
        crowded.set(false);
        gate.changed();

        runLoop();

        assertThat(switched).isEmpty();
    }

    private void runLoop() {
        for (var task = loop.poll(); task != null; task = loop.poll()) {
            task.run();
        }
    }
}
