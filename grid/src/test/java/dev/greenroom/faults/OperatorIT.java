package dev.greenroom.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.greenroom.registry.SessionList.LiveSession;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// What an operator sees of sessions and does to them, on any of two proxies.
@Timeout(60)
final class OperatorIT {
    private static final Duration LISTED = Duration.ofSeconds(5);

    private final FaultGrid grid = new FaultGrid(10, 1_000);

    @AfterEach
    void close() throws Exception {
        grid.close();
    }

    private static List<LiveSession> listed(FaultGrid.Front front) {
        return front.registry().sessions().page(100, Optional.empty()).sessions();
    }

    private static void awaitListed(FaultGrid.Front front, int sessions) {
        await(sessions + " listed sessions")
                .atMost(LISTED)
                .until(() -> listed(front).size() == sessions);
    }

    @Test
    void an_operator_sees_the_sessions_of_all_proxies_and_ends_one_from_another_proxy_within_a_second()
            throws Exception {
        grid.worker();
        var one = grid.front();
        var other = grid.front();
        var doomed = one.session();
        awaitListed(other, 1);
        var survivor = other.session();
        awaitListed(one, 2);
        var session = listed(other).getFirst();

        var began = System.nanoTime();
        var known = other.registry().sessions().end(session.session());
        var close = doomed.awaitClose();
        var took = Duration.ofNanos(System.nanoTime() - began);

        assertThat(known).isTrue();
        assertThat(close.closeCode()).isEqualTo(1001);
        assertThat(close.closeReason()).isEqualTo("session ended by operator");
        assertThat(took).isLessThan(Duration.ofSeconds(1));
        assertThat(session.proxy()).endsWith(":" + one.port());
        assertThat(session.client().remote()).isEqualTo("127.0.0.1");
        awaitListed(one, 1);
        survivor.assertEchoes();
        survivor.leave();
        grid.assertQuiet();
    }

    @Test
    void FR18_an_order_whose_message_was_lost_ends_the_session_with_the_next_renewal() throws Exception {
        grid.worker();
        var front = grid.front();
        var doomed = front.session();
        awaitListed(front, 1);
        var session = listed(front).getFirst().session();

        var soon = Long.toString(System.currentTimeMillis() + 60_000);
        grid.redis().cli("ZADD", "grid:ending", soon, session.toString());

        assertThat(doomed.awaitClose().closeReason()).isEqualTo("session ended by operator");
        grid.assertQuiet();
        assertThat(grid.redis().cli("EXISTS", "grid:ending")).isEqualTo("0");
    }

    @Test
    void FR4_sessions_are_listed_again_after_redis_forgot_them() throws Exception {
        grid.worker();
        var front = grid.front();
        var client = front.session();
        awaitListed(front, 1);

        grid.redis().cli("FLUSHALL");

        awaitListed(front, 1);
        client.leave();
        grid.assertQuiet();
    }
}
