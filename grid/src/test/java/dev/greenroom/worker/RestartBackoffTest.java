package dev.greenroom.worker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.testkit.FakeClock;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class RestartBackoffTest {
    private final FakeClock clock = new FakeClock(Instant.EPOCH);
    private final RestartBackoff restartBackoff = new RestartBackoff(clock::nanos);

    @Test
    void pauses_double_up_to_half_a_minute_and_after_five_failures_in_a_row_the_next_is_in_vain() {
        for (var seconds = 1; seconds <= 16; seconds *= 2) {
            assertThat(restartBackoff.failed()).isEqualTo(Duration.ofSeconds(seconds));
            restartBackoff.began();
        }
        assertThat(restartBackoff.isHopeless()).isFalse();

        assertThat(restartBackoff.failed()).isEqualTo(Duration.ofSeconds(30));
        assertThat(restartBackoff.failed()).isEqualTo(Duration.ofSeconds(30));
        assertThat(restartBackoff.isHopeless()).isTrue();
    }

    @Test
    void a_run_that_served_for_a_while_begins_a_new_row() {
        for (var failure = 0; failure < 6; failure++) {
            restartBackoff.failed();
        }
        restartBackoff.began();
        clock.advance(Duration.ofMinutes(3));

        assertThat(restartBackoff.failed()).isEqualTo(Duration.ofSeconds(1));
        assertThat(restartBackoff.isHopeless()).isFalse();
    }

    @Test
    void a_run_that_came_up_begins_a_new_row() {
        restartBackoff.failed();
        restartBackoff.failed();

        restartBackoff.succeeded();

        assertThat(restartBackoff.failed()).isEqualTo(Duration.ofSeconds(1));
    }
}
