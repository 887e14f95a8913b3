package dev.greenroom.proxy.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.proxy.client.SessionObserver.TraceContext;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class TraceContextTest {
    private static final String IDS = "4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7";
    private static final String PARENT = "00-" + IDS + "-01";

    @ParameterizedTest
    @ValueSource(strings = {PARENT, "00-" + IDS + "-00", "01-" + IDS + "-01", "cc-" + IDS + "-01-what-comes-later"})
    void a_well_formed_parent_is_kept_as_it_is(String parent) {
        assertThat(TraceContext.of(List.of(parent), List.of())).contains(new TraceContext(parent, Optional.empty()));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "00-" + IDS,
                PARENT + "-more",
                "ff-" + IDS + "-01",
                "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
                "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
                "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
                "01-" + IDS + "-01more",
                "01-" + IDS + "-01-\r\nX-Evil: 1"
            })
    void a_malformed_parent_is_none(String parent) {
        assertThat(TraceContext.of(List.of(parent), List.of())).isEmpty();
    }

    @Test
    void two_parents_are_none() {
        assertThat(TraceContext.of(List.of(PARENT, PARENT), List.of())).isEmpty();
    }

    @Test
    void states_are_joined_and_a_malformed_one_is_left_out() {
        assertThat(TraceContext.of(List.of(PARENT), List.of("a=1", "b=2")))
                .contains(new TraceContext(PARENT, Optional.of("a=1,b=2")));
        assertThat(TraceContext.of(List.of(PARENT), List.of("a=" + "x".repeat(512))))
                .contains(new TraceContext(PARENT, Optional.empty()));
        assertThat(TraceContext.of(List.of(PARENT), List.of("a=1\r\nX-Evil: 1")))
                .contains(new TraceContext(PARENT, Optional.empty()));
    }
}
