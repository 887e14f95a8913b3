package dev.greenroom.registry;

import static dev.greenroom.registry.Given.beat;
import static dev.greenroom.registry.Given.draining;
import static dev.greenroom.registry.Given.outgrown;
import static dev.greenroom.registry.Given.worker;
import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.registry.Heartbeat.HeartbeatReply.Continue;
import dev.greenroom.registry.Heartbeat.HeartbeatReply.Recycle;
import org.junit.jupiter.api.Test;

/// What every registry does with workers that use more memory than they may.
public interface OutgrownContract extends RegistryContract {

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
