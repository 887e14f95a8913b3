package dev.greenroom.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.session.BrowserType;
import dev.greenroom.session.PlaywrightVersion;
import dev.greenroom.session.WorkerId;
import dev.greenroom.testkit.FakeClock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class VersionRefusalsTest {
    private static final WorkerId WORKER = new WorkerId(BrowserType.CHROMIUM, "one");
    private static final PlaywrightVersion OLD = new PlaywrightVersion(1, 20);
    private static final PlaywrightVersion CURRENT = new PlaywrightVersion(1, 62);

    private final FakeClock clock = new FakeClock(Instant.EPOCH);
    private final VersionRefusals refusals = new VersionRefusals(clock::nanos);

    @Test
    void a_refusal_counts_for_half_a_minute_for_its_worker_and_version() {
        refusals.add(WORKER, OLD, List.of(CURRENT));

        clock.advance(Duration.ofSeconds(29));
        assertThat(refusals.of(WORKER, OLD)).contains(List.of(CURRENT));
        assertThat(refusals.of(WORKER, CURRENT)).isEmpty();
        assertThat(refusals.of(new WorkerId(BrowserType.CHROMIUM, "two"), OLD)).isEmpty();
        clock.advance(Duration.ofSeconds(2));
        assertThat(refusals.of(WORKER, OLD)).isEmpty();
    }

    @Test
    void the_number_of_refusals_is_bounded_and_expired_ones_are_evicted() {
        for (int minor = 0; minor < 9_999; minor++) {
            refusals.add(WORKER, new PlaywrightVersion(2, minor), List.of());
        }
        refusals.add(WORKER, OLD, List.of());
        assertThat(refusals.of(WORKER, OLD)).isEmpty();

        clock.advance(Duration.ofSeconds(31));
        refusals.add(WORKER, OLD, List.of());

        assertThat(refusals.of(WORKER, OLD)).isPresent();
    }
}
