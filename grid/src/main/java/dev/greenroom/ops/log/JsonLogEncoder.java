package dev.greenroom.ops.log;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.encoder.EncoderBase;
import java.io.ByteArrayOutputStream;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/// Writes one JSON object per event, in ASCII: `time level msg logger code`, then the values in their
/// order. Used by the writing thread only. Decision 0034 says why this is not Logback's encoder.
final class JsonLogEncoder extends EncoderBase<ILoggingEvent> {
    private static final byte[] NOTHING = {};
    private static final int LAST_ASCII = 127;

    /// Initial size of the buffer, enough for the line of a session.
    private static final int LINE_BYTES = 1024;

    private final ByteArrayOutputStream line = new ByteArrayOutputStream(LINE_BYTES);

    private final JsonFactory json =
            JsonFactory.builder().highestNonEscapedChar(LAST_ASCII).build();

    @Override
    public byte[] headerBytes() {
        return NOTHING;
    }

    @Override
    public byte[] encode(ILoggingEvent event) {
        line.reset();
        try (var out = json.createGenerator(ObjectWriteContext.empty(), line)) {
            write(out, LogLine.of(event));
        }
        line.write('\n');
        return line.toByteArray();
    }

    @Override
    public byte[] footerBytes() {
        return NOTHING;
    }

    private static void write(JsonGenerator out, LogLine line) {
        out.writeStartObject();
        out.writeStringProperty("time", line.time());
        out.writeStringProperty("level", line.level());
        out.writeStringProperty("msg", line.message());
        out.writeStringProperty("logger", line.logger());
        out.writeStringProperty("code", line.code());
        line.values().forEach((key, value) -> write(out, key, value));
        out.writeEndObject();
    }

    private static void write(JsonGenerator out, String key, Object value) {
        switch (value) {
            case Integer number -> out.writeNumberProperty(key, number);
            case Long number -> out.writeNumberProperty(key, number);
            case Double number when Double.isFinite(number) -> out.writeNumberProperty(key, number);
            case Boolean truth -> out.writeBooleanProperty(key, truth);
            default -> out.writeStringProperty(key, value.toString());
        }
    }
}
