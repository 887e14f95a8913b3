package dev.greenroom.ops.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.LoggerContext;
import dev.greenroom.config.CommandSettings.LogSettings;
import dev.greenroom.config.CommandSettings.LogSettings.LogFormat;
import dev.greenroom.config.CommandSettings.LogSettings.LogLevel;
import dev.greenroom.ops.log.ProcessLog.QuietStart;
import dev.greenroom.session.SessionId;
import dev.greenroom.session.SessionId.SessionScope;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Isolated;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

@Isolated("the log of the JVM")
final class ProcessLogTest {
    private static final Logger LOG = LoggerFactory.getLogger(ProcessLogTest.class);
    private static final SessionId SESSION = new SessionId(UUID.fromString("01920000-0000-7000-8000-000000000001"));

    private final ByteArrayOutputStream stream = new ByteArrayOutputStream();

    @AfterEach
    void be_quiet_again() {
        new QuietStart().configure((LoggerContext) LoggerFactory.getILoggerFactory());
    }

    @Test
    void lines_below_the_level_and_the_chatter_of_libraries_are_left_out() {
        try (var _ = ProcessLog.open(new LogSettings(LogLevel.INFO, LogFormat.TEXT), stream)) {
            LOG.atDebug().log("unseen");
            LOG.atInfo().addKeyValue("n", 1).log("seen");
            LoggerFactory.getLogger("io.netty.channel").atInfo().log("unseen");
            LoggerFactory.getLogger("io.lettuce.core").atWarn().log("unseen");
            LoggerFactory.getLogger("io.netty.channel").atWarn().log("trouble");
        }

        assertThat(lines()).hasSize(2);
        assertThat(lines().getFirst()).endsWith("level=info msg=seen n=1");
        assertThat(lines().getLast()).endsWith("level=warn msg=trouble logger=io.netty.channel");
    }

    @Test
    void the_format_is_that_of_the_settings() {
        try (var _ = ProcessLog.open(new LogSettings(LogLevel.DEBUG, LogFormat.JSON), stream)) {
            LOG.atDebug().log("seen");
        }

        assertThat(lines()).singleElement().asString().startsWith("{\"time\":").endsWith("\"code\":\"seen\"}");
    }

    @Test
    void the_session_of_the_calling_thread_is_added_where_it_is_not_given() {
        try (var _ = ProcessLog.open(new LogSettings(LogLevel.INFO, LogFormat.TEXT), stream)) {
            SessionScope.where(SESSION, () -> {
                LOG.atInfo().addKeyValue("n", 1).log("inside");
                LOG.atInfo().addKeyValue("sessionId", "other").log("inside");
                return true;
            });
            LOG.atInfo().log("outside");
        }

        assertThat(lines().get(0)).endsWith("msg=inside n=1 sessionId=" + SESSION);
        assertThat(lines().get(1)).endsWith("msg=inside sessionId=other");
        assertThat(lines().get(2)).endsWith("msg=outside");
    }

    @Test
    void a_value_is_what_it_was_when_it_was_logged() {
        var changing = new StringBuilder("before");
        var blocked = new BlockedStream(stream);

        try (var _ = ProcessLog.open(new LogSettings(LogLevel.INFO, LogFormat.TEXT), blocked)) {
            LOG.atInfo().addKeyValue("value", changing).log("changing");
            changing.append(" and after");
            blocked.open.countDown();
        }

        assertThat(lines()).singleElement().asString().endsWith("value=before");
    }

    @Test
    @Timeout(60)
    void nobody_waits_for_a_stream_that_takes_nothing_and_what_matters_is_kept() {
        var blocked = new BlockedStream(stream);

        try (var _ = ProcessLog.open(new LogSettings(LogLevel.INFO, LogFormat.TEXT), blocked)) {
            var before = ProcessLog.droppedLines();
            for (var line = 0; line < 2 * QueuedAppender.QUEUE_LINES; line++) {
                LOG.atInfo().addKeyValue("line", line).log("flood");
            }
            LOG.atError().log("the one that matters");
            assertThat(ProcessLog.droppedLines() - before)
                    .isBetween((long) QueuedAppender.QUEUE_LINES, 2L * QueuedAppender.QUEUE_LINES);
            blocked.open.countDown();
        }

        assertThat(lines()).hasSizeLessThanOrEqualTo(QueuedAppender.QUEUE_LINES + 2);
        assertThat(lines().getLast()).contains("msg=\"the one that matters\"");
    }

    @Test
    @Timeout(60)
    void closing_waits_for_a_stuck_stream_no_longer_than_its_deadline() {
        var blocked = new BlockedStream(stream);
        var log = ProcessLog.open(new LogSettings(LogLevel.INFO, LogFormat.TEXT), blocked);
        LOG.atInfo().log("stuck");
        LOG.atInfo().log("lost");

        log.close();

        assertThat(lines()).as("written while the stream was stuck").isEmpty();
        blocked.open.countDown();
    }

    @Test
    @Timeout(60)
    void a_stream_that_was_full_for_a_while_gets_whole_lines_again_and_what_it_lost_is_counted() {
        var full = new FullStream(stream);
        var before = ProcessLog.droppedLines();

        try (var _ = ProcessLog.open(new LogSettings(LogLevel.INFO, LogFormat.TEXT), full)) {
            LOG.atInfo().log("does not fit");
            LOG.atInfo().log("nor does this");
            await().until(() -> ProcessLog.droppedLines() - before == 2);
            full.room = true;
            LOG.atInfo().log("fits");
        }

        assertThat(lines()).hasSize(2);
        assertThat(lines().getFirst()).startsWith("time=").doesNotContain("fit");
        assertThat(lines().getLast()).startsWith("time=").contains("msg=fits");
    }

    private List<String> lines() {
        return stream.toString(StandardCharsets.UTF_8).lines().toList();
    }

    /// Takes nothing until it is open.
    private static final class BlockedStream extends OutputStream {
        final CountDownLatch open = new CountDownLatch(1);
        private final OutputStream behind;

        BlockedStream(OutputStream behind) {
            this.behind = behind;
        }

        @Override
        public void write(int one) {
            write(new byte[] {(byte) one}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) {
            awaitOpen();
            try {
                behind.write(bytes, offset, length);
            } catch (IOException failure) {
                throw new UncheckedIOException(failure);
            }
        }

        /// A write to a pipe that nobody reads does not end by interruption either.
        private void awaitOpen() {
            var interrupted = false;
            while (open.getCount() > 0) {
                try {
                    open.await();
                } catch (InterruptedException _) {
                    interrupted = true;
                }
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /// Takes ten bytes of the first line and then nothing, until there is room.
    private static final class FullStream extends OutputStream {
        private final OutputStream behind;
        private boolean begun;
        volatile boolean room;

        FullStream(OutputStream behind) {
            this.behind = behind;
        }

        @Override
        public void write(int one) throws IOException {
            write(new byte[] {(byte) one}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            behind.write(bytes, offset, room ? length : begun ? 0 : 10);
            begun = true;
            if (!room) {
                throw new IOException("no space left");
            }
        }
    }
}
