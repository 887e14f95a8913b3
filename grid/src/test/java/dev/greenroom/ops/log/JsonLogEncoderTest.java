package dev.greenroom.ops.log;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.spi.ILoggingEvent;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

final class JsonLogEncoderTest {
    private static final String OURS = "dev.greenroom.proxy.SessionRunner";

    private final JsonLogEncoder encoder = new JsonLogEncoder();
    private final JsonMapper mapper = new JsonMapper();

    @Test
    void a_line_has_its_fixed_keys_first_and_then_its_values_in_order() {
        var event = Events.of(Level.INFO, OURS, "Session ended", "sessionId", "s1", "bytes", 12L, "clean", true);

        assertThat(line(event))
                .isEqualTo("{\"time\":\"2026-11-20T20:00:00.123Z\",\"level\":\"info\",\"msg\":\"Session ended\","
                        + "\"logger\":\"dev.greenroom.proxy.SessionRunner\",\"code\":\"session-ended\","
                        + "\"sessionId\":\"s1\",\"bytes\":12,\"clean\":true}\n");
    }

    @Test
    void a_code_that_was_given_takes_its_place() {
        assertThat(line(Events.of(Level.INFO, OURS, "m", "a", 1, "code", "PORTS")))
                .endsWith("\"code\":\"PORTS\",\"a\":1}\n");
        assertThat(line(Events.of(Level.INFO, "io.netty.util", "Some 7 things")))
                .endsWith("\"code\":\"library\"}\n");
    }

    @Test
    void whatever_a_user_sends_comes_back_as_it_was_and_on_one_line_of_ascii() {
        var hostile = "a\"b\\c\n\r\u2028\u2029\u0085\u0000\u001b\u202e😀\t";

        var line = line(Events.of(Level.INFO, OURS, hostile, "value", hostile));

        assertThat(line).isASCII().endsWith("}\n").hasLineCount(1);
        assertThat(mapper.readTree(line).get("value").asString()).isEqualTo(hostile);
        assertThat(mapper.readTree(line).get("msg").asString()).isEqualTo(hostile);
    }

    @Test
    void half_a_character_does_no_harm() {
        var line = line(Events.of(Level.INFO, OURS, "m", "value", "a\ud800b"));

        assertThat(mapper.readTree(line).get("value").asString())
                .startsWith("a")
                .endsWith("b");
    }

    @Test
    void no_key_is_there_twice() {
        var line = line(Events.of(Level.INFO, OURS, "m", "level", "high", "a", 1, "a", 2, "b c", 3));

        assertThat(line).endsWith("\"level_\":\"high\",\"a\":1,\"b_c\":3}\n");
    }

    @Test
    void numbers_that_json_does_not_know_are_texts() {
        var line = line(Events.of(Level.INFO, OURS, "m", "half", 0.5, "none", Double.NaN, "small", (short) 3));

        assertThat(line).endsWith("\"half\":0.5,\"none\":\"NaN\",\"small\":\"3\"}\n");
    }

    private String line(ILoggingEvent event) {
        return Events.line(encoder, event);
    }
}
