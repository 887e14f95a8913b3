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

/// Logs an outage of Redis: one line when it goes, one a minute while it is away, one when it is back. Each
/// other reason for being away is one line more. Used by one thread.
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
    /// @param others empty for the connection that reports outages. Otherwise whether that one reports one
    ///     now: this one does not then. Nor does it say that it was lost, since that one may not know yet
    OutageLog(String purpose, Optional<BooleanSupplier> others, LongSupplier nanoTime) {
        this.purpose = purpose;
        this.others = others;
        this.nanoTime = nanoTime;
        this.awaySince = nanoTime.getAsLong();
    }

    /// There is a connection.
    void open() {
        if (!reported.isEmpty()) {
            LOG.atInfo()
                    .addKeyValue("code", "REDIS_BACK")
                    .addKeyValue("purpose", purpose)
                    .addKeyValue("awayMs", away().toMillis())
                    .log("Redis connection is back");
        } else {
            LOG.atLevel(hasBeenOpen ? Level.DEBUG : Level.INFO)
                    .addKeyValue("code", "REDIS_CONNECTED")
                    .addKeyValue("purpose", purpose)
                    .log("Redis connected");
        }
        hasBeenOpen = true;
        reported.clear();
    }

    /// The connection is gone.
    void lost() {
        awaySince = nanoTime.getAsLong();
        var reports = others.isEmpty();
        line(reports, "REDIS_LOST").log("Redis connection lost; it is opened again as soon as Redis can be reached");
        if (!reported.isEmpty()) {
            reported.add(UNREACHABLE);
        }
    }

    /// There is still no connection.
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
        var loud = due && !others.map(BooleanSupplier::getAsBoolean).orElse(false);
        if (loud) {
            reported.add(code);
            reportedAt = nanoTime.getAsLong();
        }
        return LOG.atLevel(loud ? Level.WARN : Level.DEBUG)
                .addKeyValue("code", code)
                .addKeyValue("purpose", purpose);
    }
}
