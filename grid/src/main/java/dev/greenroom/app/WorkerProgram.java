package dev.greenroom.app;

import dev.greenroom.config.settings.WorkerSections;
import dev.greenroom.config.settings.WorkerSections.CapacitySettings;
import dev.greenroom.config.settings.WorkerSettings;
import dev.greenroom.net.server.PortInUseException;
import dev.greenroom.net.server.Transport;
import dev.greenroom.ops.metrics.MetricsRegistry;
import dev.greenroom.registry.Registry.RegistryUnavailableException;
import dev.greenroom.registry.RegistryLimits;
import dev.greenroom.registry.redis.RedisRegistry;
import dev.greenroom.session.SessionLimit;
import dev.greenroom.session.SessionLimit.RecycleMode;
import dev.greenroom.worker.WorkerRun;
import dev.greenroom.worker.WorkerSupervisor;
import dev.greenroom.worker.gateway.Gateway;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/// `greenroom worker`: a worker that is known through Redis. It exits when it has drained because somebody
/// said so, or cannot go on; whoever started it starts it again.
public final class WorkerProgram {
    private static final Logger LOG = LoggerFactory.getLogger(WorkerProgram.class);

    private WorkerProgram() {}

    public static int run(WorkerSettings settings)
            throws PortInUseException, InterruptedException, WorkerSetup.MissingPartException {
        var sections = settings.sections();
        settings.warmUp().warnIfSet();
        try (var runtime = ProcessRuntime.create();
                var metrics = settings.metrics().on() ? MetricsRegistry.on() : MetricsRegistry.off();
                var registry = new RedisRegistry(settings.redis(), limits(settings.capacity()));
                var parts = WorkerSetup.collect(
                        sections,
                        false,
                        line -> LOG.atInfo()
                                .addKeyValue("code", "WORKER_PROGRESS")
                                .log(line),
                        runtime.random())) {
            registry.onReached(parts.blockedPorts()::closeServer);
            registry.start();
            var host = new AdvertisedAddress(settings.redis().servers().getFirst())
                    .advertised(sections.presence().privateHostname());
            try (var supervisor = new WorkerSupervisor(
                    sections,
                    registry,
                    () -> parts.newPool(settings.redis().servers()),
                    parts.blockedPorts(),
                    surroundings(runtime, metrics, sections),
                    runtime.random(),
                    new WorkerSupervisor.WorkerHost(Transport.everyAddress(), host, true, ProcessRuntime.software()))) {
                StopSignals.onFirst(supervisor::stop);
                supervisor.start();
                return exitCode(supervisor.awaitEnd());
            }
        } catch (RegistryUnavailableException e) {
            LOG.atError()
                    .addKeyValue("code", "REDIS_UNREACHABLE")
                    .addKeyValue("cause", e.getMessage())
                    .log("Redis does not answer, so this worker cannot register");
            return 1;
        }
    }

    private static Gateway.GatewayDependencies surroundings(
            ProcessRuntime runtime, MetricsRegistry metrics, WorkerSections settings) {
        return new Gateway.GatewayDependencies(
                runtime.transport(),
                runtime.loops(),
                runtime.ids(),
                System::nanoTime,
                Level.INFO,
                new WorkerMetrics(metrics),
                settings.drain().recycle() == RecycleMode.EXIT);
    }

    /// Holds until there is a proxy that says what holds for all. A worker leases nothing.
    private static RegistryLimits limits(CapacitySettings capacity) {
        return new RegistryLimits(
                SessionLimit.byDefault(capacity.maxConcurrentSessions()),
                SessionLimit.byDefault(capacity.maxLifetimeSessions()),
                Duration.ZERO,
                Duration.ofSeconds(60),
                Duration.ofSeconds(90));
    }

    private static int exitCode(WorkerRun.RunEnd end) {
        if (end instanceof WorkerRun.RunEnd.Failure(var cause)) {
            LOG.atError()
                    .addKeyValue("code", "WORKER_FAILED")
                    .addKeyValue("cause", cause)
                    .log("This worker cannot go on");
            return 1;
        }
        return 0;
    }
}
