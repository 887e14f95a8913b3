package dev.greenroom;

import dev.greenroom.config.CommandSettings;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.greenroom.config.ProxySettings;
import dev.greenroom.config.Reading;
import dev.greenroom.config.SettingsReader;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

final class WarmUpTest {
    /// As many as may end while somebody comes to wait.
    private static final int WAITED_FOR = 3;

    private static final Duration GENEROUS = Duration.ofSeconds(10);

    @Test
    void a_warm_up_is_bounded_and_leaves_no_line_in_the_log() throws InterruptedException {
        var log = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
        var lines = new ListAppender<ILoggingEvent>();
        lines.start();
        var level = log.getLevel();
        log.setLevel(ch.qos.logback.classic.Level.convertAnSLF4JLevel(Level.INFO));
        log.addAppender(lines);

        var began = System.nanoTime();
        try (var grounds = Grounds.lay();
                var warmUp = WarmUp.begin(grounds, settings().sections())) {
            warmUp.await();
        } finally {
            log.detachAppender(lines);
            log.setLevel(level);
        }

        assertThat(lines.list).extracting(ILoggingEvent::getFormattedMessage).isEmpty();
        assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(WarmUp.BEFORE_READY.plus(GENEROUS));
    }

    @Test
    void a_warm_up_that_is_waited_for_ends_with_the_session_that_is_under_way() throws InterruptedException {
        try (var grounds = Grounds.lay();
                var left = WarmUp.begin(grounds, settings().sections())) {
            await("more sessions").until(() -> left.sessions() > WAITED_FOR);
            left.await();

            try (var waitedFor = WarmUp.begin(grounds, settings().sections())) {
                waitedFor.await();

                assertThat(waitedFor.sessions()).isBetween(1, WAITED_FOR);
            }
        }
    }

    @Test
    void nobody_who_reads_debug_lines_sees_sessions_that_are_ours() throws InterruptedException {
        var log = (Logger) LoggerFactory.getLogger("dev.greenroom");
        var lines = new ListAppender<ILoggingEvent>();
        lines.start();
        log.setLevel(ch.qos.logback.classic.Level.DEBUG);
        log.addAppender(lines);

        try (var grounds = Grounds.lay();
                var warmUp = WarmUp.begin(grounds, settings().sections())) {
            warmUp.await();
        } finally {
            log.detachAppender(lines);
            log.setLevel(null);
        }

        assertThat(lines.list).extracting(ILoggingEvent::getFormattedMessage).isEmpty();
    }

    private static ProxySettings settings() {
        var read =
                CommandSettings.reader(Path.of("")).read(ProxySettings.class, Map.of("REDIS_HOST", "127.0.0.1"), Map.of());
        if (read instanceof Reading.Valid<ProxySettings> valid) {
            return valid.settings();
        }
        throw new IllegalStateException("defaults and a host of Redis are enough: " + List.of(read));
    }
}
