package dev.greenroom.ops.log;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.LoggingEvent;
import ch.qos.logback.core.encoder.Encoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import org.jspecify.annotations.Nullable;
import org.slf4j.event.KeyValuePair;

/// Makes events as the library does.
final class Events {
    private Events() {}

    static LoggingEvent of(Level level, String logger, String message, Object... keysAndValues) {
        return failed(null, level, logger, message, keysAndValues);
    }

    static LoggingEvent failed(
            @Nullable Throwable cause, Level level, String logger, String message, Object... keysAndValues) {
        var event =
                new LoggingEvent("caller", new LoggerContext().getLogger(logger), level, message, cause, new Object[0]);
        event.setInstant(Instant.parse("2026-11-20T20:00:00.123456Z"));
        var pairs = new ArrayList<KeyValuePair>();
        for (var i = 0; i < keysAndValues.length; i += 2) {
            pairs.add(new KeyValuePair(keysAndValues[i].toString(), keysAndValues[i + 1]));
        }
        event.setKeyValuePairs(pairs);
        return event;
    }

    static <E> String line(Encoder<E> encoder, E event) {
        return new String(encoder.encode(event), StandardCharsets.UTF_8);
    }
}
