package dev.greenroom.proxy.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import dev.greenroom.config.ProxySections.LeaseSettings;
import dev.greenroom.registry.Registry.Acquisition;
import dev.greenroom.registry.Registry.SlotRequest;
import dev.greenroom.registry.RegistryFixtures;
import dev.greenroom.registry.SessionList.LiveSession;
import dev.greenroom.registry.memory.MemoryRegistry;
import dev.greenroom.session.BrowserType;
import dev.greenroom.session.SessionId;
import dev.greenroom.testkit.LoggedLines;
import dev.greenroom.testkit.UnreliableRegistry;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class LeaseKeeperTest {
    private static final Duration LONG = Duration.ofHours(1);
    private static final Duration SHORT = Duration.ofMillis(5);
    private static final LiveSession.Client CLIENT = new LiveSession.Client(Optional.empty(), "192.0.2.7", "");

    private final MemoryRegistry memory =
            new MemoryRegistry(RegistryFixtures.limits(5, 50), InstantSource.system(), System::nanoTime);
    private final UnreliableRegistry registry = new UnreliableRegistry(memory);

    @Test
    void renewals_continue_after_unexpected_failures() throws InterruptedException {
        registry.heartbeat(RegistryFixtures.beat("a"));
        try (var lines = LoggedLines.of("dev.greenroom.schedule");
                var leaseKeeper = new LeaseKeeper(registry, new LeaseSettings(LONG, SHORT, LONG, LONG, LONG))) {
            leaseKeeper.hold(
                    (Acquisition.Granted) registry.acquire(RegistryFixtures.request()), RegistryFixtures.request());
            leaseKeeper.start("proxy", _ -> {});
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
    void the_warning_about_lost_leases_omits_sessions_that_ended_during_the_renewal() {
        registry.heartbeat(RegistryFixtures.beat("a"));
        try (var lines = LoggedLines.of("dev.greenroom.proxy.queue")) {
            try (var leaseKeeper = new LeaseKeeper(registry, new LeaseSettings(LONG, SHORT, LONG, LONG, LONG))) {
                var lost = (Acquisition.Granted) registry.acquire(RegistryFixtures.request());
                var ended = (Acquisition.Granted) registry.acquire(RegistryFixtures.request());
                memory.release(List.of(lost.session(), ended.session()));
                leaseKeeper.start("proxy", _ -> {});
                registry.freeze();
                var before = registry.timesAsked();
                var lease = leaseKeeper.hold(ended, RegistryFixtures.request());
                leaseKeeper.hold(lost, RegistryFixtures.request());
                await().until(() -> registry.timesAsked() > before);
                lease.close();
                registry.comeBack();
                await().until(() -> !lines.withCode("LEASES_RESTORED").isEmpty());
            }

            assertThat(lines.withCode("LEASES_RESTORED"))
                    .singleElement()
                    .asString()
                    .contains("leases=\"1\"");
        }
    }

    @Test
    void last_calls_are_reported_when_they_change_and_again_when_the_registry_forgot_them() {
        registry.heartbeat(RegistryFixtures.beat("a"));
        var calls = new ConcurrentHashMap<SessionId, Duration>();
        try (var leaseKeeper = new LeaseKeeper(registry, new LeaseSettings(LONG, SHORT, LONG, LONG, LONG))) {
            var request = new SlotRequest(
                    RegistryFixtures.session(),
                    BrowserType.CHROMIUM,
                    Optional.empty(),
                    Set.of(),
                    Optional.of(new SlotRequest.Requester("proxy", CLIENT)));
            var granted = (Acquisition.Granted) registry.acquire(request);
            var session = granted.session();
            calls.put(session, Duration.ofSeconds(100));
            leaseKeeper.hold(granted, request);
            leaseKeeper.start("proxy", _ -> {});
            leaseKeeper.reportCalls(() -> calls, () -> 0);

            await().until(() -> idle(session) == 100);
            calls.put(session, Duration.ofSeconds(7));
            await().until(() -> idle(session) == 7);
            registry.release(List.of(session));
            await().until(() -> idle(session) >= 7);
        }
    }

    /// Seconds since the last call; -1 if it is unknown.
    private long idle(SessionId session) {
        return registry.sessions()
                .find(session)
                .flatMap(LiveSession::sinceLastCall)
                .map(Duration::toSeconds)
                .orElse(-1L);
    }

    @Test
    void releases_continue_after_unexpected_failures() throws InterruptedException {
        try (var _ = LoggedLines.of("dev.greenroom.schedule");
                var leaseKeeper =
                        new LeaseKeeper(registry, new LeaseSettings(LONG, LONG.dividedBy(3), LONG, LONG, LONG))) {
            registry.makeMistakes();
            leaseKeeper.release(RegistryFixtures.session());

            registry.awaitMistakes(2);

            registry.comeBack();
        }
    }

    @Test
    void an_outage_of_the_registry_is_one_warning_however_often_leases_could_not_be_renewed()
            throws InterruptedException {
        registry.heartbeat(RegistryFixtures.beat("a"));
        try (var lines = LoggedLines.of("dev.greenroom.proxy.queue");
                var leaseKeeper = new LeaseKeeper(registry, new LeaseSettings(LONG, SHORT, LONG, LONG, LONG))) {
            leaseKeeper.hold(
                    (Acquisition.Granted) registry.acquire(RegistryFixtures.request()), RegistryFixtures.request());
            leaseKeeper.start("proxy", _ -> {});
            registry.goDown();
            await().until(() -> lines.withCode("RENEWAL_DELAYED").size() > 5);

            assertThat(lines.codesFrom(Level.WARN)).containsExactly("RENEWAL_DELAYED");
            registry.comeBack();
        }
    }
}
