package dev.greenroom.registry;

import static dev.greenroom.registry.Given.beat;
import static dev.greenroom.registry.Given.serving;
import static dev.greenroom.registry.Given.session;
import static dev.greenroom.registry.Given.waits;
import static dev.greenroom.registry.Given.wish;
import static dev.greenroom.registry.RegistryContract.poll;
import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.registry.Acquisition.AllTaken;
import dev.greenroom.registry.Acquisition.Granted;
import dev.greenroom.registry.Acquisition.NoWorkers;
import dev.greenroom.registry.Enrollment.Waiting;
import dev.greenroom.session.Browser;
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

        assertThat(registry.enroll(first, Duration.ZERO)).isEqualTo(new Waiting(0));
        assertThat(registry.enroll(second, Duration.ZERO)).isEqualTo(new Waiting(1));
        assertThat(registry.enroll(first, Duration.ZERO)).isEqualTo(new Waiting(0));
        assertThat(registry.keepPlaces(Browser.CHROMIUM, waits(second)))
                .containsExactly(new Place(second.session(), 1, false));
    }

    @Test
    default void a_freed_slot_goes_to_who_came_first() {
        var registry = withOneSlot();
        var held = takeTheOnlySlot(registry);
        var first = wish();
        var second = wish();
        registry.enroll(first, Duration.ZERO);
        registry.enroll(second, Duration.ZERO);

        registry.release(List.of(held.session()));

        assertThat(registry.acquire(second)).isInstanceOf(AllTaken.class);
        assertThat(registry.acquire(wish())).isInstanceOf(AllTaken.class);
        assertThat(registry.acquire(first)).isInstanceOf(Granted.class);
        assertThat(registry.keepPlaces(Browser.CHROMIUM, waits(first, second)))
                .containsExactly(new Place(second.session(), 0, false));
    }

    @Test
    default void who_does_not_wait_gets_what_those_who_wait_leave() {
        var registry = withOneSlot();
        var held = takeTheOnlySlot(registry);
        var waiting = wish();
        registry.enroll(waiting, Duration.ZERO);
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
        line.forEach(wish -> registry.enroll(wish, Duration.ZERO));
        List<SessionId> served = new ArrayList<>();

        for (var wish : line) {
            registry.release(List.of(held));
            var turn = registry.keepPlaces(Browser.CHROMIUM, waits(line.subList(served.size(), line.size()))).stream()
                    .filter(Place::turn)
                    .map(Place::session)
                    .toList();
            assertThat(turn).containsExactly(wish.session());
            held = granted(registry, wish).session();
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
        registry.enroll(first, Duration.ZERO);
        registry.enroll(wish(), Duration.ZERO);

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
        line.forEach(wish -> registry.enroll(wish, Duration.ZERO));

        registry.heartbeat(beat("b"));

        assertThat(registry.keepPlaces(Browser.CHROMIUM, waits(line)))
                .extracting(Place::turn)
                .containsExactly(true, true, false);
    }

    @Test
    default void who_gives_its_place_up_lets_the_next_one_in() {
        var registry = withOneSlot();
        var held = takeTheOnlySlot(registry);
        var turns = new LinkedBlockingQueue<SessionId>();
        var first = wish();
        var second = wish();
        registry.enroll(first, Duration.ZERO);
        registry.enroll(second, Duration.ZERO);
        registry.release(List.of(held.session()));
        registry.onTurn(turns::add);
        awaitHintsOf(registry);

        registry.abandon(Browser.CHROMIUM, List.of(first.session(), session()));

        assertThat(poll(turns)).isEqualTo(second.session());
        assertThat(registry.acquire(second)).isInstanceOf(Granted.class);
    }

    @Test
    default void a_place_that_nobody_keeps_is_lost_after_three_seconds() {
        var registry = withOneSlot();
        var held = takeTheOnlySlot(registry);
        var dead = wish();
        var alive = wish();
        registry.enroll(dead, Duration.ZERO);
        registry.enroll(alive, Duration.ZERO);
        registry.release(List.of(held.session()));

        pass(PLACE_KEPT.minus(TICK));
        registry.keepPlaces(Browser.CHROMIUM, waits(alive));
        var early = registry.acquire(alive);
        pass(TICK.multipliedBy(2));
        registry.keepPlaces(Browser.CHROMIUM, waits(alive));
        var late = registry.acquire(alive);

        assertThat(early).isInstanceOf(AllTaken.class);
        assertThat(late).isInstanceOf(Granted.class);
    }

    @Test
    default void wishes_that_nobody_can_fulfil_hold_up_nobody() {
        var registry = withOneSlot();
        registry.heartbeat(serving(beat("a"), "1.62"));
        for (var n = 0; n < 100; n++) {
            registry.enroll(wish("1.99"), Duration.ZERO);
        }
        var possible = wish("1.62");
        registry.enroll(possible, Duration.ZERO);

        assertThat(registry.keepPlaces(Browser.CHROMIUM, waits(possible)))
                .containsExactly(new Place(possible.session(), 100, true));
        assertThat(registry.acquire(possible)).isInstanceOf(Granted.class);
    }

    @Test
    default void who_excludes_the_only_free_worker_holds_up_nobody() {
        var registry = withOneSlot();
        registry.heartbeat(beat("a"));
        var choosy = wish(session(), new WorkerId(Browser.CHROMIUM, "a"));
        registry.enroll(choosy, Duration.ZERO);

        assertThat(registry.acquire(wish())).isInstanceOf(Granted.class);
    }

    @Test
    default void the_lines_of_two_browsers_are_two() {
        var registry = withOneSlot();
        registry.heartbeat(beat(new WorkerId(Browser.FIREFOX, "f"), "f-1"));
        registry.enroll(wish(), Duration.ZERO);

        var firefox = new SlotRequest(session(), Browser.FIREFOX, Optional.empty(), Set.of());

        assertThat(registry.enroll(firefox, Duration.ZERO)).isEqualTo(new Waiting(0));
        assertThat(registry.acquire(firefox)).isInstanceOf(Granted.class);
        assertThat(registry.acquire(wish())).isInstanceOf(NoWorkers.class);
    }

    @Test
    default void who_has_waited_longer_is_put_before_who_came_since() {
        var registry = withOneSlot();
        takeTheOnlySlot(registry);
        registry.enroll(wish(), Duration.ZERO);

        var place = registry.enroll(wish(), Duration.ofSeconds(4));

        assertThat(place).isEqualTo(new Waiting(0));
    }

    @Test
    default void places_that_were_lost_are_given_back_where_they_were() {
        var registry = withOneSlot();
        takeTheOnlySlot(registry);
        var first = wish();
        var second = wish();
        registry.enroll(first, Duration.ZERO);
        registry.enroll(second, Duration.ZERO);
        var waited = PLACE_KEPT.plus(TICK);
        pass(waited);
        var third = wish();
        assertThat(registry.enroll(third, Duration.ZERO)).isEqualTo(new Waiting(0));

        var places = registry.keepPlaces(
                Browser.CHROMIUM,
                List.of(new Wait(first, waited.plus(TICK)), new Wait(second, waited), new Wait(third, Duration.ZERO)));

        assertThat(places)
                .containsExactly(
                        new Place(first.session(), 0, false),
                        new Place(second.session(), 1, false),
                        new Place(third.session(), 2, false));
    }

    @Test
    default void a_place_that_is_given_back_while_a_slot_is_free_is_on_turn() {
        var registry = withOneSlot();
        registry.heartbeat(beat("a"));
        var lost = wish();

        var places = registry.keepPlaces(Browser.CHROMIUM, List.of(new Wait(lost, TICK)));

        assertThat(places).containsExactly(new Place(lost.session(), 0, true));
    }

    @Test
    default void who_has_its_slot_is_given_no_place() {
        var registry = withOneSlot();
        registry.heartbeat(beat("a"));
        var served = wish();
        granted(registry, served);

        var places = registry.keepPlaces(Browser.CHROMIUM, List.of(new Wait(served, TICK)));

        assertThat(places).isEmpty();
        assertThat(registry.enroll(wish(), Duration.ZERO)).isEqualTo(new Waiting(0));
    }
}
