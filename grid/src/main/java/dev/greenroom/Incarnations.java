package dev.greenroom;

import dev.greenroom.config.WorkerSections;
import dev.greenroom.registry.Registry;
import dev.greenroom.wire.PortInUseException;
import dev.greenroom.worker.WorkerServer;
import dev.greenroom.worker.WorkerServer.End;
import dev.greenroom.worker.gateway.Gateway;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.slf4j.event.Level;

/// The worker of `greenroom up`: one incarnation after the other in this process. The next one begins as soon as the
/// last
/// one drains, so that nobody waits for the sessions that it still serves.
final class Incarnations implements AutoCloseable {
    private static final String LOOPBACK = "127.0.0.1";
    private static final Duration LAST_WORDS = Duration.ofSeconds(10);

    private final WorkerSections settings;
    private final Registry registry;
    private final WorkerParts parts;
    private final Grounds grounds;
    private final int proxyPort;
    private final Consumer<String> failed;
    private final CompletableFuture<Integer> ready = new CompletableFuture<>();
    private final ConcurrentHashMap<WorkerServer, Thread> running = new ConcurrentHashMap<>();
    private volatile boolean closing;

    /// @param proxyPort out of reach for drivers
    /// @param failed told the cause when no incarnation can serve any more
    Incarnations(
            WorkerSections settings,
            Registry registry,
            WorkerParts parts,
            Grounds grounds,
            int proxyPort,
            Consumer<String> failed) {
        this.settings = settings;
        this.registry = registry;
        this.parts = parts;
        this.grounds = grounds;
        this.proxyPort = proxyPort;
        this.failed = failed;
    }

    void start() {
        if (closing) {
            return;
        }
        var worker = new WorkerServer(
                settings,
                registry,
                parts.newPool(List.of(), Set.of(proxyPort)),
                WorkerServer.Identity.of(settings, grounds.random(), InstantSource.system()),
                new Gateway.Surroundings(
                        grounds.transport(), grounds.loops(), grounds.ids(), System::nanoTime, Level.DEBUG),
                Grounds.software());
        running.put(worker, Thread.ofVirtual().name("worker").start(() -> run(worker)));
    }

    private void run(WorkerServer worker) {
        try {
            if (worker.run(LOOPBACK, LOOPBACK, listener()) instanceof End.Failure(var cause)) {
                failed.accept(cause);
            }
        } catch (PortInUseException e) {
            failed.accept(e.getMessage());
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            failed.accept(String.valueOf(e.getMessage()));
        } finally {
            running.remove(worker);
        }
    }

    private WorkerServer.Listener listener() {
        return new WorkerServer.Listener() {
            @Override
            public void registered(int port) {
                ready.complete(port);
            }

            @Override
            public void draining(End why) {
                if (why instanceof End.Recycle) {
                    start();
                }
            }
        };
    }

    /// Completes when the first incarnation serves.
    CompletableFuture<Integer> ready() {
        return ready;
    }

    /// Ends all of them and waits for it, for some seconds.
    @Override
    public void close() {
        closing = true;
        running.keySet().forEach(WorkerServer::stop);
        try {
            for (var thread : running.values()) {
                thread.join(settings.drain().drainTimeout().plus(LAST_WORDS));
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }
}
