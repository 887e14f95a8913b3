package dev.greenroom.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.session.SessionEnding.Cause;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class SessionEndingTest {
    @ParameterizedTest
    @EnumSource(
            names = {
                "WORKER_LOST",
                "BROWSER_CRASHED",
                "PEER_TIMED_OUT",
                "WRITE_STALLED",
                "PROXY_SHUTDOWN",
                "WORKER_DRAINING"
            })
    void a_client_that_had_better_connect_again_is_told_with_the_documented_word(Cause cause) {
        assertThat(SessionEnding.of(cause).close())
                .hasValueSatisfying(close -> assertThat(close.reason())
                        .isEqualTo("disconnected: "
                                + (cause == Cause.PROXY_SHUTDOWN ? "proxy shutting down" : cause.words())));
    }
}
