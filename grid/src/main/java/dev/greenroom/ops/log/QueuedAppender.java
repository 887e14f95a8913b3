package dev.greenroom.ops.log;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.LoggingEvent;
import ch.qos.logback.core.OutputStreamAppender;
import ch.qos.logback.core.UnsynchronizedAppenderBase;
import dev.greenroom.session.SessionId.SessionScope;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.event.KeyValuePair;

/// Queues events on the caller's thread, with the session id of the caller, and writes them on a thread of
/// its own. Never blocks the caller: when a fifth of the queue is left, it drops lines of info and below;
/// when it is full, all lines. Dropped lines are counted. Decision 0034 says why this is not Logback's
/// `AsyncAppender`.
final class QueuedAppender extends UnsynchronizedAppenderBase<ILoggingEvent> {
    static final int QUEUE_LINES = 8192;
    static final Duration FLUSH_TIMEOUT = Duration.ofSeconds(2);
    static final String SESSION_ID = "sessionId";

    /// Maximum delay of a line, to write it together with later ones.
    private static final Duration PAUSE = Duration.ofMillis(1);

    private static final int KEPT_FOR_WARNINGS = QUEUE_LINES / 5;

    /// Static, since there is one log per process.
    private static final LongAdder DROPPED = new LongAdder();

    private final OutputStreamAppender<ILoggingEvent> stream;
    private final ArrayBlockingQueue<ILoggingEvent> queue = new ArrayBlockingQueue<>(QUEUE_LINES);
    private final Thread writer = Thread.ofPlatform().daemon().name("log").unstarted(this::write);

    private QueuedAppender(OutputStreamAppender<ILoggingEvent> stream) {
        this.stream = stream;
    }

    static QueuedAppender before(OutputStreamAppender<ILoggingEvent> stream) {
        var queued = new QueuedAppender(stream);
        queued.setContext(stream.getContext());
        queued.setName("log");
        queued.start();
        return queued;
    }

    /// Counts lines that could not be written.
    static void lost(int lines) {
        DROPPED.add(lines);
    }

    /// Lines that were dropped, or could not be written, since the process started.
    static long dropped() {
        return DROPPED.sum();
    }

    @Override
    public void start() {
        super.start();
        writer.start();
    }

    @Override
    protected void append(ILoggingEvent event) {
        if (event.getLevel().toInt() <= Level.INFO_INT && queue.remainingCapacity() < KEPT_FOR_WARNINGS) {
            DROPPED.increment();
            return;
        }
        event.prepareForDeferredProcessing();
        if (event instanceof LoggingEvent open) {
            open.setKeyValuePairs(snapshot(event.getKeyValuePairs()));
        }
        if (!queue.offer(event)) {
            DROPPED.increment();
        }
    }

    /// Pauses after each batch, so that lines that follow closely share one wake-up of this thread.
    private void write() {
        try {
            while (isStarted()) {
                stream.doAppend(queue.take());
                writeQueued();
                flush();
                LockSupport.parkNanos(PAUSE.toNanos());
            }
        } catch (InterruptedException _) {
            // The appender is being stopped.
        }
        writeQueued();
        stream.stop();
    }

    private void flush() {
        try {
            stream.getOutputStream().flush();
        } catch (IOException e) {
            throw new UncheckedIOException("the stream of the log hides its errors", e);
        }
    }

    private void writeQueued() {
        for (var event = queue.poll(); event != null; event = queue.poll()) {
            stream.doAppend(event);
        }
    }

    /// Waits [#FLUSH_TIMEOUT] at most for the queue to be written: writing to a pipe that nobody reads
    /// blocks.
    @Override
    public void stop() {
        if (!isStarted()) {
            return;
        }
        super.stop();
        writer.interrupt();
        try {
            writer.join(FLUSH_TIMEOUT);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    /// Converts mutable values to text on the thread of the caller, before they change.
    private static List<KeyValuePair> snapshot(@Nullable List<KeyValuePair> given) {
        var pairs = new ArrayList<KeyValuePair>(given == null ? 1 : given.size() + 1);
        var named = false;
        if (given != null) {
            for (var pair : given) {
                pairs.add(isImmutable(pair.value) ? pair : new KeyValuePair(pair.key, String.valueOf(pair.value)));
                named |= pair.key.equals(SESSION_ID);
            }
        }
        if (!named) {
            SessionScope.current().ifPresent(id -> pairs.add(new KeyValuePair(SESSION_ID, id.toString())));
        }
        return pairs;
    }

    private static boolean isImmutable(Object value) {
        return value instanceof String || value instanceof Number || value instanceof Boolean;
    }
}
