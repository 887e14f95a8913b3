package dev.greenroom.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.session.CdpBrowserId.CdpLimits;
import dev.greenroom.session.SessionEnding.Cause;
import dev.greenroom.session.SessionEnding.Close;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class CdpLimitsTest {
    private static final Duration KEPT = Duration.ofSeconds(60);
    private static final Duration GRACE = Duration.ofSeconds(2);
    private static final CdpLimits BOTH = new CdpLimits(KEPT, GRACE, Optional.of(Duration.ofMinutes(5)));
    private static final CdpLimits ONLY_GRACE = new CdpLimits(Duration.ZERO, GRACE, Optional.empty());

    private static final SessionEnding LEFT = SessionEnding.of(Cause.CLIENT_CLOSED, new Close(1000, ""));
    private static final SessionEnding LOST = SessionEnding.of(Cause.CLIENT_LOST);

    /// What a worker sees when a proxy closes a connection for this cause.
    private static SessionEnding asTold(Cause cause) {
        return SessionEnding.of(
                Cause.CLIENT_CLOSED, SessionEnding.of(cause).close().orElseThrow());
    }

    @Test
    void a_client_that_leaves_is_waited_for_if_it_asked_for_that() {
        assertThat(BOTH.after(LEFT)).isEqualTo(KEPT);
        assertThat(ONLY_GRACE.after(LEFT)).isZero();
        assertThat(CdpLimits.NONE.after(LEFT)).isZero();
    }

    @Test
    void a_client_that_was_lost_is_waited_for_as_its_proxy_sees_it_and_as_it_tells_its_worker() {
        assertThat(ONLY_GRACE.after(LOST)).isEqualTo(GRACE);
        assertThat(ONLY_GRACE.after(asTold(Cause.CLIENT_LOST))).isEqualTo(GRACE);
        assertThat(BOTH.after(LOST)).isEqualTo(KEPT);
        assertThat(CdpLimits.NONE.after(LOST)).isZero();
    }

    @Test
    void nobody_is_waited_for_after_an_end_that_the_grid_or_browser_close_has_caused() {
        var closed = new Close(1000, "closed with Browser.close");

        assertThat(BOTH.after(SessionEnding.ofDriver(closed))).isZero();
        assertThat(BOTH.after(SessionEnding.ofWorker(closed))).isZero();
        for (var cause : new Cause[] {Cause.OPERATOR, Cause.PROXY_SHUTDOWN, Cause.TIME_LIMIT, Cause.PROTOCOL_ERROR}) {
            assertThat(BOTH.after(SessionEnding.of(cause))).isZero();
            assertThat(BOTH.after(asTold(cause))).isZero();
        }
        assertThat(BOTH.after(SessionEnding.of(Cause.IDLE_LIMIT))).isZero();
        assertThat(BOTH.after(SessionEnding.of(Cause.BROWSER_CRASHED))).isZero();
    }

    @Test
    void a_worker_reads_what_a_proxy_writes_and_nothing_else() {
        assertThat(CdpLimits.of(BOTH.text())).isEqualTo(BOTH);
        assertThat(CdpLimits.of(ONLY_GRACE.text())).isEqualTo(ONLY_GRACE);
        assertThat(CdpLimits.of("60000")).isEqualTo(CdpLimits.NONE);
        assertThat(CdpLimits.of("-1 0 -")).isEqualTo(CdpLimits.NONE);
    }
}
