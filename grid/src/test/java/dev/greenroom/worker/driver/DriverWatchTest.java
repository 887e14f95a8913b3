package dev.greenroom.worker.driver;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.testkit.FakeClock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class DriverWatchTest {
    private static final Duration LIMIT = Duration.ofSeconds(10);

    private final FakeClock clock = new FakeClock(Instant.EPOCH);
    private final AtomicLong waited = new AtomicLong();
    private final List<Long> pings = new ArrayList<>();
    private final DriverWatch watch = new DriverWatch(pings::add, clock::nanos, waited::get, LIMIT);

    @Test
    void a_driver_that_answers_is_never_hung() {
        for (var tick = 0; tick < 100; tick++) {
            assertThat(tick(DriverWatch.INTERVAL)).isFalse();
            watch.answered(pings.getLast());
        }

        assertThat(pings).hasSize(100);
        assertThat(watch.isResponsive()).isTrue();
    }

    @Test
    void a_driver_that_is_silent_gets_no_work_after_a_fifth_of_the_limit_and_is_hung_after_it() {
        tick(DriverWatch.INTERVAL);

        assertThat(ticks(3)).isFalse();
        assertThat(watch.isResponsive()).isTrue();
        assertThat(ticks(1)).isFalse();
        assertThat(watch.isResponsive()).isFalse();
        assertThat(ticks(15)).isFalse();
        assertThat(ticks(1)).isTrue();
        assertThat(pings).hasSize(1);
    }

    @Test
    void a_driver_that_answers_after_all_is_as_good_as_before() {
        ticks(15);

        watch.answered(pings.getLast());

        assertThat(watch.isResponsive()).isTrue();
        assertThat(ticks(19)).isFalse();
    }

    @Test
    void of_the_time_in_which_it_waits_for_a_processor_a_third_counts() {
        tick(DriverWatch.INTERVAL);

        assertThat(ticksOfWaiting(59)).isFalse();
        assertThat(watch.isResponsive()).isFalse();
        assertThat(ticksOfWaiting(2)).isTrue();
    }

    @Test
    void a_pause_of_this_process_does_not_count() {
        tick(DriverWatch.INTERVAL);

        assertThat(tick(Duration.ofMinutes(10))).isFalse();
        assertThat(watch.isResponsive()).isTrue();
    }

    @Test
    void an_answer_to_an_older_ping_proves_nothing() {
        tick(DriverWatch.INTERVAL);
        watch.answered(1);
        tick(DriverWatch.INTERVAL);

        watch.answered(1);

        assertThat(ticks(20)).isTrue();
    }

    private boolean ticks(int count) {
        var hung = false;
        for (var tick = 0; tick < count; tick++) {
            hung = tick(DriverWatch.INTERVAL);
        }
        return hung;
    }

    private boolean ticksOfWaiting(int count) {
        var hung = false;
        for (var tick = 0; tick < count; tick++) {
            waited.addAndGet(DriverWatch.INTERVAL.toNanos() * 9 / 10);
            hung = tick(DriverWatch.INTERVAL);
        }
        return hung;
    }

    private boolean tick(Duration after) {
        clock.advance(after);
        return watch.tick();
    }
}
