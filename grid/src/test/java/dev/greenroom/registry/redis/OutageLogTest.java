package dev.greenroom.registry.redis;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import dev.greenroom.testkit.LoggedLines;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;

@Isolated("the log of the JVM")
final class OutageLogTest {
    private final LoggedLines lines = LoggedLines.of(OutageLog.class.getName());
    private long now;
    private boolean reportedByTheOther;
    private final OutageLog report = new OutageLog("commands", Optional.empty(), () -> now);

    @AfterEach
    void close() {
        lines.close();
    }

    @Test
    void an_outage_is_logged_once_when_it_starts_once_a_minute_and_once_when_it_ends() {
        report.open();
        report.lost();
        failEverySecond(150, "Connection refused");
        report.open();

        assertThat(lines.codesFrom(Level.INFO))
                .containsExactly(
                        "REDIS_CONNECTED", "REDIS_LOST", "REDIS_UNREACHABLE", "REDIS_UNREACHABLE", "REDIS_BACK");
        assertThat(lines.withCode("REDIS_BACK")).singleElement().asString().contains("150000");
    }

    @Test
    void a_redis_that_is_unreachable_at_the_start_is_reported_at_once() {
        failEverySecond(3, "Connection refused");
        report.open();

        assertThat(lines.codesFrom(Level.INFO)).containsExactly("REDIS_UNREACHABLE", "REDIS_BACK");
    }

    @Test
    void each_cause_is_logged_once() {
        report.open();
        report.lost();
        for (var n = 0; n < 5; n++) {
            failEverySecond(1, "Connection refused");
            failEverySecond(1, "LOADING Redis is loading the dataset in memory");
        }
        report.open();

        assertThat(lines.codesFrom(Level.INFO))
                .containsExactly("REDIS_CONNECTED", "REDIS_LOST", "REDIS_LOADING", "REDIS_BACK");
    }

    @Test
    void of_two_connections_that_are_lost_together_one_reports_the_outage() {
        var hints = new OutageLog("hints", Optional.of(() -> reportedByTheOther), () -> now);
        hints.open();
        hints.lost();
        reportedByTheOther = true;
        failEverySecond(hints, 100, "Connection refused");
        reportedByTheOther = false;
        hints.open();

        assertThat(lines.codesFrom(Level.INFO)).containsExactly("REDIS_CONNECTED");
    }

    @Test
    void a_connection_that_is_lost_alone_is_reported_once_it_cannot_be_opened_again() {
        var hints = new OutageLog("hints", Optional.of(() -> reportedByTheOther), () -> now);
        hints.open();
        hints.lost();
        failEverySecond(hints, 3, "NOPERM this user has no permissions");
        hints.open();

        assertThat(lines.codesFrom(Level.INFO))
                .containsExactly("REDIS_CONNECTED", "REDIS_RIGHTS_MISSING", "REDIS_BACK");
    }

    private void failEverySecond(int times, String why) {
        failEverySecond(report, times, why);
    }

    private void failEverySecond(OutageLog report, int times, String why) {
        for (var n = 0; n < times; n++) {
            now += Duration.ofSeconds(1).toNanos();
            report.failed(RedisConnectFailure.of(new IOException(why)));
        }
    }
}
