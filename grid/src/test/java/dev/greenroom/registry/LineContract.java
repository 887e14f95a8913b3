package dev.greenroom.registry;

import static dev.greenroom.registry.Given.beat;
import static dev.greenroom.registry.Given.serving;
import static dev.greenroom.registry.Given.session;
import static dev.greenroom.registry.Given.wish;
import static dev.greenroom.registry.RegistryContract.poll;
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

/// What every registry does with those who wait for a slot.
public interface LineContract extends RegistryContract {
    Duration TICK = Duration.ofSeconds(1);
    Duration PLACE_KEPT = Duration.ofSeconds(3);

    String PROXY = "p1";
    String OTHER_PROXY = "p2";

    /// As a proxy does, which keeps its places first.
    private static QueueEntry enroll(Registry registry, SlotRequest request, Duration waited) {
        registry.keepPlaces(PROXY, List.of());
        return registry.enqueue(PROXY, request, waited);
    }

    private static List<SessionId> onTurn(Registry registry) {
        return registry.keepPlaces(PROXY, List.of()).onTurn();
    }

    /// One worker with one slot, and who holds it.
    private Granted takeTheOnlySlot(Registry registry) {
        registry.heartbeat(beat("a"));
        return granted(registry, wish());
    }

    private Registry withOneSlot() {
        return registry(Given.limits(1, 1000));
    }

    @Test
    default void places_are_known_and_kept_when_asked_for_again() {
        var registry = withOneSlot();
        takeTheOnlySlot(registry);
        var first = wish();
        var second = wish();

        assertThat(enroll(registry, first, Duration.ZERO)).isEqualTo(new Waiting(0));
        assertThat(enroll(registry, second, Duration.ZERO)).isEqualTo(new Waiting(1));
        assertThat(enroll(registry, first, Duration.ZERO)).isEqualTo(new Waiting(0));
        assertThat(onTurn(registry)).isEmpty();
    }

    @Test
    default void a_freed_slot_goes_to_who_came_first() {
        var registry = withOneSlot();
        var held = takeTheOnlySlot(registry);
        var first = wish();
        var second = wish();
        enroll(registry, first, Duration.ZERO);
        enroll(registry, second, Duration.ZERO);

        registry.release(List.of(held.session()));

        assertThat(registry.acquire(second)).isInstanceOf(AllTaken.class);
        assertThat(registry.acquire(wish())).isInstanceOf(AllTaken.class);
        assertThat(registry.acquire(first)).isInstanceOf(Granted.class);
        assertThat(enroll(registry, second, Duration.ZERO)).isEqualTo(new Waiting(0));
    }

    @Test
    default void who_does_not_wait_gets_what_those_who_wait_leave() {
        var registry = withOneSlot();
        var held = takeTheOnlySlot(registry);
        var waiting = wish();
        enroll(registry, waiting, Duration.ZERO);
        registry.release(List.of(held.session()));
        registry.heartbeat(beat("b"));

        var passing = registry.acquire(wish());
        var another = registry.acquire(wish());

        assertThat(passing).isInstanceOf(Granted.class);
        assertThat(another).isInstanceOf(AllTaken.class);
        assertThat(registry.acquire(waiting)).isInstanceOf(Granted.class);
    }

