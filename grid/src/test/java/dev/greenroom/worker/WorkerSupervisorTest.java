package dev.greenroom.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.greenroom.config.ByteSize;
import dev.greenroom.config.ProxySections.RelaySettings;
import dev.greenroom.config.RedisSettings.GridSecretSettings;
import dev.greenroom.config.WorkerSections;
import dev.greenroom.config.WorkerSections.BrowserSettings;
import dev.greenroom.config.WorkerSections.CapacitySettings;
import dev.greenroom.config.WorkerSections.DrainSettings;
import dev.greenroom.config.WorkerSections.DriverSettings;
import dev.greenroom.config.WorkerSections.MemorySettings;
import dev.greenroom.config.WorkerSections.PoolSettings;
import dev.greenroom.config.WorkerSections.RegistrationSettings;
import dev.greenroom.config.WorkerSections.SandboxSettings;
import dev.greenroom.net.server.Transport;
import dev.greenroom.ops.metrics.MetricsRegistry;
import dev.greenroom.ops.metrics.WorkerMetrics;
import dev.greenroom.registry.Registry.Acquisition;
import dev.greenroom.registry.RegistryFixtures;
import dev.greenroom.registry.WorkerRecord;
import dev.greenroom.registry.WorkerRecord.WorkerStatus;
import dev.greenroom.registry.memory.MemoryRegistry;
import dev.greenroom.session.BrowserType;
import dev.greenroom.session.PlaywrightVersion;
import dev.greenroom.session.PlaywrightVersion.SupportedVersions;
import dev.greenroom.session.SessionId.SessionIdGenerator;
import dev.greenroom.session.SessionLimit.RecycleMode;
import dev.greenroom.session.WorkerId;
import dev.greenroom.testkit.Budgets;
import dev.greenroom.testkit.FakeDrivers;
import dev.greenroom.testkit.LoggedLines;
import dev.greenroom.worker.WorkerRun.RunEnd;
import dev.greenroom.worker.driver.LaunchSpec;
import dev.greenroom.worker.driver.SandboxPolicy.BlockedPorts;
import dev.greenroom.worker.pool.BrowserPool;
import dev.greenroom.worker.recording.Recordings;
import io.netty.channel.EventLoopGroup;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.slf4j.event.Level;

@Timeout(30)
final class WorkerSupervisorTest {
    private static final int SLOTS = 2;
    private static final int LIFETIME = 3;
    private static final long SOON_SECONDS = 10;

    private final MemoryRegistry registry =
            new MemoryRegistry(RegistryFixtures.limits(SLOTS, LIFETIME), InstantSource.system(), System::nanoTime);
    private final FakeDrivers drivers = new FakeDrivers(new PlaywrightVersion(1, 62));
    private final Transport transport = Transport.best();
    private final EventLoopGroup loops = transport.newLoops("supervisor", 1);
    private final List<WorkerSupervisor> supervisors = new ArrayList<>();
    private final LoggedLines log = LoggedLines.of("dev.greenroom.worker");

    @AfterEach
    void close() {
        drivers.letClose();
        supervisors.forEach(WorkerSupervisor::close);
        loops.shutdownGracefully(0, 1, TimeUnit.SECONDS);
        registry.close();
        log.close();
    }

    private WorkerSupervisor started(RecycleMode mode, boolean isStartedAgain) throws Exception {
        var supervisor = starting(mode, isStartedAgain);
        supervisor.ready().get(SOON_SECONDS, TimeUnit.SECONDS);
        return supervisor;
    }

