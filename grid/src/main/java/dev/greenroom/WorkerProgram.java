package dev.greenroom;

import dev.greenroom.config.CapacitySettings;
import dev.greenroom.config.WorkerSections;
import dev.greenroom.config.WorkerSettings;
import dev.greenroom.ops.metrics.Metrics;
import dev.greenroom.registry.RegistryLimits;
import dev.greenroom.registry.RegistryUnavailableException;
import dev.greenroom.registry.redis.RedisRegistry;
import dev.greenroom.session.RecycleMode;
import dev.greenroom.session.SessionLimit;
import dev.greenroom.wire.PortInUseException;
import dev.greenroom.wire.Transport;
import dev.greenroom.worker.WorkerServer;
import dev.greenroom.worker.WorkerSupervisor;
import dev.greenroom.worker.gateway.Gateway;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/// `greenroom worker`: a worker that is known through Redis. It exits when it has drained because somebody said so, or
/// cannot go on; whoever started it starts it again.
final class WorkerProgram {
    private static final Logger LOG = LoggerFactory.getLogger(WorkerProgram.class);

    private WorkerProgram() {}

    static int run(WorkerSettings settings)
            throws PortInUseException, InterruptedException, WorkerParts.MissingPartException {
        var sections = settings.sections();
        settings.warmUp().warnIfSet();
        try (var grounds = Grounds.lay();
                var metrics = settings.metrics().on() ? Metrics.on() : Metrics.off();
                var registry = new RedisRegistry(settings.redis(), limits(settings.capacity()));
                var parts = WorkerParts.collect(
                        sections,
                        false,
                        line -> LOG.atInfo()
                                .addKeyValue("code", "WORKER_PROGRESS")
                                .log(line),
                        grounds.random())) {
            registry.onReached(parts.closedPorts()::closeServer);
            registry.start();
            var host = new OwnAddress(settings.redis().servers().getFirst())
                    .advertised(sections.presence().privateHostname());
            try (var supervisor = new WorkerSupervisor(
                    sections,
                    registry,
                    () -> parts.newPool(settings.redis().servers()),
                    parts.closedPorts(),
                    surroundings(grounds, metrics, sections),
                    grounds.random(),
                    new WorkerSupervisor.Place(Transport.everyAddress(), host, true, Grounds.software()))) {
                Signals.onFirst(supervisor::stop);
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

    private static Gateway.Surroundings surroundings(Grounds grounds, Metrics metrics, WorkerSections settings) {
        return new Gateway.Surroundings(
                grounds.transport(),
                grounds.loops(),
                grounds.ids(),
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

    private static int exitCode(WorkerServer.End end) {
        if (end instanceof WorkerServer.End.Failure(var cause)) {
            LOG.atError()
                    .addKeyValue("code", "WORKER_FAILED")
                    .addKeyValue("cause", cause)
                    .log("This worker cannot go on");
            return 1;
        }
        return 0;
    }
}
