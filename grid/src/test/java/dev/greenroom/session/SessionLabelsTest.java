package dev.greenroom.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class SessionLabelsTest {
    @Test
    void a_name_and_labels_are_read_and_written_as_the_same() {
        var read = SessionLabels.of("  Käse › pays  ", "build:7, url:http://x:1/y,empty:");

        assertThat(read.name()).isEqualTo("Käse › pays");
        assertThat(read.labelText()).isEqualTo("build:7,empty:,url:http://x:1/y");
        assertThat(read.has(Map.of("build", "7", "empty", ""))).isTrue();
        assertThat(read.has(Map.of("build", "8"))).isFalse();
        assertThat(SessionLabels.of(read.name(), read.labelText())).isEqualTo(read);
    }

    @Test
    void characters_that_this_java_does_not_know_yet_are_kept() {
        var newer = "x" + Character.toString(0x1FADF);

        assertThat(SessionLabels.of(newer, "").name()).isEqualTo(newer);
    }

    @Test
    void who_gives_nothing_has_none() {
        assertThat(SessionLabels.of(" ", "")).isEqualTo(SessionLabels.NONE);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "build | key:value,key:value",
                "build:1, | key:value,key:value",
                ":x | key:value,key:value",
                "-a:x | key:value,key:value",
                "a b:x | key:value,key:value"
            })
    void labels_that_are_malformed_are_refused_with_the_rule(String labels, String rule) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> SessionLabels.of("", labels))
                .withMessageContaining(rule);
    }

    @Test
    void what_is_too_long_or_too_much_is_refused_with_the_limit() {
        var many = IntStream.range(0, 17).mapToObj(n -> "k" + n + ":v").collect(Collectors.joining(","));

        assertThatIllegalArgumentException()
                .isThrownBy(() -> SessionLabels.of("x".repeat(161), ""))
                .withMessageContaining("at most 160 characters, and this one has 161");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> SessionLabels.of("", "k:" + "x".repeat(499)))
                .withMessageContaining("at most 500 bytes");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> SessionLabels.of("", many))
                .withMessageContaining("at most 16 labels, and this one has 17");
    }

    @ParameterizedTest
    @CsvSource({"'a\nb'", "'a\u0000b'", "'\ud800'", "'\u0085'", "'\u2028'", "'\u2029'", "'\u202e'", "'\u2066'"})
    void what_would_break_a_line_of_the_log_or_turn_it_around_is_refused(String text) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> SessionLabels.of("x" + text + "y", ""))
                .withMessageContaining("must be one line, without control characters");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> SessionLabels.of("", "k:" + "x" + text + "y"))
                .withMessageContaining("must be one line, without control characters");
    }
}
