package dev.greenroom.worker.pool;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.session.PlaywrightVersion;
import dev.greenroom.worker.pool.WarmDemand.Wanted;
import java.util.List;
import java.util.Optional;
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

    private final WarmDemand demand = new WarmDemand(2);

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
        var none = new WarmDemand(0);
        none.startWith(NEW);
        none.asked(OLD, ONE);

        assertThat(none.missing(List.of())).isEmpty();
        assertThat(none.latest()).contains(A);
    }

    private void asked(Wanted request) {
        demand.asked(request.version(), request.owner());
    }
}
