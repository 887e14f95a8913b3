package dev.greenroom.worker.pool;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.session.PlaywrightVersion;
import java.util.List;
import org.junit.jupiter.api.Test;

class VersionDemandTest {
    private static final PlaywrightVersion A = new PlaywrightVersion(1, 40);
    private static final PlaywrightVersion B = new PlaywrightVersion(1, 62);

    @Test
    void before_anybody_asks_all_are_of_the_first_version() {
        var versionDemand = new VersionDemand(2);
        versionDemand.startWith(B);

        assertThat(versionDemand.missing(List.of())).contains(B);
        assertThat(versionDemand.missing(List.of(B))).contains(B);
        assertThat(versionDemand.missing(List.of(B, B))).isEmpty();
    }

    @Test
    void clients_of_two_versions_in_turn_get_one_of_each() {
        var versionDemand = new VersionDemand(2);
        versionDemand.asked(A);
        versionDemand.asked(B);

        assertThat(versionDemand.missing(List.of(B, B))).contains(A);
        assertThat(versionDemand.surplus(List.of(B, B, A))).contains(B);
        assertThat(versionDemand.missing(List.of(B, A))).isEmpty();
    }

    @Test
    void what_is_not_asked_for_any_more_gives_way() {
        var versionDemand = new VersionDemand(2);
        versionDemand.asked(A);
        versionDemand.asked(B);
        versionDemand.asked(B);

        assertThat(versionDemand.surplus(List.of(A, B, B))).contains(A);
        assertThat(versionDemand.latest()).contains(B);
    }

    @Test
    void without_warm_browsers_none_is_missing() {
        var versionDemand = new VersionDemand(0);
        versionDemand.startWith(B);
        versionDemand.asked(A);

        assertThat(versionDemand.missing(List.of())).isEmpty();
        assertThat(versionDemand.latest()).contains(A);
    }
}
