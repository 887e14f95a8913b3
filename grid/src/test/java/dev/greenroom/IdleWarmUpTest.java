package dev.greenroom;

import dev.greenroom.config.CommandSettings;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.greenroom.config.Reading;
import dev.greenroom.config.SettingsReader;
import dev.greenroom.config.UpSettings;
import dev.greenroom.config.WarmUpSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

final class IdleWarmUpTest {
    private static final Duration GENEROUS = Duration.ofSeconds(30);
    private static final Duration SHORT = Duration.ofMillis(20);
    private static final WarmUpSettings ON = new WarmUpSettings(true);
    private static final int ENDLESS = Integer.MAX_VALUE;

    private final Logger log = (Logger) LoggerFactory.getLogger("dev.greenroom");
    private final ListAppender<ILoggingEvent> lines = new ListAppender<>();
    private final UpSettings settings = settings();

    @TempDir
    private Path folder;

    @BeforeEach
    void listen_to_the_log() {
        lines.start();
        log.setLevel(Level.INFO);
        log.addAppender(lines);
    }

    @AfterEach
    void stop_listening() {
        log.detachAppender(lines);
        log.setLevel(null);
    }

    @Test
    void it_is_bounded_in_number_and_leaves_no_line_in_the_log_and_nothing_open() {
        try (var grounds = Grounds.lay();
                var warmUp = new IdleWarmUp(bounds(25), () -> whole(grounds), () -> false)) {
            warmUp.start(ON);

            await().atMost(GENEROUS).until(warmUp::isOver);

            assertThat(warmUp.done()).isEqualTo(25);
            assertThat(folder).isEmptyDirectory();
        }
        assertThat(lines.list).extracting(ILoggingEvent::getFormattedMessage).isEmpty();
    }

    @Test
    void it_is_bounded_in_time() {
        var bounds = new IdleWarmUp.Bounds(ENDLESS, Duration.ofMillis(200), SHORT);
        try (var grounds = Grounds.lay();
                var warmUp = new IdleWarmUp(bounds, () -> whole(grounds), () -> false)) {
            warmUp.start(ON);

            await().atMost(GENEROUS).until(warmUp::isOver);

            assertThat(warmUp.done()).isPositive();
        }
    }

    @Test
    void it_gives_way_to_whoever_comes_and_goes_on_when_they_have_gone() {
        var busy = new AtomicBoolean();
        try (var grounds = Grounds.lay();
                var warmUp = new IdleWarmUp(bounds(ENDLESS), () -> whole(grounds), busy::get)) {
            warmUp.start(ON);
            await().atMost(GENEROUS).until(() -> warmUp.done() > 2);

            busy.set(true);

            await().atMost(GENEROUS).until(() -> Files.notExists(socket()));
            var before = warmUp.done();
            await().during(Duration.ofMillis(200)).atMost(GENEROUS).until(() -> warmUp.done() == before);
            busy.set(false);
            await().atMost(GENEROUS).until(() -> warmUp.done() > before);
        }
    }

    @Test
    void it_ends_when_its_process_does() {
        try (var grounds = Grounds.lay()) {
            var warmUp = new IdleWarmUp(bounds(ENDLESS), () -> whole(grounds), () -> false);
            warmUp.start(ON);
            await().atMost(GENEROUS).until(() -> warmUp.done() > 0);

            warmUp.close();

            assertThat(warmUp.isOver()).isTrue();
            assertThat(folder).isEmptyDirectory();
        }
    }

    @Test
    void a_worker_warms_up_without_a_proxy() {
        try (var grounds = Grounds.lay();
                var warmUp = new IdleWarmUp(
                        bounds(3), () -> StandInGrid.worker(grounds, settings.worker(), socket()), () -> false)) {
            warmUp.start(ON);

            await().atMost(GENEROUS).until(warmUp::isOver);

            assertThat(warmUp.done()).isEqualTo(3);
        }
        assertThat(lines.list).extracting(ILoggingEvent::getFormattedMessage).isEmpty();
    }

    @Test
    void one_that_fails_says_so_and_is_over() {
        try (var warmUp = new IdleWarmUp(
                bounds(3),
                () -> {
                    throw new IOException("no loopback");
                },
                () -> false)) {
            warmUp.start(ON);

            await().atMost(GENEROUS).until(warmUp::isOver);
        }
        assertThat(lines.list)
                .extracting(ILoggingEvent::getFormattedMessage)
                .containsExactly("The first sessions will take longer to begin");
    }

    @Test
    void there_is_none_where_it_is_not_wanted_or_debug_lines_are_read() {
        try (var grounds = Grounds.lay();
                var unwanted = new IdleWarmUp(bounds(1), () -> whole(grounds), () -> false);
                var overheard = new IdleWarmUp(bounds(1), () -> whole(grounds), () -> false)) {
            unwanted.start(new WarmUpSettings(false));
            log.setLevel(Level.DEBUG);
            overheard.start(ON);

            assertThat(unwanted.hasBegun()).isFalse();
            assertThat(overheard.hasBegun()).isFalse();
        }
    }

    private StandInGrid whole(Grounds grounds) throws IOException, InterruptedException {
        return StandInGrid.whole(grounds, settings.proxy(), settings.worker(), socket());
    }

    private Path socket() {
        return folder.resolve("s");
    }

    private static IdleWarmUp.Bounds bounds(int sessions) {
        return new IdleWarmUp.Bounds(sessions, GENEROUS, SHORT);
    }

    private static UpSettings settings() {
        var read = CommandSettings.reader(Path.of("")).read(UpSettings.class, Map.of(), Map.of());
        if (read instanceof Reading.Valid<UpSettings> valid) {
            return valid.settings();
        }
        throw new IllegalStateException("defaults are enough: " + List.of(read));
    }
}
