package dev.greenroom.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.session.SessionEnding.Cause;
import dev.greenroom.session.SessionEnding.Close;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class SessionEndingTest {
    @ParameterizedTest
    @EnumSource(
            names = {
                "WORKER_LOST",
                "BROWSER_CRASHED",
                "DRIVER_HUNG",
                "DRIVER_OUT_OF_MEMORY",
                "DRIVER_ERROR",
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

    @Test
    void a_proxy_reads_from_the_worker_s_reason_what_happened_there() {
        var told = SessionEnding.of(Cause.BUDGET_EXCEEDED, "SESSION_MESSAGE_BYTES (100m)")
                .close()
                .orElseThrow();

        assertThat(told).isEqualTo(new Close(1008, "budget exceeded: SESSION_MESSAGE_BYTES (100m)"));
        assertThat(SessionEnding.ofWorker(told).cause()).isEqualTo(Cause.BUDGET_EXCEEDED);
        assertThat(SessionEnding.ofWorker(new Close(1011, "disconnected: driver hung"))
                        .cause())
                .isEqualTo(Cause.DRIVER_HUNG);
        assertThat(SessionEnding.ofWorker(new Close(1000, "budget exceeded")).cause())
                .isEqualTo(Cause.WORKER_CLOSED);
    }

    @Test
    void a_detail_is_cut_where_a_close_frame_is_full_and_never_within_a_letter() {
        var reason = SessionEnding.of(Cause.MESSAGE_REFUSED, "x" + "😀".repeat(60))
                .close()
                .orElseThrow()
                .reason();

        assertThat(reason.getBytes(StandardCharsets.UTF_8)).hasSizeBetween(120, 123);
        assertThat(reason).endsWith("😀");
    }
}
