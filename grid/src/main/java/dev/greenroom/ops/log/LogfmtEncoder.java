package dev.greenroom.ops.log;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.encoder.EncoderBase;
import java.nio.charset.StandardCharsets;

/// Writes `time=… level=info msg="Worker registered" worker=chromium:abc123`.
final class LogfmtEncoder extends EncoderBase<ILoggingEvent> {
    private static final byte[] NOTHING = {};

    @Override
    public byte[] headerBytes() {
        return NOTHING;
    }

    @Override
    public byte[] encode(ILoggingEvent event) {
        var line = LogLine.of(event);
        var text = new StringBuilder(256)
                .append("time=")
                .append(line.time())
                .append(" level=")
                .append(line.level());
        append(text, "msg", line.message());
        if (!line.ours()) {
            append(text, "logger", line.logger());
        }
        if (line.codeGiven()) {
            append(text, "code", line.code());
        }
        line.values().forEach((key, value) -> append(text, key, value.toString()));
        return text.append('\n').toString().getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public byte[] footerBytes() {
        return NOTHING;
    }

    private static void append(StringBuilder text, String key, String value) {
        text.append(' ').append(key).append('=');
        if (isPlain(value)) {
            text.append(value);
        } else {
            appendQuoted(text, value);
        }
    }

    private static boolean isPlain(String value) {
        return !value.isEmpty() && value.codePoints().allMatch(c -> c > ' ' && c != '=' && c != '"' && isPrintable(c));
    }

    private static void appendQuoted(StringBuilder text, String value) {
        text.append('"');
        value.codePoints().forEach(c -> {
            switch (c) {
                case '"' -> text.append("\\\"");
                case '\\' -> text.append("\\\\");
                case '\n' -> text.append("\\n");
                case '\r' -> text.append("\\r");
                case '\t' -> text.append("\\t");
                default -> appendPrintable(text, c);
            }
        });
        text.append('"');
    }

    private static void appendPrintable(StringBuilder text, int c) {
        if (isPrintable(c)) {
            text.appendCodePoint(c);
        } else if (Character.isBmpCodePoint(c)) {
            text.append(String.format("\\u%04x", c));
        } else {
            text.append(String.format("\\U%08x", c));
        }
    }

    /// Characters that move the cursor, change the writing direction or break a line are escaped.
    private static boolean isPrintable(int c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.SURROGATE,
                    Character.PRIVATE_USE,
                    Character.UNASSIGNED,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR -> false;
            default -> true;
        };
    }
}
