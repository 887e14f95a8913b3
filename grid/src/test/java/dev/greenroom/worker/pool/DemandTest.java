package dev.greenroom.worker.pool;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.session.PlaywrightVersion;
import java.util.List;
import org.junit.jupiter.api.Test;

class DemandTest {
    private static final PlaywrightVersion A = new PlaywrightVersion(1, 40);
    private static final PlaywrightVersion B = new PlaywrightVersion(1, 62);

    @Test
    void before_anybody_asks_all_are_of_the_first_version() {
        var demand = new Demand(2);
        demand.startWith(B);

        assertThat(demand.missing(List.of())).contains(B);
        assertThat(demand.missing(List.of(B))).contains(B);
        assertThat(demand.missing(List.of(B, B))).isEmpty();
    }

    @Test
    void clients_of_two_versions_in_turn_get_one_of_each() {
        var demand = new Demand(2);
        demand.asked(A);
        demand.asked(B);

        assertThat(demand.missing(List.of(B, B))).contains(A);
        assertThat(demand.surplus(List.of(B, B, A))).contains(B);
        assertThat(demand.missing(List.of(B, A))).isEmpty();
    }

    @Test
    void what_is_not_asked_for_any_more_gives_way() {
        var demand = new Demand(2);
        demand.asked(A);
        demand.asked(B);
        demand.asked(B);

        assertThat(demand.surplus(List.of(A, B, B))).contains(A);
        assertThat(demand.latest()).contains(B);
    }

    @Test
    void without_warm_browsers_none_is_missing() {
        var demand = new Demand(0);
        demand.startWith(B);
        demand.asked(A);

        assertThat(demand.missing(List.of())).isEmpty();
        assertThat(demand.latest()).contains(A);
    }
}
