package dev.greenroom.app;

import dev.greenroom.config.settings.LogSettings.LogFormat;
import dev.greenroom.config.settings.UpSettings;
import dev.greenroom.config.settings.WorkerSections;
import dev.greenroom.net.server.PortInUseException;
import dev.greenroom.registry.Registry;
import dev.greenroom.registry.memory.MemoryRegistry;
import dev.greenroom.worker.WorkerRun.RunEnd;
import dev.greenroom.worker.WorkerSupervisor;
import dev.greenroom.worker.gateway.Gateway;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.event.Level;

/// `greenroom up`: a whole grid in one process, with the registry in memory.
public final class UpProgram {
    private static final String LOOPBACK = "127.0.0.1";

    private UpProgram() {}

    public static int run(UpSettings settings)
            throws PortInUseException, InterruptedException, WorkerSetup.MissingPartException {
        var began = System.nanoTime();
        settings.warmUp().warnIfSet();
        var stop = new CompletableFuture<String>();
        StopSignals.onFirst(() -> stop.complete(""));
        var registry = new MemoryRegistry(
                ProxyProgram.limits(settings.capacity(), settings.lease()), InstantSource.system(), System::nanoTime);
        // Where the log is for machines, words for people must not stand between its lines.
        var startBanner = new StartBanner(settings.log().format() == LogFormat.JSON ? System.err : System.out);
        try (var runtime = ProcessRuntime.create();
                registry;
                var front = ProxyProgram.Front.of(
                        settings.proxy(),
                        settings.capacity(),
                        new ProxyProgram.ProcessSettings(settings.metrics(), settings.log()),
                        registry,
                        runtime)) {
            front.watch();
            var port = front.start();
            try (var parts = WorkerSetup.collect(settings.worker(), true, startBanner::progress, runtime.random());
                    var worker = worker(settings.worker(), registry, parts, front, runtime)) {
                parts.closedPorts().close(port);
                var _ = worker.end().whenComplete((end, broken) -> stop.complete(cause(end, broken)));
                worker.start();
                if (CompletableFuture.anyOf(stop, worker.ready()).get() instanceof Integer) {
                    startBanner.ready(
                            settings.listen(),
                            port,
                            parts.offer(),
                            settings.proxy().access().tokens().isPresent(),
                            Duration.ofNanos(System.nanoTime() - began));
                }
                return end(stop.get(), startBanner, front);
            }
        } catch (ExecutionException e) {
            throw new IllegalStateException("waiting never fails", e);
        }
    }

    private static WorkerSupervisor worker(
            WorkerSections settings,
            Registry registry,
            WorkerSetup parts,
            ProxyProgram.Front front,
            ProcessRuntime runtime) {
        return new WorkerSupervisor(
                settings,
                registry,
                () -> parts.newPool(List.of()),
                parts.closedPorts(),
                new Gateway.GatewayDependencies(
                        runtime.transport(),
                        runtime.loops(),
                        runtime.ids(),
                        System::nanoTime,
                        Level.DEBUG,
                        new WorkerMetrics(front.metrics()),
                        false),
                runtime.random(),
                new WorkerSupervisor.WorkerHost(LOOPBACK, LOOPBACK, false, ProcessRuntime.software()));
    }

    /// Why the grid ends because its worker did; empty when it ends well.
    private static String cause(@Nullable RunEnd end, @Nullable Throwable broken) {
        if (broken != null) {
            return String.valueOf(broken.getMessage());
        }
        return end instanceof RunEnd.Failure(var cause) ? cause : "";
    }

    private static int end(String cause, StartBanner startBanner, ProxyProgram.Front front)
            throws InterruptedException {
        if (!cause.isEmpty()) {
            startBanner.failed(cause);
            return 1;
        }
        front.proxy().refuseNewcomers();
        startBanner.draining(front.proxy().liveSessions());
        front.drain();
        return 0;
    }
}
