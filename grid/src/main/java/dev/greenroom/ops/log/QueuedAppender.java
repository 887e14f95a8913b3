package dev.greenroom.ops.log;

import ch.qos.logback.classic.AsyncAppender;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.LoggingEvent;
import ch.qos.logback.core.OutputStreamAppender;
import dev.greenroom.session.SessionScope;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.event.KeyValuePair;

/// Takes events on the caller's thread, adds the caller's session, and writes them on a thread of its own. A full queue
/// drops: lines of info and below once a fifth of it is left, all others when it is full.
final class QueuedAppender extends AsyncAppender {
    static final int QUEUE_LINES = 8192;
    static final Duration FLUSH_TIMEOUT = Duration.ofSeconds(2);
    static final String SESSION_ID = "sessionId";

    private QueuedAppender() {}

    static QueuedAppender before(OutputStreamAppender<ILoggingEvent> stream) {
        var queued = new QueuedAppender();
        queued.setContext(stream.getContext());
        queued.setName("log");
        queued.setQueueSize(QUEUE_LINES);
        queued.setNeverBlock(true);
        queued.setMaxFlushTime(Math.toIntExact(FLUSH_TIMEOUT.toMillis()));
        queued.addAppender(stream);
        queued.start();
        return queued;
    }

    @Override
    protected void preprocess(ILoggingEvent event) {
        super.preprocess(event);
        if (event instanceof LoggingEvent open) {
            open.setKeyValuePairs(settled(event.getKeyValuePairs()));
        }
    }

    /// What can change is turned into text here: on the writing thread it would be too late.
    private static List<KeyValuePair> settled(@Nullable List<KeyValuePair> given) {
        var pairs = new ArrayList<KeyValuePair>();
        if (given != null) {
            given.forEach(pair -> pairs.add(new KeyValuePair(pair.key, settled(pair.value))));
        }
        if (pairs.stream().noneMatch(pair -> pair.key.equals(SESSION_ID))) {
            SessionScope.current().ifPresent(id -> pairs.add(new KeyValuePair(SESSION_ID, id.toString())));
        }
        return pairs;
    }

    private static Object settled(Object value) {
        return value instanceof Number || value instanceof Boolean ? value : String.valueOf(value);
    }
}
