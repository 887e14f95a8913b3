package dev.greenroom.registry;

import static dev.greenroom.registry.RegistryContract.poll;
import static dev.greenroom.registry.RegistryFixtures.beat;
import static dev.greenroom.registry.RegistryFixtures.request;
import static dev.greenroom.registry.RegistryFixtures.serving;
import static dev.greenroom.registry.RegistryFixtures.session;
import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.registry.Registry.Acquisition.AllTaken;
import dev.greenroom.registry.Registry.Acquisition.Granted;
import dev.greenroom.registry.Registry.Acquisition.NoWorkers;
import dev.greenroom.registry.Registry.KeptPlaces;
import dev.greenroom.registry.Registry.QueueEntry;
import dev.greenroom.registry.Registry.QueueEntry.Waiting;
import dev.greenroom.registry.Registry.QueueWait;
import dev.greenroom.registry.Registry.SlotRequest;
import dev.greenroom.session.BrowserType;
import dev.greenroom.session.SessionId;
import dev.greenroom.session.WorkerId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/// The behaviour of the queue in every registry.
public interface WaitQueueContract extends RegistryContract {
    Duration TICK = Duration.ofSeconds(1);
    Duration PLACE_KEPT = Duration.ofSeconds(3);

    String PROXY = "p1";
    String OTHER_PROXY = "p2";

    /// Refreshes the places first, as a proxy does.
    private static QueueEntry enroll(Registry registry, SlotRequest request, Duration waited) {
        registry.keepPlaces(PROXY, List.of());
        return registry.enqueue(PROXY, request, waited);
    }

    private static List<SessionId> onTurn(Registry registry) {
        return registry.keepPlaces(PROXY, List.of()).onTurn();
    }

    /// One worker with one slot, and the session that holds it.
    private Granted takeTheOnlySlot(Registry registry) {
        registry.heartbeat(beat("a"));
        return granted(registry, request());
    }

    private Registry withOneSlot() {
        return registry(RegistryFixtures.limits(1, 1000));
    }

    @Test
    default void whether_anybody_waits_is_known_to_all() {
        var registry = withOneSlot();
        takeTheOnlySlot(registry);
        var waiting = request();

        var before = registry.hasQueue(BrowserType.CHROMIUM);
        enroll(registry, waiting, Duration.ZERO);

        assertThat(before).isFalse();
        assertThat(registry.hasQueue(BrowserType.CHROMIUM)).isTrue();
        assertThat(registry.hasQueue(BrowserType.FIREFOX)).isFalse();
        registry.dequeue(List.of(waiting.session()));
        assertThat(registry.hasQueue(BrowserType.CHROMIUM)).isFalse();
    }

    @Test
    default void a_session_that_is_queued_again_keeps_its_place() {
        var registry = withOneSlot();
        takeTheOnlySlot(registry);
        var first = request();
        var second = request();

        assertThat(enroll(registry, first, Duration.ZERO)).isEqualTo(new Waiting(0));
        assertThat(enroll(registry, second, Duration.ZERO)).isEqualTo(new Waiting(1));
        assertThat(enroll(registry, first, Duration.ZERO)).isEqualTo(new Waiting(0));
        assertThat(onTurn(registry)).isEmpty();
    }

    @Test
    default void a_freed_slot_goes_to_the_session_that_queued_first() {
        var registry = withOneSlot();
        var held = takeTheOnlySlot(registry);
        var first = request();
        var second = request();
        enroll(registry, first, Duration.ZERO);
        enroll(registry, second, Duration.ZERO);

        registry.release(List.of(held.session()));

        assertThat(registry.acquire(second)).isInstanceOf(AllTaken.class);
        assertThat(registry.acquire(request())).isInstanceOf(AllTaken.class);
        assertThat(registry.acquire(first)).isInstanceOf(Granted.class);
        assertThat(enroll(registry, second, Duration.ZERO)).isEqualTo(new Waiting(0));
    }

    @Test
    default void a_request_that_is_not_queued_gets_only_what_the_queue_leaves() {
        var registry = withOneSlot();
        var held = takeTheOnlySlot(registry);
        var waiting = request();
        enroll(registry, waiting, Duration.ZERO);
        registry.release(List.of(held.session()));
        registry.heartbeat(beat("b"));

        var passing = registry.acquire(request());
        var another = registry.acquire(request());

        assertThat(passing).isInstanceOf(Granted.class);
        assertThat(another).isInstanceOf(AllTaken.class);
        assertThat(registry.acquire(waiting)).isInstanceOf(Granted.class);
    }