    private WorkerSupervisor starting(RecycleMode mode, boolean isStartedAgain) {
        var settings = settings(new DrainSettings(Duration.ofSeconds(2), mode, Optional.empty()));
        var random = new SecureRandom();
        var spec = new LaunchSpec(
                BrowserType.CHROMIUM,
                Path.of("/fake"),
                Optional.empty(),
                true,
                false,
                List.of(),
                Duration.ofSeconds(20));
        var supervisor = new WorkerSupervisor(
                settings,
                registry,
                () -> new BrowserPool(settings.pool(), spec, drivers, drivers, System::nanoTime),
                new BlockedPorts(),
                transport,
                loops,
                new SessionIdGenerator(InstantSource.system(), random),
                new WorkerMetrics(MetricsRegistry.off()),
                random,
                new WorkerSupervisor.WorkerHost(
                        "127.0.0.1", "127.0.0.1", isStartedAgain, Level.DEBUG, "greenroom/test"),
                Recordings.none());
        supervisors.add(supervisor);
        supervisor.start();
        return supervisor;
    }

    private static WorkerSections settings(DrainSettings drain) {
        return new WorkerSections(
                new RegistrationSettings(
                        0, Optional.of("127.0.0.1"), Duration.ofMinutes(1), Duration.ofMinutes(3), 1, Duration.ZERO),
                GridSecretSettings.none(),
                new CapacitySettings(SLOTS, LIFETIME),
                new BrowserSettings(
                        BrowserType.CHROMIUM,
                        true,
                        Optional.empty(),
                        Optional.empty(),
                        List.of(),
                        BrowserSettings.Sandbox.FALSE,
                        BrowserSettings.LaunchProfile.LEAN,
                        BrowserSettings.AUTO),
                new PoolSettings(
                        PoolSettings.Isolation.SESSION,
                        0,
                        1,
                        Duration.ofSeconds(20),
                        PoolSettings.DriverIsolation.TENANT,
                        0,
                        0),
                new MemorySettings(Optional.<ByteSize>empty(), 100),
                new DriverSettings(
                        new SupportedVersions.Any(),
                        Path.of("unused"),
                        Duration.ofSeconds(5),
                        Duration.ofSeconds(10),
                        Optional.empty()),
                new SandboxSettings(false),
                Budgets.usual(),
                RELAY,
                drain);
    }

    private static final RelaySettings RELAY = new RelaySettings(
            Duration.ofSeconds(20), Duration.ofSeconds(60), Duration.ofSeconds(30), Optional.empty(), Optional.empty());

    /// Has the registry grant a session and take it back.
    private void serve(int sessions) {
        for (var n = 0; n < sessions; n++) {
            var request = RegistryFixtures.request();
            assertThat(registry.acquire(request)).isInstanceOf(Acquisition.Granted.class);
            registry.release(List.of(request.session()));
        }
    }

    private List<WorkerId> available() {
        return registry.workers().stream()
                .filter(worker -> worker.status() == WorkerStatus.AVAILABLE)
                .map(WorkerRecord::worker)
                .toList();
    }

    private static WorkerId onlyRun(WorkerSupervisor supervisor) {
        assertThat(supervisor.runs()).hasSize(1);
        return supervisor.runs().getFirst();
    }

    @Test
    void a_run_that_has_served_enough_serves_until_the_next_one_has_launched_a_browser_and_registered()
            throws Exception {
        var supervisor = started(RecycleMode.RENEW, true);
        var first = onlyRun(supervisor);
        drivers.holdLaunches();

        serve(LIFETIME);
        await().until(() -> drivers.launching() == 1);

        assertThat(available()).containsExactly(first);
        serve(SLOTS);
        drivers.letLaunch(1);
        await().until(() -> !available().contains(first));
        assertThat(available()).hasSize(1);
        await().until(() -> supervisor.runs().equals(available()));
        assertThat(log.withCode("WORKER_RUN_ENDED")).singleElement().asString().contains("served=\"0\"");
        assertThat(supervisor.end()).isNotDone();
    }

