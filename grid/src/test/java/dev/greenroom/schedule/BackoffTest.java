package dev.greenroom.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.testkit.FakeClock;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class BackoffTest {
    private static final Duration FIRST = Duration.ofSeconds(1);

    private final FakeClock clock = new FakeClock(Instant.EPOCH);
    private final Backoff backoff =
            new Backoff(FIRST, Duration.ofSeconds(30), clock::nanos).healthyAfter(Duration.ofMinutes(2));

    @Test
    void pauses_double_up_to_the_longest_one() {
        for (var seconds = 1; seconds <= 16; seconds *= 2) {
            assertThat(backoff.failed()).isEqualTo(Duration.ofSeconds(seconds));
        }

        assertThat(backoff.failed()).isEqualTo(Duration.ofSeconds(30));
        assertThat(backoff.failed()).isEqualTo(Duration.ofSeconds(30));
        assertThat(backoff.failures()).isEqualTo(7);
    }

    @Test
    void a_success_resets_the_pause_and_the_count() {
        backoff.failed();
        backoff.failed();

        backoff.succeeded();

        assertThat(backoff.failures()).isZero();
        assertThat(backoff.failed()).isEqualTo(FIRST);
    }

    @Test
    void a_failure_after_a_long_run_counts_as_the_first_one() {
        backoff.failed();
        backoff.failed();
        backoff.started();
        clock.advance(Duration.ofMinutes(3));

        assertThat(backoff.failed()).isEqualTo(FIRST);
        assertThat(backoff.failures()).isEqualTo(1);
    }

    @Test
    void a_long_run_resets_the_pause_once() {
        backoff.started();
        clock.advance(Duration.ofMinutes(3));
        backoff.failed();

        assertThat(backoff.failed()).isEqualTo(Duration.ofSeconds(2));
    }

    @Test
    void a_failure_after_a_short_run_belongs_to_those_before_it() {
        backoff.failed();
        backoff.started();
        clock.advance(Duration.ofMinutes(1));

        assertThat(backoff.failed()).isEqualTo(Duration.ofSeconds(2));
    }

    @Test
    void it_tells_what_is_left_of_the_pause() {
        assertThat(backoff.leftNanos()).isZero();
        backoff.failed();
        clock.advance(Duration.ofMillis(400));

        assertThat(backoff.leftNanos()).isEqualTo(Duration.ofMillis(600).toNanos());
    }
}
