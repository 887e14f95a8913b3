package dev.greenroom.registry;

import static dev.greenroom.registry.RegistryFixtures.beat;
import static dev.greenroom.registry.RegistryFixtures.request;
import static dev.greenroom.registry.RegistryFixtures.roomFor;
import static dev.greenroom.registry.RegistryFixtures.session;
import static dev.greenroom.registry.RegistryFixtures.worker;
import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.registry.Registry.Acquisition.AllTaken;
import dev.greenroom.registry.Registry.Acquisition.Granted;
import dev.greenroom.registry.Registry.Acquisition.NoWorkers;
import dev.greenroom.registry.Registry.HeldLease;
import dev.greenroom.registry.Registry.RegistryLimits;
import dev.greenroom.registry.Registry.SlotRequest;
import dev.greenroom.session.BrowserType;
import dev.greenroom.session.WorkerId;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// The behaviour of slots and leases in every registry. See [SelectionContract] for selection, [WorkerContract] for
/// workers and orders, [SessionListContract] for the list of sessions, [WaitQueueContract] for the queue.
public interface RegistryContract {

    /// A new, empty registry.
    Registry registry(RegistryLimits limits);

    /// Lets time pass for the registry of this test.
    void pass(Duration time);

    default Registry registry() {
        return registry(RegistryFixtures.limits(2, 100));
    }

    default Granted granted(Registry registry, SlotRequest request) {
        var answer = registry.acquire(request);
        assertThat(answer).isInstanceOf(Granted.class);
        return (Granted) answer;
    }

    default WorkerRecord record(Registry registry, WorkerId worker) {
        return registry.workers().stream()
                .filter(record -> record.worker().equals(worker))
                .findFirst()
                .orElseThrow();
    }

    @Test
    default void a_slot_of_a_live_worker_is_granted_with_its_endpoint() {
        var registry = registry();
        registry.heartbeat(beat("a"));

        var granted = granted(registry, request());

        assertThat(granted.worker()).isEqualTo(worker("a"));
        assertThat(granted.endpoint()).isEqualTo(beat("a").endpoint());
    }

    @Test
    default void without_a_worker_of_the_browser_type_there_are_no_workers() {
        var registry = registry();
        registry.heartbeat(beat("a"));

        var answer = registry.acquire(new SlotRequest(session(), BrowserType.FIREFOX, Optional.empty(), Set.of()));

        assertThat(answer).isInstanceOf(NoWorkers.class);
    }

    @Test
    default void a_full_worker_gets_no_session_until_a_slot_is_released() {
        var registry = registry();
        registry.heartbeat(beat("a"));
        var first = granted(registry, request());
        granted(registry, request());

        var third = registry.acquire(request());
        registry.release(List.of(first.session()));
        var fourth = registry.acquire(request());

        assertThat(third).isInstanceOf(AllTaken.class);
        assertThat(fourth).isInstanceOf(Granted.class);
    }

    @Test
    default void the_smaller_slot_limit_of_worker_and_grid_applies() {
        var registry = registry();
        registry.heartbeat(roomFor(1, beat("a")));
        granted(registry, request());

        var second = registry.acquire(request());

        assertThat(second).isInstanceOf(AllTaken.class);
        assertThat(record(registry, worker("a")).maxConcurrent()).isEqualTo(1);
    }

    @Test
    default void a_session_that_asks_again_gets_the_same_slot() {
        var registry = registry();
        registry.heartbeat(beat("a"));
        registry.heartbeat(beat("b"));
        var session = session();
        var first = granted(registry, request(session));

        var second = granted(registry, request(session));

        assertThat(second.worker()).isEqualTo(first.worker());
        assertThat(record(registry, first.worker()).active()).isEqualTo(1);
        assertThat(record(registry, first.worker()).lifetime()).isEqualTo(1);
    }

    @Test
    default void a_session_that_excludes_its_worker_gets_another_and_gives_the_first_slot_back() {
        var registry = registry();
        registry.heartbeat(beat("a"));
        registry.heartbeat(beat("b"));
        var session = session();
        var first = granted(registry, request(session));

        var second = granted(registry, request(session, first.worker()));

        assertThat(second.worker()).isNotEqualTo(first.worker());
        assertThat(record(registry, first.worker()).active()).isZero();
    }

