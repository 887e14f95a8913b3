package dev.greenroom;

import dev.greenroom.config.LogFormat;
import dev.greenroom.config.UpSettings;
import dev.greenroom.config.WorkerSections;
import dev.greenroom.registry.Registry;
import dev.greenroom.registry.memory.MemoryRegistry;
import dev.greenroom.wire.PortInUseException;
import dev.greenroom.worker.WorkerServer.End;
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
final class UpProgram {
    private static final String LOOPBACK = "127.0.0.1";

    private UpProgram() {}

    static int run(UpSettings settings)
            throws PortInUseException, InterruptedException, WorkerParts.MissingPartException {
        var began = System.nanoTime();
        settings.warmUp().warnIfSet();
        var stop = new CompletableFuture<String>();
        Signals.onFirst(() -> stop.complete(""));
        var registry = new MemoryRegistry(
                ProxyProgram.limits(settings.capacity(), settings.lease()), InstantSource.system(), System::nanoTime);
        // Where the log is for machines, words for people must not stand between its lines.
        var banner = new Banner(settings.log().format() == LogFormat.JSON ? System.err : System.out);
        try (var grounds = Grounds.lay();
                registry;
                var front = ProxyProgram.Front.of(
                        settings.proxy(),
                        settings.capacity(),
                        new ProxyProgram.ProcessSettings(settings.metrics(), settings.log()),
                        registry,
                        grounds)) {
            front.watch();
            var port = front.start();
            try (var parts = WorkerParts.collect(settings.worker(), true, banner::progress, grounds.random());
                    var worker = worker(settings.worker(), registry, parts, front, grounds)) {
                parts.closedPorts().close(port);
                var _ = worker.end().whenComplete((end, broken) -> stop.complete(cause(end, broken)));
                worker.start();
                if (CompletableFuture.anyOf(stop, worker.ready()).get() instanceof Integer) {
                    banner.ready(
                            settings.listen(),
                            port,
                            parts.offer(),
                            settings.proxy().access().tokens().isPresent(),
                            Duration.ofNanos(System.nanoTime() - began));
                }
                return end(stop.get(), banner, front);
            }
        } catch (ExecutionException e) {
            throw new IllegalStateException("waiting never fails", e);
        }
    }

    private static WorkerSupervisor worker(
            WorkerSections settings, Registry registry, WorkerParts parts, ProxyProgram.Front front, Grounds grounds) {
        return new WorkerSupervisor(
                settings,
                registry,
                () -> parts.newPool(List.of()),
                parts.closedPorts(),
                new Gateway.Surroundings(
                        grounds.transport(),
                        grounds.loops(),
                        grounds.ids(),
                        System::nanoTime,
                        Level.DEBUG,
                        new WorkerMetrics(front.metrics()),
                        false),
                grounds.random(),
                new WorkerSupervisor.Place(LOOPBACK, LOOPBACK, false, Grounds.software()));
    }

    /// Why the grid ends because its worker did; empty when it ends well.
    private static String cause(@Nullable End end, @Nullable Throwable broken) {
        if (broken != null) {
            return String.valueOf(broken.getMessage());
        }
        return end instanceof End.Failure(var cause) ? cause : "";
    }

    private static int end(String cause, Banner banner, ProxyProgram.Front front) throws InterruptedException {
        if (!cause.isEmpty()) {
            banner.failed(cause);
            return 1;
        }
        front.proxy().refuseNewcomers();
        banner.draining(front.proxy().liveSessions());
        front.drain();
        return 0;
    }
}
