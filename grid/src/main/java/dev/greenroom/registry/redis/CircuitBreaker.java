package dev.greenroom.registry.redis;

import java.time.Duration;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Opens with the first failed call, and refuses calls while it is open. One call is admitted as the probe
/// when the pause is over or [#allowProbe] says so: its success closes the breaker, its failure opens it
/// again. Safe for use by many threads.
///
/// A circuit breaker from a library counts failures in a window. Here one call without an answer is enough,
/// because each further one would cost a client its deadline.
final class CircuitBreaker {
    private static final Logger LOG = LoggerFactory.getLogger(CircuitBreaker.class);
    private static final Duration PAUSE = Duration.ofSeconds(1);

    private enum BreakerState {
        CLOSED,
        OPEN,
        HALF_OPEN
    }

    private final LongSupplier nanoTime;
    private BreakerState state = BreakerState.CLOSED;
    private long probeAt;

    /// @param nanoTime a clock that never goes backwards
    CircuitBreaker(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
    }

    /// Whether a call may be sent. Each call that was admitted is followed by [#succeeded] or [#failed].
    synchronized boolean admits() {
        if (state == BreakerState.OPEN && nanoTime.getAsLong() - probeAt >= 0) {
            become(BreakerState.HALF_OPEN);
            return true;
        }
        return state == BreakerState.CLOSED;
    }

    /// The next call may be sent at once, as the probe.
    synchronized void allowProbe() {
        probeAt = nanoTime.getAsLong();
    }

    /// A call was answered. A late answer to a call from before the breaker opened changes nothing.
    synchronized void succeeded() {
        if (state == BreakerState.HALF_OPEN) {
            become(BreakerState.CLOSED);
        }
    }

    /// A call was not answered.
    synchronized void failed() {
        if (state != BreakerState.OPEN) {
            probeAt = nanoTime.getAsLong() + PAUSE.toNanos();
            become(BreakerState.OPEN);
        }
    }

    private void become(BreakerState next) {
        LOG.atDebug()
                .addKeyValue("code", "REDIS_BREAKER")
                .addKeyValue("transition", "State transition from " + state + " to " + next)
                .log("Circuit breaker of Redis changed");
        state = next;
    }
}