    @Test
    void a_next_run_that_launches_no_browser_is_tried_again_and_the_one_before_serves_on() throws Exception {
        var supervisor = started(RecycleMode.RENEW, true);
        var first = onlyRun(supervisor);
        drivers.failLaunches(1);

        serve(LIFETIME);

        await().until(() -> log.withCode("WORKER_RENEWAL_FAILED").size() == 1);
        assertThat(log.withCode("WORKER_RENEWAL_FAILED"))
                .singleElement()
                .asString()
                .contains("WARN", first.toString(), "no browser can be launched", "pauseMs");
        serve(SLOTS);
        await().until(() -> log.withCode("WORKER_RENEWED").size() == 1);
        await().until(() -> !supervisor.runs().contains(first));
        assertThat(supervisor.end()).isNotDone();
    }

    @Test
    void no_more_runs_than_slots_and_one_are_alive_also_where_they_take_long_to_end() throws Exception {
        var supervisor = started(RecycleMode.RENEW, true);
        drivers.holdCloses();
        for (var renewals = 1; renewals <= SLOTS; renewals++) {
            var expected = renewals;
            serve(LIFETIME);
            await().until(() -> log.withCode("WORKER_RENEWED").size() == expected
                    && available().size() == 1);
        }
        assertThat(supervisor.runs()).hasSize(SLOTS + 1);

        serve(LIFETIME);

        await().during(Duration.ofMillis(300)).until(() -> supervisor.runs().size() == SLOTS + 1);
        drivers.letClose();
        await().until(() -> log.withCode("WORKER_RENEWED").size() == SLOTS + 1);
        await().until(() -> supervisor.runs().equals(available()));
    }

    @Test
    void an_order_to_drain_ends_a_process_that_something_starts_again_and_is_no_renewal() throws Exception {
        var supervisor = started(RecycleMode.RENEW, true);

        registry.orderShutdown(onlyRun(supervisor));

        assertThat(supervisor.end().get(SOON_SECONDS, TimeUnit.SECONDS)).isInstanceOf(RunEnd.Ordered.class);
        assertThat(registry.workers()).isEmpty();
        assertThat(log.withCode("WORKER_RENEWAL_STARTED")).isEmpty();
    }

    @Test
    void an_order_to_drain_begins_another_run_where_nothing_would_start_the_process_again() throws Exception {
        var supervisor = started(RecycleMode.RENEW, false);
        var first = onlyRun(supervisor);

        registry.orderShutdown(first);

        await().until(() -> !available().isEmpty() && !available().contains(first));
        assertThat(supervisor.end()).isNotDone();
    }

    @Test
    void a_worker_that_exits_at_its_limit_drains_and_ends() throws Exception {
        var supervisor = started(RecycleMode.EXIT, true);

        serve(LIFETIME);

        assertThat(supervisor.end().get(SOON_SECONDS, TimeUnit.SECONDS)).isInstanceOf(RunEnd.Recycle.class);
        assertThat(registry.workers()).isEmpty();
    }

    @Test
    void a_stop_while_the_next_run_starts_ends_both() throws Exception {
        var supervisor = started(RecycleMode.RENEW, true);
        drivers.holdLaunches();
        serve(LIFETIME);
        await().until(() -> drivers.launching() == 1);

        supervisor.stop();
        drivers.letLaunch(1);

        assertThat(supervisor.end().get(SOON_SECONDS, TimeUnit.SECONDS)).isInstanceOf(RunEnd.Stop.class);
        assertThat(supervisor.runs()).isEmpty();
        assertThat(registry.workers()).isEmpty();
    }

    @Test
    void a_first_run_that_launches_no_browser_ends_the_process_with_the_cause() throws Exception {
        drivers.failLaunches(1);

        var supervisor = starting(RecycleMode.RENEW, true);

        assertThat(supervisor.end().get(SOON_SECONDS, TimeUnit.SECONDS))
                .isInstanceOfSatisfying(
                        RunEnd.Failure.class, end -> assertThat(end.cause()).startsWith("no browser can be launched"));
        assertThat(registry.workers()).isEmpty();
    }
}
