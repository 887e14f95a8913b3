package dev.greenroom;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.testkit.FakeClock;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class RestartsTest {
    private final FakeClock clock = new FakeClock(Instant.EPOCH);
    private final Restarts restarts = new Restarts(clock::nanos);

    @Test
    void pauses_double_and_after_five_failures_in_a_row_there_is_none() {
        for (var seconds = 1; seconds <= 16; seconds *= 2) {
            assertThat(restarts.pause()).contains(Duration.ofSeconds(seconds));
            restarts.began();
        }

        assertThat(restarts.pause()).isEmpty();
    }

    @Test
    void a_worker_that_served_for_a_while_begins_a_new_row() {
        for (var failure = 0; failure < 5; failure++) {
            restarts.pause();
        }
        restarts.began();
        clock.advance(Duration.ofMinutes(3));

        assertThat(restarts.pause()).contains(Duration.ofSeconds(1));
    }
}
