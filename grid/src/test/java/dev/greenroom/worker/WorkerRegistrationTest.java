package dev.greenroom.worker;

import dev.greenroom.registry.Registry.Heartbeat;
import dev.greenroom.registry.RegistryFixtures;
import dev.greenroom.registry.memory.MemoryRegistry;
import dev.greenroom.testkit.LoggedLines;
import dev.greenroom.testkit.UnreliableRegistry;
import java.time.Duration;
import java.time.InstantSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Isolated;

@Timeout(60)
@Isolated("the log of the JVM")
final class WorkerRegistrationTest {
    private final UnreliableRegistry registry = new UnreliableRegistry(
            new MemoryRegistry(RegistryFixtures.limits(5, 50), InstantSource.system(), System::nanoTime));

    @Test
    void heartbeats_go_on_after_failures_that_nobody_expects() throws InterruptedException {
        try (var _ = LoggedLines.of("dev.greenroom.schedule");
                var registration = new WorkerRegistration(
                        registry, every(Duration.ofMillis(5)), () -> Heartbeat.Load.NONE, _ -> {})) {
            registration.start(1, Duration.ZERO);
            registry.makeMistakes();

            registry.awaitMistakes(5);

            registry.comeBack();
        }
    }

    private static Heartbeat every(Duration interval) {
        var usual = RegistryFixtures.beat("a");
        return new Heartbeat(
                usual.worker(),
                usual.incarnation(),
                usual.endpoint(),
                usual.status(),
                usual.startedAt(),
                usual.versions(),
                5,
                interval,
                usual.ttl(),
                usual.software());
    }
}
