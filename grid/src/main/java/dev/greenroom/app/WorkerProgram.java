package dev.greenroom.app;

import dev.greenroom.config.CommandSettings.WorkerSettings;
import dev.greenroom.config.WorkerSections.CapacitySettings;
import dev.greenroom.net.server.HttpListener.PortInUseException;
import dev.greenroom.net.server.Transport;
import dev.greenroom.ops.metrics.MetricsRegistry;
import dev.greenroom.ops.metrics.WorkerMetrics;
import dev.greenroom.registry.Registry.RegistryLimits;
import dev.greenroom.registry.Registry.RegistryUnavailableException;
import dev.greenroom.registry.redis.RedisRegistry;
import dev.greenroom.session.SessionLimit;
import dev.greenroom.worker.WorkerRun;
import dev.greenroom.worker.WorkerSupervisor;
import dev.greenroom.worker.browser.BrowserSetup.BrowserUnavailableException;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/// `greenroom worker`: a worker that registers in Redis. It exits once it has drained on command, or
/// when it fails; its supervisor (systemd, Kubernetes) is expected to restart it.
final class WorkerProgram {
    private static final Logger LOG = LoggerFactory.getLogger(WorkerProgram.class);

    private WorkerProgram() {}

    /// Runs until the worker has drained or failed.
    ///
    /// @return the exit code
    static int run(WorkerSettings settings)
            throws PortInUseException, InterruptedException, BrowserUnavailableException {
        settings.warmUp().warnIfSet();
        var sections = settings.sections();
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
            try (var recordings = parts.recordings();
                    var supervisor = new WorkerSupervisor(
                            sections,
                            registry,
                            () -> parts.newPool(settings.redis().servers()),
                            parts.blockedPorts(),
                            runtime.transport(),
                            runtime.loops(),
                            runtime.ids(),
                            new WorkerMetrics(metrics),
                            runtime.random(),
                            new WorkerSupervisor.WorkerHost(
                                    Transport.wildcardAddress(), host, true, Level.INFO, ProcessRuntime.software()),
                            recordings)) {
                StopSignals.onFirst(supervisor::stop);
                supervisor.start();
                return exitCode(supervisor.awaitEnd());
            }
        } catch (RegistryUnavailableException e) {
            LOG.atError()
                    .addKeyValue("code", "REDIS_UNREACHABLE")
                    .addKeyValue("cause", e.getMessage())
                    .log("Worker not registered: Redis unreachable");
            return 1;
        }
    }

    /// Used until a proxy has written the limits of the grid. A worker leases no slots, so the TTL is
    /// zero.
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
                    .log("Worker failed");
            return 1;
        }
        return 0;
    }
}
