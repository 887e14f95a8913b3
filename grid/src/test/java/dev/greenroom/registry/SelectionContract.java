package dev.greenroom.registry;

import static dev.greenroom.registry.RegistryFixtures.beat;
import static dev.greenroom.registry.RegistryFixtures.draining;
import static dev.greenroom.registry.RegistryFixtures.request;
import static dev.greenroom.registry.RegistryFixtures.serving;
import static dev.greenroom.registry.RegistryFixtures.session;
import static dev.greenroom.registry.RegistryFixtures.worker;
import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.registry.Registry.Acquisition.AllTaken;
import dev.greenroom.registry.Registry.Acquisition.Granted;
import dev.greenroom.registry.Registry.Heartbeat.HeartbeatReply.Continue;
import dev.greenroom.registry.Registry.Heartbeat.HeartbeatReply.Recycle;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Which worker every registry selects.
public interface SelectionContract extends RegistryContract {

    @Test
    default void only_a_worker_that_serves_the_version_is_selected() {
        var registry = registry();
        registry.heartbeat(serving(beat("a"), "1.62,1.65"));
        registry.heartbeat(serving(beat("b"), "1.60"));

        assertThat(granted(registry, request("1.60")).worker()).isEqualTo(worker("b"));
        assertThat(granted(registry, request("1.65")).worker()).isEqualTo(worker("a"));
        assertThat(granted(registry, request("1.62")).worker()).isEqualTo(worker("a"));
        assertThat(registry.acquire(request("1.6"))).isInstanceOf(AllTaken.class);
    }

    @Test
    default void a_client_without_a_version_is_served_by_every_worker() {
        var registry = registry();
        registry.heartbeat(serving(beat("a"), "1.62"));

        assertThat(registry.acquire(request())).isInstanceOf(Granted.class);
    }

    @Test
    default void one_worker_is_brought_to_its_limit_and_while_it_is_recycled_the_others_keep_the_margin() {
        var registry = registry(RegistryFixtures.limits(2, 10));
        registry.heartbeat(beat("a"));
        registry.heartbeat(beat("b"));
        registry.heartbeat(beat("c"));
        // With three workers the margin is 3: while "c" is away, the next one is taken up to 7, then the other one.
        var order = new StringBuilder();

        for (var n = 0; n < 26; n++) {
            var granted = granted(registry, request());
            order.append(granted.worker().name());
            registry.release(List.of(granted.session()));
        }

        assertThat(order).hasToString("cccccccccc" + "bbbbbbb" + "aaaaaaa" + "bb");
    }

    @Test
    default void with_equal_lifetimes_the_worker_with_fewer_sessions_is_selected() {
        var registry = registry(RegistryFixtures.limits(5, 100));
        registry.heartbeat(beat("a"));
        registry.heartbeat(beat("b"));
        var ofB = granted(registry, request(session(), worker("a")));
        granted(registry, request(session(), worker("b")));
        registry.release(List.of(ofB.session()));

        assertThat(granted(registry, request()).worker()).isEqualTo(worker("b"));
    }

    @Test
    default void four_workers_reach_their_limits_one_after_another_and_no_session_is_refused() {
        var registry = registry(RegistryFixtures.limits(2, 20));
        var live = new ArrayList<>(List.of(beat("a0"), beat("b0"), beat("c0"), beat("d0")));
        var lifetimes = new ArrayList<Integer>();
        live.forEach(registry::heartbeat);

        for (var n = 1; n <= 200; n++) {
            registry.release(List.of(granted(registry, request()).session()));
            for (var heartbeat : List.copyOf(live)) {
                if (registry.heartbeat(heartbeat) instanceof Recycle) {
                    lifetimes.add(((Continue) registry.heartbeat(draining(heartbeat)))
                            .standing()
                            .lifetime());
                    registry.deregister(heartbeat.worker(), heartbeat.incarnation());
                    live.remove(heartbeat);
                    // An id is that of one incarnation; this one sorts before all others.
                    live.add(beat("A" + (1000 - n)));
                    registry.heartbeat(live.getLast());
                }
            }
        }

        assertThat(lifetimes).hasSize(10).containsOnly(20);
    }
}
