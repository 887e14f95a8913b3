package dev.greenroom.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.slf4j.event.Level;

final class ThrottledWarningTest {
    private long now;
    private final ThrottledWarning warning = new ThrottledWarning(() -> now);

    @Test
    void a_cause_that_lasts_is_a_warning_when_it_begins_and_once_a_minute() {
        assertThat(warningsIn(125)).isEqualTo(3);
    }

    @Test
    void a_cause_that_comes_again_is_a_warning_at_once() {
        assertThat(warningsIn(5)).isEqualTo(1);
        warning.over();
        assertThat(warningsIn(5)).isEqualTo(1);
    }

    private long warningsIn(int seconds) {
        return IntStream.range(0, seconds)
                .mapToObj(_ -> {
                    now += Duration.ofSeconds(1).toNanos();
                    return warning.level();
                })
                .filter(level -> level == Level.WARN)
                .count();
    }
}
