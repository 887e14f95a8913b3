package dev.greenroom.proxy.selection;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.config.LeaseSettings;
import dev.greenroom.registry.Acquisition;
import dev.greenroom.registry.Given;
import dev.greenroom.registry.memory.MemoryRegistry;
import dev.greenroom.testkit.LoggedLines;
import dev.greenroom.testkit.UnreliableRegistry;
import java.time.Duration;
import java.time.InstantSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
final class LeasesTest {
    private static final Duration LONG = Duration.ofHours(1);
    private static final Duration SHORT = Duration.ofMillis(5);

    private final UnreliableRegistry registry =
            new UnreliableRegistry(new MemoryRegistry(Given.limits(5, 50), InstantSource.system(), System::nanoTime));

    @Test
    void renewals_go_on_after_failures_that_nobody_expects() throws InterruptedException {
        registry.heartbeat(Given.beat("a"));
        try (var lines = LoggedLines.of("dev.greenroom.schedule");
                var leases = new Leases(registry, new LeaseSettings(LONG, SHORT, LONG, LONG, LONG))) {
            leases.hold((Acquisition.Granted) registry.acquire(Given.wish()));
            leases.start("proxy", _ -> {});
            registry.makeMistakes();

            registry.awaitMistakes(5);

            assertThat(lines.withCode("PERIODIC_TASK_FAILED"))
                    .singleElement()
                    .asString()
                    .contains("lease-renewal");
            registry.comeBack();
        }
    }

    @Test
    void releases_go_on_after_failures_that_nobody_expects() throws InterruptedException {
        try (var _ = LoggedLines.of("dev.greenroom.schedule");
                var leases = new Leases(registry, new LeaseSettings(LONG, LONG.dividedBy(3), LONG, LONG, LONG))) {
            registry.makeMistakes();
            leases.release(Given.session());

            registry.awaitMistakes(2);

            registry.comeBack();
        }
    }
}
