package dev.greenroom.worker.pool;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.session.PlaywrightVersion;
import dev.greenroom.testkit.FakeClock;
import dev.greenroom.worker.pool.WarmDemand.Wanted;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class WarmDemandTest {
    private static final PlaywrightVersion OLD = new PlaywrightVersion(1, 40);
    private static final PlaywrightVersion NEW = new PlaywrightVersion(1, 62);
    private static final Optional<DriverOwner> ONE = Optional.of(new DriverOwner.OfTenant("one"));
    private static final Optional<DriverOwner> OTHER = Optional.of(new DriverOwner.OfTenant("other"));
    private static final Wanted ANYBODYS = new Wanted(NEW, Optional.empty());
    private static final Wanted A = new Wanted(OLD, ONE);
    private static final Wanted B = new Wanted(NEW, ONE);
    private static final Wanted C = new Wanted(NEW, OTHER);

    private final FakeClock clock = new FakeClock(Instant.EPOCH);
    private final AtomicInteger inUse = new AtomicInteger();
    private final WarmDemand demand = new WarmDemand(2, clock::nanos, inUse::get);

    @Test
    void before_anybody_asks_all_are_of_the_first_version() {
        demand.startWith(NEW);

        assertThat(demand.missing(List.of())).containsExactly(ANYBODYS, ANYBODYS);
        assertThat(demand.missing(List.of(ANYBODYS))).containsExactly(ANYBODYS);
        assertThat(demand.missing(List.of(ANYBODYS, ANYBODYS))).isEmpty();
    }

    @Test
    void what_is_wanted_for_nobody_in_particular_may_be_on_a_driver_of_the_first_who_came() {
        demand.startWith(NEW);
        asked(B);

        assertThat(demand.missing(List.of(B))).containsExactly(ANYBODYS);
        assertThat(demand.missing(List.of(B, B))).isEmpty();
        assertThat(demand.missing(List.of(ANYBODYS, ANYBODYS)))
                .as("nobody has claimed them, so anybody can")
                .isEmpty();
    }

    @Test
    void clients_of_two_versions_in_turn_get_one_of_each() {
        asked(A);
        asked(B);

        assertThat(demand.missing(List.of(B, B))).containsExactly(A);
        assertThat(demand.surplus(List.of(B, B, A))).contains(B);
        assertThat(demand.missing(List.of(B, A))).isEmpty();
    }

    @Test
    void clients_of_two_tenants_in_turn_get_one_each() {
        asked(B);
        asked(C);

        assertThat(demand.missing(List.of(B, B))).containsExactly(C);
        assertThat(demand.surplus(List.of(B, B, C))).contains(B);
        assertThat(demand.missing(List.of(B, C))).isEmpty();
    }

    @Test
    void what_is_not_asked_for_any_more_gives_way() {
        asked(A);
        asked(B);
        asked(B);

        assertThat(demand.surplus(List.of(A, B, B))).contains(A);
        assertThat(demand.latest()).contains(B);
        assertThat(demand.isRecent(B)).isTrue();
        assertThat(demand.isRecent(A)).isFalse();
        assertThat(demand.isRecent(C)).isFalse();
    }

    @Test
    void without_warm_browsers_none_is_missing() {
        var none = new WarmDemand(0, clock::nanos, inUse::get);
        none.expectSessions(5);
        none.startWith(NEW);
        none.asked(OLD, ONE);

        assertThat(none.missing(List.of())).isEmpty();
        assertThat(none.surplus(List.of(A))).contains(A);
        assertThat(none.latest()).contains(A);
    }

    @Test
    void under_load_as_many_are_launched_in_advance_as_sessions_began_within_a_second() {
        demand.expectSessions(5);

        burst(3);
        assertThat(demand.missing(List.of(B, B))).containsExactly(B);

        burst(4);
        assertThat(demand.missing(List.of(B, B))).as("no more than slots").containsExactly(B, B, B);
    }

    @Test
    void sessions_that_begin_rarely_need_no_more_than_at_rest() {
        demand.expectSessions(5);

        for (var session = 0; session < 5; session++) {
            asked(B);
            clock.advance(Duration.ofSeconds(1));
        }

        assertThat(demand.missing(List.of(B, B))).isEmpty();
    }

    @Test
    void those_in_use_and_those_that_wait_are_never_more_than_the_slots_and_those_at_rest() {
        demand.expectSessions(5);
        burst(5);

        inUse.set(4);
        assertThat(demand.missing(List.of(B, B))).isEmpty();
        assertThat(demand.surplus(List.of(B, B, B))).isEmpty();
        assertThat(demand.surplus(List.of(B, B, B, B))).contains(B);

        inUse.set(0);
        assertThat(demand.surplus(List.of(B, B, B, B, B, B, B))).isEmpty();
    }

    @Test
    void when_the_load_is_over_there_are_as_many_as_at_rest() {
        demand.expectSessions(5);
        burst(5);
        assertThat(demand.surplus(List.of(B, B, B))).isEmpty();

        clock.advance(WarmDemand.HOLD);

        assertThat(demand.surplus(List.of(B, B, B))).contains(B);
        assertThat(demand.missing(List.of(B, B))).isEmpty();
    }

    @Test
    void while_memory_is_short_there_are_no_more_under_load_than_the_limit() {
        demand.expectSessions(5);
        burst(5);

        demand.limit(1);

        assertThat(demand.missing(List.of(B))).isEmpty();
        assertThat(demand.surplus(List.of(B, B))).contains(B);
    }

    private void burst(int sessions) {
        for (var session = 0; session < sessions; session++) {
            asked(B);
        }
    }

    private void asked(Wanted request) {
        demand.asked(request.version(), request.owner());
    }
}
