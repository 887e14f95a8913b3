package dev.greenroom.ops.log;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.spi.ILoggingEvent;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class LogfmtEncoderTest {
    private static final String OURS = "dev.greenroom.proxy.SessionRunner";
    private static final String TIME = "time=2026-11-20T20:00:00.123Z ";

    private final LogfmtEncoder encoder = new LogfmtEncoder();

    @Test
    void the_documented_debug_lines_come_out_to_the_letter() {
        var upgrade = Events.of(Level.DEBUG, OURS, "Received WebSocket upgrade request", "browser", "chromium");
        var selected = Events.of(
                Level.DEBUG, OURS, "Selected worker", "worker", "chromium:abc123", "endpoint", "ws://worker:3131/...");
        var relay = Events.of(Level.DEBUG, OURS, "Starting message relay");

        assertThat(line(upgrade))
                .isEqualTo(TIME + "level=debug msg=\"Received WebSocket upgrade request\" browser=chromium\n");
        assertThat(line(selected))
                .isEqualTo(TIME
                        + "level=debug msg=\"Selected worker\" worker=chromium:abc123 endpoint=ws://worker:3131/...\n");
        assertThat(line(relay)).isEqualTo(TIME + "level=debug msg=\"Starting message relay\"\n");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '\u0001', textBlock = """
                    chromium:abc123 | chromium:abc123
                    a\\b            | a\\b
                    größer          | größer
                    👍              | 👍
                    two words       | "two words"
                    a=b             | "a=b"
                    say "hi"        | "say \\"hi\\""
                    C:\\a b         | "C:\\\\a b"
                    """)
    void values_are_quoted_exactly_when_needed(String value, String written) {
        assertThat(line(Events.of(Level.INFO, OURS, "m", "key", value))).endsWith(" key=" + written + "\n");
    }

    @Test
    void nothing_that_a_user_sends_breaks_the_line() {
        var hostile = "a\nlevel=error\r\u2028\u2029\u0085\u0000\u001b[31m\u007f\u202eb\ud800\udb40\udc01\t";

        var line = line(Events.of(Level.INFO, OURS, "m", "value", hostile));

        assertThat(line)
                .endsWith(" value=\"a\\nlevel=error\\r\\u2028\\u2029\\u0085\\u0000\\u001b[31m\\u007f\\u202eb\\ud800"
                        + "\\U000e0001\\t\"\n");
    }

    @Test
    void an_empty_value_is_two_quotes() {
        assertThat(line(Events.of(Level.INFO, OURS, "m", "key", ""))).endsWith(" key=\"\"\n");
    }

    @Test
    void a_library_is_named_and_a_code_that_was_given_comes_first() {
        var event = Events.of(Level.WARN, "io.netty.util", "leak", "size", 3, "code", "LEAK");

        assertThat(line(event)).isEqualTo(TIME + "level=warn msg=leak logger=io.netty.util code=LEAK size=3\n");
    }

    @Test
    void a_cause_is_a_value_and_its_trace_is_kept_for_errors() {
        var cause = new IOException("reset by peer");

        var warning = line(Events.failed(cause, Level.WARN, OURS, "m"));
        var error = line(Events.failed(cause, Level.ERROR, OURS, "m"));

        assertThat(warning).endsWith(" cause=\"java.io.IOException: reset by peer\"\n");
        assertThat(error)
                .contains(" stack=\"java.io.IOException: reset by peer\\n\\tat dev.greenroom")
                .hasLineCount(1);
    }

    @Test
    void values_and_messages_are_bounded() {
        var longText = "😀".repeat(3000);

        var line = line(Events.of(Level.INFO, OURS, longText, "key", longText));

        assertThat(line.codePoints().filter(c -> c == 0x1F600)).hasSize(2 * 999);
        assertThat(line).contains("…");
    }

    private String line(ILoggingEvent event) {
        return Events.line(encoder, event);
    }
}