    @Test
    default void a_whole_line_is_served_in_order() {
        var registry = withOneSlot();
        var held = takeTheOnlySlot(registry).session();
        var line = IntStream.range(0, 100).mapToObj(_ -> wish()).toList();
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
    default void the_turn_of_the_first_is_told_when_a_slot_becomes_free() {
        var registry = withOneSlot();
        var held = takeTheOnlySlot(registry);
        var turns = new LinkedBlockingQueue<SessionId>();
        registry.onTurn(turns::add);
        awaitHintsOf(registry);
        var first = wish();
        enroll(registry, first, Duration.ZERO);
        enroll(registry, wish(), Duration.ZERO);

        registry.release(List.of(held.session()));

        assertThat(poll(turns)).isEqualTo(first.session());
    }

    @Test
    default void a_new_worker_brings_as_many_turns_as_it_has_slots() {
        var registry = registry(Given.limits(2, 1000));
        registry.heartbeat(beat("a"));
        granted(registry, wish());
        granted(registry, wish());
        var line = List.of(wish(), wish(), wish());
        line.forEach(request -> enroll(registry, request, Duration.ZERO));

        registry.heartbeat(beat("b"));

        assertThat(onTurn(registry))
                .containsExactly(line.get(0).session(), line.get(1).session());
    }

    @Test
    default void who_gives_its_place_up_lets_the_next_one_in() {
        var registry = withOneSlot();
        var held = takeTheOnlySlot(registry);
        var turns = new LinkedBlockingQueue<SessionId>();
        var first = wish();
        var second = wish();
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
    default void the_places_of_a_proxy_that_is_gone_are_lost_after_three_seconds() {
        var registry = withOneSlot();
        var held = takeTheOnlySlot(registry);
        var dead = wish();
        var alive = wish();
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
    default void one_call_keeps_however_many_places_a_proxy_has() {
        var registry = withOneSlot();
        takeTheOnlySlot(registry);
        var line = IntStream.range(0, 500).mapToObj(_ -> wish()).toList();
        line.forEach(request -> enroll(registry, request, Duration.ZERO));

        for (var n = 0; n < 5; n++) {
            pass(PLACE_KEPT.minus(TICK));
            assertThat(registry.keepPlaces(PROXY, List.of())).isEqualTo(new KeptPlaces(false, List.of(), List.of()));
        }

        assertThat(registry.keepPlaces(PROXY, line).lost()).isEmpty();
        assertThat(enroll(registry, line.getLast(), Duration.ZERO)).isEqualTo(new Waiting(499));
    }

    @Test
    default void a_proxy_is_told_of_the_turns_of_its_own_sessions_alone() {
        var registry = registry(Given.limits(2, 1000));
        registry.keepPlaces(OTHER_PROXY, List.of());
        var own = wish();
        var foreign = wish();
        registry.enqueue(OTHER_PROXY, foreign, Duration.ZERO);
        enroll(registry, own, Duration.ZERO);

        registry.heartbeat(beat("a"));

        assertThat(onTurn(registry)).containsExactly(own.session());
        assertThat(registry.keepPlaces(OTHER_PROXY, List.of()).onTurn()).containsExactly(foreign.session());
    }

    @Test
    default void wishes_that_nobody_can_fulfil_hold_up_nobody() {
        var registry = withOneSlot();
        registry.heartbeat(serving(beat("a"), "1.62"));
        for (var n = 0; n < 100; n++) {
            enroll(registry, wish("1.99"), Duration.ZERO);
        }
        var possible = wish("1.62");
        enroll(registry, possible, Duration.ZERO);

        assertThat(onTurn(registry)).containsExactly(possible.session());
        assertThat(registry.acquire(possible)).isInstanceOf(Granted.class);
    }

    @Test
    default void who_excludes_the_only_free_worker_holds_up_nobody() {
        var registry = withOneSlot();
        registry.heartbeat(beat("a"));
        var choosy = wish(session(), new WorkerId(BrowserType.CHROMIUM, "a"));
        enroll(registry, choosy, Duration.ZERO);

        assertThat(registry.acquire(wish())).isInstanceOf(Granted.class);
    }

    @Test
    default void the_lines_of_two_browsers_are_two() {
        var registry = withOneSlot();
        registry.heartbeat(beat(new WorkerId(BrowserType.FIREFOX, "f"), "f-1"));
        enroll(registry, wish(), Duration.ZERO);

        var firefox = new SlotRequest(session(), BrowserType.FIREFOX, Optional.empty(), Set.of());

        assertThat(enroll(registry, firefox, Duration.ZERO)).isEqualTo(new Waiting(0));
        assertThat(registry.acquire(firefox)).isInstanceOf(Granted.class);
        assertThat(registry.acquire(wish())).isInstanceOf(NoWorkers.class);
    }

    @Test
    default void who_has_waited_longer_is_put_before_who_came_since() {
        var registry = withOneSlot();
        takeTheOnlySlot(registry);
        enroll(registry, wish(), Duration.ZERO);

        var place = enroll(registry, wish(), Duration.ofSeconds(4));

        assertThat(place).isEqualTo(new Waiting(0));
    }

    @Test
    default void places_that_were_lost_are_given_back_where_they_were() {
        var registry = withOneSlot();
        takeTheOnlySlot(registry);
        var first = wish();
        var second = wish();
        enroll(registry, first, Duration.ZERO);
        enroll(registry, second, Duration.ZERO);
        var waited = PLACE_KEPT.plus(TICK);
        pass(waited);
        registry.keepPlaces(OTHER_PROXY, List.of());
        var third = wish();
        assertThat(registry.enqueue(OTHER_PROXY, third, Duration.ZERO)).isEqualTo(new Waiting(0));

        var kept = registry.keepPlaces(PROXY, List.of(first));
        registry.restorePlaces(PROXY, List.of(new QueueWait(second, waited), new QueueWait(first, waited.plus(TICK))));

        assertThat(kept).isEqualTo(new KeptPlaces(true, List.of(first.session()), List.of()));
        assertThat(enroll(registry, first, Duration.ZERO)).isEqualTo(new Waiting(0));
        assertThat(enroll(registry, second, Duration.ZERO)).isEqualTo(new Waiting(1));
        assertThat(registry.enqueue(OTHER_PROXY, third, Duration.ZERO)).isEqualTo(new Waiting(2));
    }

    @Test
    default void a_place_that_is_taken_by_a_proxy_that_keeps_none_is_lost_until_it_is_given_back() {
        var registry = withOneSlot();
        var held = takeTheOnlySlot(registry);
        var strayed = wish();
        registry.enqueue(PROXY, strayed, Duration.ZERO);
        registry.release(List.of(held.session()));

        var kept = registry.keepPlaces(PROXY, List.of(strayed));
        registry.restorePlaces(PROXY, List.of(new QueueWait(strayed, TICK)));

        assertThat(kept).isEqualTo(new KeptPlaces(true, List.of(strayed.session()), List.of()));
        assertThat(onTurn(registry)).containsExactly(strayed.session());
    }

    @Test
    default void who_has_its_slot_is_given_no_place() {
        var registry = withOneSlot();
        registry.heartbeat(beat("a"));
        var served = wish();
        granted(registry, served);
        registry.keepPlaces(PROXY, List.of());

        registry.restorePlaces(PROXY, List.of(new QueueWait(served, TICK)));

        assertThat(registry.keepPlaces(PROXY, List.of(served)).lost()).isEmpty();
        assertThat(enroll(registry, wish(), Duration.ZERO)).isEqualTo(new Waiting(0));
    }
}