    @Test
    default void a_whole_queue_is_served_in_order() {
        var registry = withOneSlot();
        var held = takeTheOnlySlot(registry).session();
        var line = IntStream.range(0, 100).mapToObj(_ -> request()).toList();
        line.forEach(request -> enroll(registry, request, Duration.ZERO));
        List<SessionId> served = new ArrayList<>();

        for (var request : line) {
            registry.release(List.of(held));
            assertThat(onTurn(registry)).containsExactly(request.session());
            held = granted(registry, request).session();
            served.add(held);
        }

        assertThat(served).isEqualTo(line.stream().map(SlotRequest::session).toList());
    }

    @Test
    default void the_first_session_is_notified_when_a_slot_becomes_free() {
        var registry = withOneSlot();
        var held = takeTheOnlySlot(registry);
        var turns = new LinkedBlockingQueue<SessionId>();
        registry.onTurn(turns::add);
        awaitHintsOf(registry);
        var first = request();
        enroll(registry, first, Duration.ZERO);
        enroll(registry, request(), Duration.ZERO);

        registry.release(List.of(held.session()));

        assertThat(poll(turns)).isEqualTo(first.session());
    }

    @Test
    default void a_new_worker_brings_a_turn_for_each_of_its_slots() {
        var registry = registry(RegistryFixtures.limits(2, 1000));
        registry.heartbeat(beat("a"));
        granted(registry, request());
        granted(registry, request());
        var line = List.of(request(), request(), request());
        line.forEach(request -> enroll(registry, request, Duration.ZERO));

        registry.heartbeat(beat("b"));

        assertThat(onTurn(registry))
                .containsExactly(line.get(0).session(), line.get(1).session());
    }

    @Test
    default void a_session_that_leaves_the_queue_lets_the_next_one_in() {
        var registry = withOneSlot();
        var held = takeTheOnlySlot(registry);
        var turns = new LinkedBlockingQueue<SessionId>();
        var first = request();
        var second = request();
        enroll(registry, first, Duration.ZERO);
        enroll(registry, second, Duration.ZERO);
        registry.release(List.of(held.session()));
        registry.onTurn(turns::add);
        awaitHintsOf(registry);

        registry.dequeue(List.of(first.session(), session()));

        assertThat(poll(turns)).isEqualTo(second.session());
        assertThat(registry.acquire(second)).isInstanceOf(Granted.class);
    }

    @Test
    default void the_places_of_a_dead_proxy_are_dropped_after_three_seconds() {
        var registry = withOneSlot();
        var held = takeTheOnlySlot(registry);
        var dead = request();
        var alive = request();
        enroll(registry, dead, Duration.ZERO);
        registry.keepPlaces(OTHER_PROXY, List.of());
        registry.enqueue(OTHER_PROXY, alive, Duration.ZERO);
        registry.release(List.of(held.session()));

        pass(PLACE_KEPT.minus(TICK));
        registry.keepPlaces(OTHER_PROXY, List.of());
        var early = registry.acquire(alive);
        pass(TICK.multipliedBy(2));
        var kept = registry.keepPlaces(OTHER_PROXY, List.of());
        var late = registry.acquire(alive);

        assertThat(early).isInstanceOf(AllTaken.class);
        assertThat(kept).isEqualTo(new KeptPlaces(false, List.of(), List.of(alive.session())));
        assertThat(late).isInstanceOf(Granted.class);
    }

    @Test
    default void one_call_refreshes_all_places_of_a_proxy() {
        var registry = withOneSlot();
        takeTheOnlySlot(registry);
        var line = IntStream.range(0, 500).mapToObj(_ -> request()).toList();
        line.forEach(request -> enroll(registry, request, Duration.ZERO));

        for (var n = 0; n < 5; n++) {
            pass(PLACE_KEPT.minus(TICK));
            assertThat(registry.keepPlaces(PROXY, List.of())).isEqualTo(new KeptPlaces(false, List.of(), List.of()));
        }

        assertThat(registry.keepPlaces(PROXY, line).lost()).isEmpty();
        assertThat(enroll(registry, line.getLast(), Duration.ZERO)).isEqualTo(new Waiting(499));
    }

    @Test
    default void a_proxy_is_told_only_of_the_turns_of_its_own_sessions() {
        var registry = registry(RegistryFixtures.limits(2, 1000));
        registry.keepPlaces(OTHER_PROXY, List.of());
        var own = request();
        var foreign = request();
        registry.enqueue(OTHER_PROXY, foreign, Duration.ZERO);
        enroll(registry, own, Duration.ZERO);

        registry.heartbeat(beat("a"));

        assertThat(onTurn(registry)).containsExactly(own.session());
        assertThat(registry.keepPlaces(OTHER_PROXY, List.of()).onTurn()).containsExactly(foreign.session());
    }