    @Test
    default void when_every_worker_is_excluded_all_is_taken() {
        var registry = registry();
        registry.heartbeat(beat("a"));

        var answer = registry.acquire(request(session(), worker("a")));

        assertThat(answer).isInstanceOf(AllTaken.class);
    }

    @Test
    default void releasing_a_slot_twice_or_without_a_lease_changes_nothing() {
        var registry = registry();
        registry.heartbeat(beat("a"));
        var first = granted(registry, request());
        granted(registry, request());

        registry.release(List.of(first.session(), session()));
        registry.release(List.of(first.session(), first.session()));

        assertThat(record(registry, worker("a")).active()).isEqualTo(1);
    }

    @Test
    default void a_lease_that_is_not_renewed_expires_and_its_slot_is_granted_on_demand() {
        var registry = registry(RegistryFixtures.limits(1, 100));
        registry.heartbeat(beat("a"));
        granted(registry, request());

        pass(RegistryFixtures.LEASE_TTL.minusSeconds(1));
        var early = registry.acquire(request());
        pass(Duration.ofSeconds(2));
        var late = registry.acquire(request());

        assertThat(early).isInstanceOf(AllTaken.class);
        assertThat(late).isInstanceOf(Granted.class);
    }

    @Test
    default void a_renewed_lease_lives_on() {
        var registry = registry(RegistryFixtures.limits(1, 100));
        registry.heartbeat(beat("a"));
        var granted = granted(registry, request());
        pass(RegistryFixtures.LEASE_TTL.minusSeconds(1));

        var restored = registry.renew(List.of(granted.lease()));
        pass(RegistryFixtures.LEASE_TTL.minusSeconds(1));

        assertThat(restored.restored()).isEmpty();
        assertThat(registry.acquire(request())).isInstanceOf(AllTaken.class);
    }

    @Test
    default void a_lost_lease_is_restored_by_its_renewal_and_counts_again() {
        var registry = registry(RegistryFixtures.limits(1, 100));
        registry.heartbeat(beat("a"));
        var granted = granted(registry, request());
        pass(RegistryFixtures.LEASE_TTL.plusSeconds(1));
        registry.reap();

        var restored = registry.renew(List.of(granted.lease()));

        assertThat(restored.restored()).containsExactly(granted.session());
        assertThat(registry.acquire(request())).isInstanceOf(AllTaken.class);
        assertThat(record(registry, worker("a")).active()).isEqualTo(1);
    }

    @Test
    default void renewal_and_release_take_any_number_of_sessions() {
        var registry = registry(RegistryFixtures.limits(1000, 4000));
        registry.heartbeat(roomFor(1000, beat("a")));
        var leases = Stream.generate(() -> new HeldLease(session(), worker("a")))
                .limit(450)
                .toList();

        var restored = registry.renew(leases);
        registry.release(leases.stream().map(HeldLease::session).toList());

        assertThat(restored.restored()).hasSize(450);
        assertThat(record(registry, worker("a")).active()).isZero();
    }

    @Test
    default void fencing_tokens_grow_with_every_grant() {
        var registry = registry();
        registry.heartbeat(beat("a"));
        registry.heartbeat(beat("b"));

        var first = granted(registry, request()).fence();
        var second = granted(registry, request()).fence();

        assertThat(second).isGreaterThan(first);
    }

    @Test
    default void the_reaper_returns_how_many_leases_it_dropped() {
        var registry = registry();
        registry.heartbeat(beat("a"));
        granted(registry, request());
        granted(registry, request());
        pass(RegistryFixtures.LEASE_TTL.plusSeconds(1));

        var first = registry.reap();
        var second = registry.reap();

        assertThat(first).isEqualTo(2);
        assertThat(second).isZero();
    }

    @Test
    default void a_probe_changes_nothing() {
        var registry = registry();
        registry.heartbeat(beat("a"));
        granted(registry, request());
        registry.heartbeat(beat("b"));
        registry.suspect(worker("a"));
        var before = registry.workers();

        registry.probe();

        assertThat(registry.workers()).isEqualTo(before);
    }

    /// Waits until a listener that was just added will hear.
    default void awaitHintsOf(Registry registry) {}

    static <T> T poll(BlockingQueue<T> queue) {
        try {
            return Objects.requireNonNull(queue.poll(5, TimeUnit.SECONDS));
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
