package dev.greenroom.faults;

import dev.greenroom.config.WorkerSections;
import dev.greenroom.config.WorkerSections.CapacitySettings;
import dev.greenroom.config.WorkerSections.DrainSettings;
import dev.greenroom.config.WorkerSections.MemorySettings;
import dev.greenroom.config.WorkerSections.RegistrationSettings;
import dev.greenroom.net.server.Transport;
import dev.greenroom.ops.metrics.MetricsRegistry;
import dev.greenroom.ops.metrics.WorkerMetrics;
import dev.greenroom.registry.Registry;
import dev.greenroom.session.BrowserType;
import dev.greenroom.session.SessionId.SessionIdGenerator;
import dev.greenroom.session.SessionLimit.RecycleMode;
import dev.greenroom.testkit.FakeWorker;
import dev.greenroom.worker.WorkerSupervisor;
import dev.greenroom.worker.driver.LaunchSpec;
import dev.greenroom.worker.driver.SandboxPolicy.BlockedPorts;
import dev.greenroom.worker.pool.BrowserPool;
import dev.greenroom.worker.recording.Recordings;
import io.netty.channel.EventLoopGroup;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.event.Level;

/// The worker of a process as it is, with one run after the other, whose browsers are echoes.
final class EchoWorkerRuns implements AutoCloseable {
    private static final long START_SECONDS = 10;

    private final WorkerSupervisor supervisor;
    private final FakeWorker echo;
    private final EchoDrivers drivers;
    private final AtomicInteger begun;

    private EchoWorkerRuns(WorkerSupervisor supervisor, FakeWorker echo, EchoDrivers drivers, AtomicInteger begun) {
        this.begun = begun;
        this.supervisor = supervisor;
        this.echo = echo;
        this.drivers = drivers;
    }

    /// The usual settings of one that renews itself.
    static WorkerSections renewing(int slots, int lifetime) {
        var usual = Timing.worker(slots, lifetime);
        return with(usual, new DrainSettings(usual.drain().drainTimeout(), RecycleMode.RENEW, Optional.empty()));
    }

    /// The same with other settings of drains.
    static WorkerSections with(WorkerSections usual, DrainSettings drain) {
        return with(usual, drain, usual.memory());
    }

    static WorkerSections with(WorkerSections usual, DrainSettings drain, MemorySettings memory) {
        return new WorkerSections(
                usual.presence(),
                usual.secret(),
                usual.capacity(),
                usual.browser(),
                usual.pool(),
                memory,
                usual.driver(),
                usual.sandbox(),
                usual.budgets(),
                usual.relay(),
                drain);
    }

    /// The same that gives a sign of life only once a minute, or when it has something to say.
    static WorkerSections hardlyBeating(WorkerSections usual, CapacitySettings capacity) {
        var presence = usual.presence();
        return new WorkerSections(
                new RegistrationSettings(
                        presence.port(),
                        presence.privateHostname(),
                        Duration.ofMinutes(1),
                        Duration.ofMinutes(3),
                        presence.redisRetryAttempts(),
                        presence.redisRetryDelay()),
                usual.secret(),
                capacity,
                usual.browser(),
                usual.pool(),
                usual.memory(),
                usual.driver(),
                usual.sandbox(),
                usual.budgets(),
                usual.relay(),
                usual.drain());
    }

    /// Starts one and waits until its first run serves.
    static EchoWorkerRuns start(WorkerSections settings, Registry registry, Transport transport, EventLoopGroup loops)
            throws Exception {
        var echo = FakeWorker.start(FakeWorker.echo());
        var drivers = EchoDrivers.start(echo.port());
        var begun = new AtomicInteger();
        var random = new SecureRandom();
        var spec = new LaunchSpec(
                BrowserType.CHROMIUM,
                Path.of("unused"),
                Optional.empty(),
                true,
                false,
                List.of(),
                settings.pool().launchTimeout());
        var supervisor = new WorkerSupervisor(
                settings,
                registry,
                () -> {
                    begun.incrementAndGet();
                    return new BrowserPool(settings.pool(), spec, drivers, drivers, System::nanoTime);
                },
                new BlockedPorts(),
                transport,
                loops,
                new SessionIdGenerator(InstantSource.system(), random),
                new WorkerMetrics(MetricsRegistry.off()),
                random,
                new WorkerSupervisor.WorkerHost("127.0.0.1", "127.0.0.1", true, Level.DEBUG, "greenroom/test"),
                Recordings.none());
        var runs = new EchoWorkerRuns(supervisor, echo, drivers, begun);
        supervisor.start();
        supervisor.ready().get(START_SECONDS, TimeUnit.SECONDS);
        return runs;
    }

    /// How many runs have begun.
    int begun() {
        return begun.get();
    }

    /// Has the first run use far more memory than it may.
    void growFirst() {
        drivers.growFirst();
    }

    WorkerSupervisor supervisor() {
        return supervisor;
    }

    @Override
    public void close() throws IOException {
        try {
            supervisor.close();
        } finally {
            echo.close();
            drivers.close();
        }
    }
}
