package dev.greenroom.ops.log;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.slf4j.LoggerFactory;

/// One event, ready to be written: every text is bounded, every key is unique.
///
/// @param code a stable name of this kind of event: the explicit code, or the message in kebab case
/// @param codeGiven whether the code is explicit
/// @param ours whether Greenroom logged it, not a library
/// @param values numbers, booleans and strings
record LogLine(
        String time,
        String level,
        String message,
        String logger,
        String code,
        boolean codeGiven,
        boolean ours,
        Map<String, Object> values) {
    static final int MAX_VALUE_CHARACTERS = 2000;
    static final int MAX_STACK_CHARACTERS = 8000;

    private static final int MAX_CODE_CHARACTERS = 64;
    private static final String CODE = "code";
    private static final String OWN_LOGGERS = "dev.greenroom";
    private static final Set<String> FIXED = Set.of("time", "level", "msg", "logger", CODE);
    private static final int MILLIS = 1_000;
    private static final int MOST_VALUES = 32;
    private static final DateTimeFormatter SECONDS =
            DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.", Locale.ROOT).withZone(ZoneOffset.UTC);

    /// Cache: most lines are logged in the same second as the one before.
    private static volatile Second lastSecond = Second.of(0);

    private record Second(long epochSecond, String text) {
        static Second of(long epochSecond) {
            return new Second(epochSecond, SECONDS.format(Instant.ofEpochSecond(epochSecond)));
        }
    }

    static LogLine of(ILoggingEvent event) {
        var values = values(event);
        var given = Optional.ofNullable(values.remove(CODE)).map(Object::toString);
        var ours = event.getLoggerName().startsWith(OWN_LOGGERS);
        return new LogLine(
                time(event.getTimeStamp()),
                level(event.getLevel()),
                bounded(String.valueOf(event.getFormattedMessage()), MAX_VALUE_CHARACTERS),
                event.getLoggerName(),
                given.orElseGet(() -> ours ? kebab(String.valueOf(event.getMessage())) : "library"),
                given.isPresent(),
                ours,
                values);
    }

    private static String time(long epochMillis) {
        var epochSecond = Math.floorDiv(epochMillis, (long) MILLIS);
        var second = lastSecond;
        if (second.epochSecond != epochSecond) {
            second = Second.of(epochSecond);
            lastSecond = second;
        }
        var text = new StringBuilder(second.text);
        var millis = Math.floorMod(epochMillis, MILLIS);
        for (var tens = MILLIS / 10; tens > 0; tens /= 10) {
            text.append((char) ('0' + millis / tens % 10));
        }
        return text.append('Z').toString();
    }

    private static String level(Level level) {
        return switch (level.toInt()) {
            case Level.ERROR_INT -> "error";
            case Level.WARN_INT -> "warn";
            case Level.INFO_INT -> "info";
            default -> "debug";
        };
    }

    private static Map<String, Object> values(ILoggingEvent event) {
        var values = LinkedHashMap.<String, Object>newLinkedHashMap(MOST_VALUES);
        var pairs = event.getKeyValuePairs();
        if (pairs != null) {
            pairs.forEach(pair -> values.putIfAbsent(key(pair.key), value(pair.value)));
        }
        addCause(event, values);
        return values;
    }

    /// Adds the cause; with a stack trace for errors and at debug only.
    private static void addCause(ILoggingEvent event, Map<String, Object> values) {
        var cause = event.getThrowableProxy();
        if (cause == null) {
            return;
        }
        var words = cause.getMessage() == null ? "" : ": " + cause.getMessage();
        values.putIfAbsent("cause", bounded(cause.getClassName() + words, MAX_VALUE_CHARACTERS));
        if (event.getLevel().isGreaterOrEqual(Level.ERROR)
                || LoggerFactory.getLogger(event.getLoggerName()).isDebugEnabled()) {
            values.putIfAbsent("stack", bounded(ThrowableProxyUtil.asString(cause), MAX_STACK_CHARACTERS));
        }
    }

    /// Appends an underscore to a key that every line has, since duplicate JSON keys are ambiguous.
    private static String key(String key) {
        var plain = isPlain(key) ? key : key.replaceAll("[^A-Za-z0-9_.-]", "_");
        return !plain.equals(CODE) && FIXED.contains(plain) ? plain + "_" : plain;
    }

    /// No regular expression here, since this runs for every key of every line.
    private static boolean isPlain(String key) {
        for (var at = 0; at < key.length(); at++) {
            var c = key.charAt(at);
            var letterOrDigit = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
            if (!letterOrDigit && c != '_' && c != '.' && c != '-') {
                return false;
            }
        }
        return true;
    }

    private static Object value(Object value) {
        return value instanceof Number || value instanceof Boolean
                ? value
                : bounded(String.valueOf(value), MAX_VALUE_CHARACTERS);
    }

    private static String bounded(String text, int most) {
        if (text.length() <= most) {
            return text;
        }
        var end = Character.isHighSurrogate(text.charAt(most - 2)) ? most - 2 : most - 1;
        return text.substring(0, end) + "…";
    }

    static String kebab(String message) {
        var words =
                message.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-").replaceAll("^-|-$", "");
        return words.substring(0, Math.min(words.length(), MAX_CODE_CHARACTERS));
    }
}
