package dev.greenroom.app;

import dev.greenroom.config.CommandSettings.LogSettings.LogFormat;
import dev.greenroom.config.CommandSettings.UpSettings;
import dev.greenroom.net.server.HttpListener.PortInUseException;
import dev.greenroom.ops.metrics.WorkerMetrics;
import dev.greenroom.registry.memory.MemoryRegistry;
import dev.greenroom.worker.WorkerRun.RunEnd;
import dev.greenroom.worker.WorkerSupervisor;
import dev.greenroom.worker.browser.BrowserSetup.BrowserUnavailableException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.event.Level;

/// `greenroom up`: a whole grid in one process, with the registry in memory.
final class UpProgram {
    private static final String LOOPBACK = "127.0.0.1";

    private UpProgram() {}

    /// Why the grid stops.
    private sealed interface StopReason {
        /// SIGINT or SIGTERM, or a worker that ended well.
        record Asked() implements StopReason {}

        /// The worker cannot go on.
        record WorkerFailed(String cause) implements StopReason {}

        static StopReason of(@Nullable RunEnd end, @Nullable Throwable broken) {
            if (broken != null) {
                return new WorkerFailed(String.valueOf(broken.getMessage()));
            }
            return end instanceof RunEnd.Failure(var cause) ? new WorkerFailed(cause) : new Asked();
        }
    }

    /// Runs until the first SIGINT or SIGTERM, then drains; or until the worker cannot go on.
    ///
    /// @return the exit code
    static int run(UpSettings settings) throws PortInUseException, InterruptedException, BrowserUnavailableException {
        var began = System.nanoTime();
        settings.warmUp().warnIfSet();
        var stop = new CompletableFuture<StopReason>();
        StopSignals.onFirst(() -> stop.complete(new StopReason.Asked()));
        // A log in JSON has the standard output for itself.
        var banner = new StartBanner(settings.log().format() == LogFormat.JSON ? System.err : System.out);
        try (var runtime = ProcessRuntime.create();
                var registry = new MemoryRegistry(
                        ProxyProgram.limits(settings.capacity(), settings.lease()),
                        InstantSource.system(),
                        System::nanoTime);
                var front = new GridFront(settings.proxy(), settings.metrics(), settings.log(), registry, runtime)) {
            front.watch();
            var port = front.start();
            // The port is open before drivers and the browser are looked for, which may take minutes.
            try (var parts = WorkerSetup.collect(settings.worker(), true, banner::progress, runtime.random());
                    var recordings = parts.recordings();
                    var worker = new WorkerSupervisor(
                            settings.worker(),
                            registry,
                            () -> parts.newPool(List.of()),
                            parts.blockedPorts(),
                            runtime.transport(),
                            runtime.loops(),
                            runtime.ids(),
                            new WorkerMetrics(front.metrics()),
                            runtime.random(),
                            new WorkerSupervisor.WorkerHost(
                                    LOOPBACK, LOOPBACK, false, Level.DEBUG, ProcessRuntime.software()),
                            recordings)) {
                parts.blockedPorts().close(port);
                var _ = worker.end().whenComplete((end, broken) -> stop.complete(StopReason.of(end, broken)));
                worker.start();
                CompletableFuture.anyOf(stop, worker.ready()).get();
                if (!stop.isDone()) {
                    var took = Duration.ofNanos(System.nanoTime() - began);
                    var withTokens = settings.proxy().access().tokens().isPresent();
                    banner.ready(settings.listen(), port, parts.offer(), withTokens, took);
                }
                return end(stop.get(), banner, front);
            }
        } catch (ExecutionException e) {
            throw new IllegalStateException("no future here fails", e);
        }
    }

    private static int end(StopReason reason, StartBanner banner, GridFront front) throws InterruptedException {
        return switch (reason) {
            case StopReason.WorkerFailed(var cause) -> {
                banner.failed(cause);
                yield 1;
            }
            case StopReason.Asked() -> {
                front.refuseNewClients();
                banner.draining(front.liveSessions());
                front.drain();
                yield 0;
            }
        };
    }
}
