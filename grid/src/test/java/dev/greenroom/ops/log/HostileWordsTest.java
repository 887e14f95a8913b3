package dev.greenroom.ops.log;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import java.nio.charset.StandardCharsets;
import java.util.SplittableRandom;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import tools.jackson.databind.json.JsonMapper;

/// I15: whatever a client sends, a line is one line, and JSON is JSON.
final class HostileWordsTest {
    private static final String OURS = "dev.greenroom.proxy.SessionRunner";
    private static final JsonMapper JSON = new JsonMapper();
    private static final int LINES = 500;
    private static final int MOST_CHARACTERS = 40;

    /// What breaks lines, colours them, turns them round, ends strings or is no character at all.
    private static final String HOSTILE = "\r\n\t\u0000\u001b[31m\u007f\u0085\u2028\u2029\u202e\u200b\ufeff\"\\'=,{}"
            + "\ud800\udc00\udb40\udc01\ud83d\ude00\ue000 aä%$<>\u0008\u000c";

    private final JsonLogEncoder json = new JsonLogEncoder();
    private final LogfmtEncoder text = new LogfmtEncoder();

    @RepeatedTest(4)
    void nothing_that_is_logged_breaks_a_line(RepetitionInfo repetition) {
        var random = new SplittableRandom(repetition.getCurrentRepetition());
        for (var i = 0; i < LINES; i++) {
            var value = words(random);
            var event = Events.of(Level.INFO, OURS, words(random), words(random), value, "remote", words(random));

            var logfmt = text.encode(event);
            var object = json.encode(event);

            assertThat(new String(logfmt, StandardCharsets.UTF_8))
                    .endsWith("\n")
                    .doesNotContainPattern("[\\x00-\\x09\\x0b-\\x1f\\x7f\\x{85}\\x{2028}\\x{2029}\\x{202e}]")
                    .hasLineCount(1);
            assertThat(object).containsOnlyOnce((byte) '\n').endsWith((byte) '\n');
            var node = JSON.readTree(object);
            assertThat(node.at("/code").isString()).isTrue();
            assertThat(node.at("/level").asString()).isEqualTo("info");
        }
    }

    private static String words(SplittableRandom random) {
        var words = new StringBuilder();
        for (var i = random.nextInt(MOST_CHARACTERS); i >= 0; i--) {
            words.append(HOSTILE.charAt(random.nextInt(HOSTILE.length())));
        }
        return words.toString();
    }
}
