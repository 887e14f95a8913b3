package dev.greenroom.registry.redis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.testkit.FakeClock;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class CircuitBreakerTest {
    private final FakeClock clock = new FakeClock(Instant.EPOCH);
    private final CircuitBreaker breaker = new CircuitBreaker(clock::nanos);

    @Test
    void the_first_failure_opens_it() {
        assertThat(breaker.admits()).isTrue();
        breaker.failed();

        assertThat(breaker.admits()).isFalse();
    }

    @Test
    void one_probe_is_admitted_a_second_later_and_its_success_closes_it() {
        breaker.failed();
        clock.advance(Duration.ofSeconds(1));

        assertThat(breaker.admits()).isTrue();
        assertThat(breaker.admits()).isFalse();
        breaker.succeeded();

        assertThat(breaker.admits()).isTrue();
        assertThat(breaker.admits()).isTrue();
    }

    @Test
    void a_probe_that_fails_opens_it_for_another_second() {
        breaker.failed();
        clock.advance(Duration.ofSeconds(1));
        breaker.admits();
        breaker.failed();
        clock.advance(Duration.ofMillis(999));
        assertThat(breaker.admits()).isFalse();

        clock.advance(Duration.ofMillis(1));
        assertThat(breaker.admits()).isTrue();
    }

    @Test
    void a_new_connection_allows_the_probe_at_once() {
        breaker.failed();
        breaker.allowProbe();

        assertThat(breaker.admits()).isTrue();
        assertThat(breaker.admits()).isFalse();
    }

    @Test
    void late_results_of_calls_from_before_it_opened_change_nothing() {
        breaker.failed();
        clock.advance(Duration.ofMillis(999));
        breaker.failed();
        breaker.succeeded();
        assertThat(breaker.admits()).isFalse();

        clock.advance(Duration.ofMillis(1));
        assertThat(breaker.admits()).isTrue();
    }
}
