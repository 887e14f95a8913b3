package dev.greenroom.proxy.queue;

import static dev.greenroom.registry.RegistryFixtures.beat;
import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.registry.RegistryFixtures;
import dev.greenroom.registry.VirtualClock;
import dev.greenroom.registry.WorkerRecord;
import dev.greenroom.registry.memory.MemoryRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class OrderTtlTest {

    /// Workers with a heartbeat every 10 s.
    private static List<WorkerRecord> workers() {
        var clock = new VirtualClock();
        var registry = new MemoryRegistry(RegistryFixtures.limits(1, 1), clock, clock);
        registry.heartbeat(beat("a"));
        return registry.workers();
    }

    @Test
    void FW17_an_order_ttl_of_at_most_one_heartbeat_is_an_error_with_its_remedy() {
        var finding = OrderTtl.finding(RegistryFixtures.HEARTBEAT, workers());

        assertThat(finding)
                .contains(new OrderTtl.TtlFinding(
                        true,
                        "SHUTDOWN_COMMAND_TTL must be over the heartbeat interval of every worker, but is 10000 ms, and"
                                + " the worker chromium:a sends a heartbeat every 10000 ms; raise SHUTDOWN_COMMAND_TTL,"
                                + " or lower HEARTBEAT_INTERVAL"));
    }

    @Test
    void FW17_an_order_ttl_of_less_than_four_heartbeats_is_a_warning() {
        assertThat(OrderTtl.finding(Duration.ofSeconds(39), workers()))
                .map(OrderTtl.TtlFinding::tooShort)
                .contains(false);
        assertThat(OrderTtl.finding(Duration.ofSeconds(40), workers())).isEqualTo(Optional.empty());
    }
}
