package dev.greenroom.registry.redis;

import java.time.Duration;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;
import org.slf4j.spi.LoggingEventBuilder;

/// Logs an outage of Redis: one line when the connection is lost, one a minute during the outage, one when
/// Redis is back, and one for each further cause. Used by one thread.
final class OutageLog {
    private static final Logger LOG = LoggerFactory.getLogger(OutageLog.class);
    private static final Duration INTERVAL = Duration.ofMinutes(1);
    private static final String UNREACHABLE = "REDIS_UNREACHABLE";

    private final String purpose;
    private final Optional<BooleanSupplier> others;
    private final LongSupplier nanoTime;

    /// The codes that were logged at warn in this outage; empty while there is none.
    private final Set<String> reported = new HashSet<>();

    private long reportedAt;
    private long awaySince;
    private boolean hasBeenOpen;

    /// @param purpose of the connection, for the log
    /// @param others empty for the connection that isReporter outages. Otherwise whether that one is reporting an
    ///     outage now: then this one does not. It never isReporter its own loss, since the other connection may
    ///     not have noticed the outage yet
    OutageLog(String purpose, Optional<BooleanSupplier> others, LongSupplier nanoTime) {
        this.purpose = purpose;
        this.others = others;
        this.nanoTime = nanoTime;
        this.awaySince = nanoTime.getAsLong();
    }

    /// The connection is open.
    void open() {
        if (!reported.isEmpty()) {
            LOG.atInfo()
                    .addKeyValue("code", "REDIS_BACK")
                    .addKeyValue("purpose", purpose)
                    .addKeyValue("awayMs", away().toMillis())
                    .log("Redis connection restored");
        } else {
            LOG.atLevel(hasBeenOpen ? Level.DEBUG : Level.INFO)
                    .addKeyValue("code", "REDIS_CONNECTED")
                    .addKeyValue("purpose", purpose)
                    .log("Redis connected");
        }
        hasBeenOpen = true;
        reported.clear();
    }

    /// The connection was lost.
    void lost() {
        awaySince = nanoTime.getAsLong();
        var isReporter = others.isEmpty();
        line(isReporter, "REDIS_LOST").log("Redis connection lost; reconnecting");
        if (!reported.isEmpty()) {
            reported.add(UNREACHABLE);
        }
    }

    /// An attempt to connect failed.
    void failed(RedisConnectFailure failure) {
        var due = !reported.contains(failure.code()) || nanoTime.getAsLong() - reportedAt >= INTERVAL.toNanos();
        line(due, failure.code())
                .addKeyValue("awaySeconds", away().toSeconds())
                .addKeyValue("cause", failure.cause())
                .log(failure.sentence());
    }

    private Duration away() {
        return Duration.ofNanos(nanoTime.getAsLong() - awaySince);
    }

    private LoggingEventBuilder line(boolean due, String code) {
        var isReported = due && !others.map(BooleanSupplier::getAsBoolean).orElse(false);
        if (isReported) {
            reported.add(code);
            reportedAt = nanoTime.getAsLong();
        }
        return LOG.atLevel(isReported ? Level.WARN : Level.DEBUG)
                .addKeyValue("code", code)
                .addKeyValue("purpose", purpose);
    }
}
