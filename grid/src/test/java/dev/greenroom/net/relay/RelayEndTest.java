package dev.greenroom.net.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.greenroom.net.relay.Relay.RelayEnd;
import dev.greenroom.net.relay.Relay.RelayResult;
import dev.greenroom.net.relay.Relay.RelayTraffic;
import dev.greenroom.session.SessionEnding;
import dev.greenroom.session.SessionEnding.Cause;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class RelayEndTest {
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final RelayResult RELAYED = new RelayResult(SessionEnding.of(Cause.CLIENT_LOST), RelayTraffic.NONE);

    private final RelayEnd end = new RelayEnd();
    private final AtomicInteger given = new AtomicInteger();
    private final FutureTask<RelayResult> waiting = new FutureTask<>(() -> end.await(given::incrementAndGet));
    private final Thread waiter = Thread.ofVirtual().unstarted(waiting);

    @Test
    void an_end_that_was_told_before_is_not_waited_for() throws Exception {
        end.complete(RELAYED);

        assertThat(end.isComplete()).isTrue();
        assertThat(end.await(given::incrementAndGet)).isSameAs(RELAYED);
    }

    @Test
    void who_waits_is_woken_by_the_end_and_by_nothing_else() throws Exception {
        waiter.start();
        awaitParked();
        LockSupport.unpark(waiter);
        awaitParked();
        assertThat(waiting.isDone()).isFalse();

        end.complete(RELAYED);

        assertThat(waiting.get()).isSameAs(RELAYED);
        assertThat(given).hasValue(0);
    }

    @Test
    void who_is_interrupted_gives_up_and_says_so_once() {
        waiter.start();
        awaitParked();

        waiter.interrupt();

        assertThatThrownBy(waiting::get)
                .isInstanceOf(ExecutionException.class)
                .hasCauseInstanceOf(InterruptedException.class);
        assertThat(given).hasValue(1);
    }

    private void awaitParked() {
        await().atMost(PATIENCE).until(() -> waiter.getState() == Thread.State.WAITING);
    }
}