    @Test
    default void a_request_that_no_worker_can_serve_does_not_block_the_queue() {
        var registry = withOneSlot();
        registry.heartbeat(serving(beat("a"), "1.62"));
        for (var n = 0; n < 100; n++) {
            enroll(registry, request("1.99"), Duration.ZERO);
        }
        var possible = request("1.62");
        enroll(registry, possible, Duration.ZERO);

        assertThat(onTurn(registry)).containsExactly(possible.session());
        assertThat(registry.acquire(possible)).isInstanceOf(Granted.class);
    }

    @Test
    default void a_request_that_excludes_the_only_free_worker_does_not_block_the_queue() {
        var registry = withOneSlot();
        registry.heartbeat(beat("a"));
        var choosy = request(session(), new WorkerId(BrowserType.CHROMIUM, "a"));
        enroll(registry, choosy, Duration.ZERO);

        assertThat(registry.acquire(request())).isInstanceOf(Granted.class);
    }

    @Test
    default void each_browser_type_has_its_own_queue() {
        var registry = withOneSlot();
        registry.heartbeat(beat(new WorkerId(BrowserType.FIREFOX, "f"), "f-1"));
        enroll(registry, request(), Duration.ZERO);

        var firefox = new SlotRequest(session(), BrowserType.FIREFOX, Optional.empty(), Set.of());

        assertThat(enroll(registry, firefox, Duration.ZERO)).isEqualTo(new Waiting(0));
        assertThat(registry.acquire(firefox)).isInstanceOf(Granted.class);
        assertThat(registry.acquire(request())).isInstanceOf(NoWorkers.class);
    }

    @Test
    default void a_session_that_has_waited_longer_is_queued_before_later_ones() {
        var registry = withOneSlot();
        takeTheOnlySlot(registry);
        enroll(registry, request(), Duration.ZERO);

        var place = enroll(registry, request(), Duration.ofSeconds(4));

        assertThat(place).isEqualTo(new Waiting(0));
    }

    @Test
    default void lost_places_are_restored_at_their_positions() {
        var registry = withOneSlot();
        takeTheOnlySlot(registry);
        var first = request();
        var second = request();
        enroll(registry, first, Duration.ZERO);
        enroll(registry, second, Duration.ZERO);
        var waited = PLACE_KEPT.plus(TICK);
        pass(waited);
        registry.keepPlaces(OTHER_PROXY, List.of());
        var third = request();
        assertThat(registry.enqueue(OTHER_PROXY, third, Duration.ZERO)).isEqualTo(new Waiting(0));

        var kept = registry.keepPlaces(PROXY, List.of(first));
        registry.restorePlaces(PROXY, List.of(new QueueWait(second, waited), new QueueWait(first, waited.plus(TICK))));

        assertThat(kept).isEqualTo(new KeptPlaces(true, List.of(first.session()), List.of()));
        assertThat(enroll(registry, first, Duration.ZERO)).isEqualTo(new Waiting(0));
        assertThat(enroll(registry, second, Duration.ZERO)).isEqualTo(new Waiting(1));
        assertThat(registry.enqueue(OTHER_PROXY, third, Duration.ZERO)).isEqualTo(new Waiting(2));
    }

    @Test
    default void a_place_of_a_proxy_that_does_not_refresh_its_places_is_lost_until_it_is_restored() {
        var registry = withOneSlot();
        var held = takeTheOnlySlot(registry);
        var strayed = request();
        registry.enqueue(PROXY, strayed, Duration.ZERO);
        registry.release(List.of(held.session()));

        var kept = registry.keepPlaces(PROXY, List.of(strayed));
        registry.restorePlaces(PROXY, List.of(new QueueWait(strayed, TICK)));

        assertThat(kept).isEqualTo(new KeptPlaces(true, List.of(strayed.session()), List.of()));
        assertThat(onTurn(registry)).containsExactly(strayed.session());
    }

    @Test
    default void a_session_that_holds_a_slot_gets_no_place() {
        var registry = withOneSlot();
        registry.heartbeat(beat("a"));
        var served = request();
        granted(registry, served);
        registry.keepPlaces(PROXY, List.of());

        registry.restorePlaces(PROXY, List.of(new QueueWait(served, TICK)));

        assertThat(registry.keepPlaces(PROXY, List.of(served)).lost()).isEmpty();
        assertThat(enroll(registry, request(), Duration.ZERO)).isEqualTo(new Waiting(0));
    }
}
