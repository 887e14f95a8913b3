package dev.greenroom.ops.log;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.Appender;
import ch.qos.logback.core.OutputStreamAppender;
import ch.qos.logback.core.encoder.Encoder;
import ch.qos.logback.core.spi.ContextAwareBase;
import dev.greenroom.config.CommandSettings.LogSettings;
import dev.greenroom.config.CommandSettings.LogSettings.LogFormat;
import dev.greenroom.config.CommandSettings.LogSettings.LogLevel;
import java.io.ByteArrayOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The log of this process, while it is open. There is only one per process, since loggers are static.
public final class ProcessLog implements AutoCloseable {
    private static final List<String> NOISY = List.of("io.netty", "reactor");

    /// Its lines repeat our own about connections to Redis, and warn about a normal close.
    private static final String LETTUCE = "io.lettuce";

    private final LoggerContext context;

    private ProcessLog(LoggerContext context) {
        this.context = context;
    }

    /// Writes every line to a stream from now on, as the settings say.
    ///
    /// @param stream flushed when the log is closed, but never closed
    public static ProcessLog open(LogSettings settings, OutputStream stream) {
        var context = (LoggerContext) LoggerFactory.getILoggerFactory();
        context.reset();
        var appender = stream(context, settings.format(), stream);
        appender.setImmediateFlush(false);
        configure(context, settings, QueuedAppender.before(appender));
        return new ProcessLog(context);
    }

    /// Lines that were dropped since the process started, because the queue was full or writing failed.
    public static long droppedLines() {
        return QueuedAppender.dropped();
    }

    /// Writes what is still queued, for [QueuedAppender#FLUSH_TIMEOUT] at most, and flushes the stream.
    /// Later lines are lost.
    @Override
    public void close() {
        context.reset();
    }

    static void configure(LoggerContext context, LogSettings settings, Appender<ILoggingEvent> appender) {
        setLevel(context, settings.level());
        context.getLogger(Logger.ROOT_LOGGER_NAME).addAppender(appender);
    }

    static void setLevel(LoggerContext context, LogLevel level) {
        context.getLogger(Logger.ROOT_LOGGER_NAME).setLevel(level(level));
        for (var name : NOISY) {
            context.getLogger(name).setLevel(level == LogLevel.ERROR ? Level.ERROR : Level.WARN);
        }
        context.getLogger(LETTUCE).setLevel(Level.ERROR);
    }

    static OutputStreamAppender<ILoggingEvent> stream(LoggerContext context, LogFormat format, OutputStream stream) {
        Encoder<ILoggingEvent> encoder = switch (format) {
            case JSON -> new JsonLogEncoder();
            case TEXT -> new LogfmtEncoder();
        };
        encoder.setContext(context);
        encoder.start();
        var appender = new OutputStreamAppender<ILoggingEvent>();
        appender.setContext(context);
        appender.setEncoder(encoder);
        appender.setOutputStream(new BatchedStream(stream));
        appender.start();
        return appender;
    }

    private static Level level(LogLevel level) {
        return switch (level) {
            case DEBUG -> Level.DEBUG;
            case INFO -> Level.INFO;
            case WARN -> Level.WARN;
            case ERROR -> Level.ERROR;
        };
    }

    /// Never closes the stream, since standard output belongs to the whole process. Hides write errors,
    /// since the appender would stop for good at the first one, for example when a disk is full for a
    /// moment. Writes lines in batches, to save system calls.
    private static final class BatchedStream extends FilterOutputStream {
        private static final int BATCH_BYTES = 32 * 1024;

        private final ByteArrayOutputStream pending = new ByteArrayOutputStream(BATCH_BYTES);
        private int lines;
        private boolean cut;

        BatchedStream(OutputStream stream) {
            super(stream);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) {
            pending.write(bytes, offset, length);
            lines++;
            if (pending.size() >= BATCH_BYTES) {
                flush();
            }
        }

        @Override
        public void flush() {
            try {
                writePending();
                out.flush();
            } catch (IOException _) {
                // Some lines may have been written. The next write first ends the one that was cut off.
                cut = true;
                QueuedAppender.lost(lines);
            }
            pending.reset();
            lines = 0;
        }

        private void writePending() throws IOException {
            if (cut && lines > 0) {
                out.write('\n');
                cut = false;
            }
            pending.writeTo(out);
        }

        @Override
        public void close() {
            flush();
        }
    }

    /// Changes the level of the log at run time, also for a limited time. Thread-safe.
    public static final class LogLevelControl implements AutoCloseable {
        private static final Logger LOG = LoggerFactory.getLogger(LogLevelControl.class);

        private static final long NANOS_PER_SECOND = 1_000_000_000;

        private final LogLevel configured;
        private final LongSupplier nanoTime;
        private final ScheduledExecutorService back = Executors.newSingleThreadScheduledExecutor(
                Thread.ofVirtual().name("log-level").factory());

        /// Guarded by this object.
        private LogLevel level;

        /// When the configured level is restored, if the change is temporary. Guarded by this object.
        private long backAtNanos;

        /// Guarded by this object.
        private long changes;

        /// Guarded by this object.
        private boolean temporary;

        /// The effective level.
        ///
        /// @param left time until the configured level is restored; zero for a permanent change
        public record Now(LogLevel level, LogLevel configured, Duration left) {}

        /// @param configured the level of the settings, which is in effect
        /// @param nanoTime a monotonic clock
        public LogLevelControl(LogLevel configured, LongSupplier nanoTime) {
            this.configured = configured;
            this.level = configured;
            this.nanoTime = nanoTime;
        }

        /// Changes the level at once.
        ///
        /// @param length after which the configured level is restored; zero for a permanent change
        public synchronized void change(LogLevel wanted, Duration length) {
            var change = ++changes;
            temporary = length.isPositive();
            set(wanted);
            if (temporary) {
                backAtNanos = nanoTime.getAsLong() + length.toNanos();
                back.schedule(() -> restore(change), length.toNanos(), TimeUnit.NANOSECONDS);
            }
        }

        private synchronized void restore(long change) {
            if (change == changes) {
                temporary = false;
                set(configured);
            }
        }

        private void set(LogLevel wanted) {
            level = wanted;
            ProcessLog.setLevel((LoggerContext) LoggerFactory.getILoggerFactory(), wanted);
            LOG.atWarn()
                    .addKeyValue("code", "LOG_LEVEL_CHANGED")
                    .addKeyValue("to", wanted)
                    .log("Log level changed");
        }

        /// The effective level. The time left is rounded up to whole seconds.
        public synchronized Now now() {
            var left = temporary ? Math.max(0, backAtNanos - nanoTime.getAsLong()) : 0;
            return new Now(level, configured, Duration.ofSeconds(Math.ceilDiv(left, NANOS_PER_SECOND)));
        }

        @Override
        public void close() {
            back.shutdownNow();
        }
    }

    /// The log before its settings are known: warnings as text. Logback finds it as a service, and then
    /// searches for no XML file.
    public static final class QuietStart extends ContextAwareBase implements Configurator {
        @Override
        public ExecutionStatus configure(LoggerContext context) {
            ProcessLog.configure(
                    context,
                    new LogSettings(LogLevel.WARN, LogFormat.TEXT),
                    ProcessLog.stream(context, LogFormat.TEXT, new FileOutputStream(FileDescriptor.out)));
            return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
        }
    }
}
