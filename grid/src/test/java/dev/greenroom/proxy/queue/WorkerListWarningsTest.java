package dev.greenroom.proxy.queue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.registry.Registry.Acquisition;
import dev.greenroom.registry.RegistryFixtures;
import dev.greenroom.registry.memory.MemoryRegistry;
import dev.greenroom.testkit.LoggedLines;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;

@Isolated("the log of the JVM")
final class WorkerListWarningsTest {
    private final MemoryRegistry registry =
            new MemoryRegistry(RegistryFixtures.limits(5, 2), InstantSource.system(), System::nanoTime);

    @Test
    void a_worker_that_has_served_twice_its_lifetime_is_logged_once() {
        var warnings = new WorkerListWarnings(registry, Duration.ofMinutes(1));
        registry.heartbeat(RegistryFixtures.renewing(RegistryFixtures.beat("a")));
        try (var lines = LoggedLines.of("dev.greenroom.proxy.queue")) {
            serve(3);
            warnings.check();
            assertThat(lines.withCode("WORKER_OVERDUE")).isEmpty();

            serve(1);
            warnings.check();
            warnings.check();

            assertThat(lines.withCode("WORKER_OVERDUE"))
                    .singleElement()
                    .asString()
                    .contains("WARN", "chromium:a", "lifetime=\"4\"", "limit=\"2\"");
        }
    }

    private void serve(int sessions) {
        for (var n = 0; n < sessions; n++) {
            var request = RegistryFixtures.request();
            assertThat(registry.acquire(request)).isInstanceOf(Acquisition.Granted.class);
            registry.release(List.of(request.session()));
        }
    }
}
