package dev.greenroom.wire;

import dev.greenroom.config.RelaySettings;
import dev.greenroom.session.Ending.Cause;
import java.time.Duration;
import java.util.Optional;

/// How long one session may last, and how long it may say nothing. Confined to its event loop.
final class RelayLimits {
    private final RelaySettings settings;
    private final long beganNanos;
    private long lastMessageNanos;
    private long messagesSeen;

    RelayLimits(RelaySettings settings, long nowNanos) {
        this.settings = settings;
        this.beganNanos = nowNanos;
        this.lastMessageNanos = nowNanos;
    }

    /// The limit that is exceeded, if one is.
    ///
    /// @param messages of both sides so far
    Optional<Cause> exceeded(long messages, long nowNanos) {
        if (messages != messagesSeen) {
            messagesSeen = messages;
            lastMessageNanos = nowNanos;
        }
        if (isOver(settings.sessionTimeout(), nowNanos - beganNanos)) {
            return Optional.of(Cause.TIME_LIMIT);
        }
        return isOver(settings.idleTimeout(), nowNanos - lastMessageNanos)
                ? Optional.of(Cause.IDLE_LIMIT)
                : Optional.empty();
    }

    private static boolean isOver(Optional<Duration> limit, long nanos) {
        return limit.filter(most -> nanos >= most.toNanos()).isPresent();
    }
}
