package dev.greenroom;

import dev.greenroom.config.WorkerSections;
import dev.greenroom.registry.Registry;
import dev.greenroom.wire.PortInUseException;
import dev.greenroom.worker.WorkerServer;
import dev.greenroom.worker.WorkerServer.End;
import dev.greenroom.worker.gateway.Gateway;
import dev.greenroom.worker.health.WorkerReport;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/// The worker of `greenroom up`: one incarnation after the other in this process. The next one begins as soon as the
/// last one drains, so that nobody waits for the sessions that it still serves.
final class Incarnations implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Incarnations.class);
    private static final String LOOPBACK = "127.0.0.1";
    private static final Duration LAST_WORDS = Duration.ofSeconds(10);

    private final WorkerSections settings;
    private final Registry registry;
    private final WorkerParts parts;
    private final Grounds grounds;
    private final House house;
    private final Restarts restarts = new Restarts(System::nanoTime);
    private final CompletableFuture<Integer> ready = new CompletableFuture<>();
    private final ConcurrentHashMap<WorkerServer, Thread> running = new ConcurrentHashMap<>();
    private final CountDownLatch closing = new CountDownLatch(1);

    /// What is around the workers in this process.
    ///
    /// @param report takes what can be counted
    /// @param failed told the cause when no incarnation can serve any more
    record House(WorkerReport report, Consumer<String> failed) {}

    Incarnations(WorkerSections settings, Registry registry, WorkerParts parts, Grounds grounds, House house) {
        this.settings = settings;
        this.registry = registry;
        this.parts = parts;
        this.grounds = grounds;
        this.house = house;
    }

    void start() {
        if (closing.getCount() == 0) {
            return;
        }
        var worker = new WorkerServer(
                settings,
                registry,
                parts.newPool(List.of()),
                WorkerServer.Identity.of(settings, grounds.random(), InstantSource.system()),
                new Gateway.Surroundings(
                        grounds.transport(),
                        grounds.loops(),
                        grounds.ids(),
                        System::nanoTime,
                        Level.DEBUG,
                        house.report(),
                        false),
                Grounds.software());
        running.put(worker, Thread.ofVirtual().name("worker").start(() -> run(worker)));
    }

    private void run(WorkerServer worker) {
        restarts.began();
        var life = new Life();
        try {
            if (worker.run(LOOPBACK, LOOPBACK, life) instanceof End.Failure(var cause)) {
                again(cause);
            }
        } catch (PortInUseException e) {
            house.failed().accept(e.getMessage());
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            house.failed().accept(String.valueOf(e.getMessage()));
        } finally {
            running.remove(worker);
            life.port.ifPresent(parts.closedPorts()::open);
        }
    }

    /// The next one may do better; one that has never served has told all that there is to say.
    private void again(String cause) throws InterruptedException {
        var pause = ready.isDone() ? restarts.pause() : Optional.<Duration>empty();
        if (pause.isEmpty()) {
            house.failed().accept(cause);
            return;
        }
        LOG.atError()
                .addKeyValue("code", "WORKER_FAILED")
                .addKeyValue("cause", cause)
                .addKeyValue("pauseMs", pause.get().toMillis())
                .log("The worker cannot go on; another one begins after a pause");
        if (!closing.await(pause.get().toMillis(), TimeUnit.MILLISECONDS)) {
            start();
        }
    }

    /// What becomes of one incarnation; heard on its own thread.
    private final class Life implements WorkerServer.Listener {
        private OptionalInt port = OptionalInt.empty();

        @Override
        public void listening(int at) {
            port = OptionalInt.of(at);
            parts.closedPorts().close(at);
        }

        @Override
        public void registered(int at) {
            ready.complete(at);
        }

        @Override
        public void draining(End why) {
            if (why instanceof End.Recycle) {
                start();
            }
        }
    }

    /// Completes when the first incarnation serves.
    CompletableFuture<Integer> ready() {
        return ready;
    }

    /// Ends all of them and waits for it, for some seconds.
    @Override
    public void close() {
        closing.countDown();
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
