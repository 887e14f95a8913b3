package dev.greenroom.worker;

import dev.greenroom.registry.Registry;
import dev.greenroom.registry.Registry.Heartbeat;
import dev.greenroom.registry.Registry.Heartbeat.HeartbeatReply;
import dev.greenroom.registry.Registry.Heartbeat.HeartbeatReply.Standing;
import dev.greenroom.registry.Registry.RegistryUnavailableException;
import dev.greenroom.registry.WorkerRecord.WorkerStatus;
import dev.greenroom.schedule.PeriodicTask;
import dev.greenroom.schedule.Subscription;
import dev.greenroom.schedule.ThrottledWarning;
import java.time.Duration;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.IntSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Registers a worker run: sends heartbeats to the registry and receives its orders. Safe for use by many
/// threads.
final class WorkerRegistration implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(WorkerRegistration.class);
    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(2);
    private static final long ARRIVAL_CHECK_MILLIS = 50;

    /// After an outage of the registry, workers spread their heartbeats over up to this time.
    private static final Duration LONGEST_SPREAD = Duration.ofSeconds(4);

    private static final double SPREAD_OF_INTERVAL = 0.4;

    private final Registry registry;
    private final Heartbeat template;
    private final Supplier<Heartbeat.Load> load;
    private final OrderListener listener;

    /// Only has to differ from worker to worker.
    private final SplittableRandom spread;

    private final ThrottledWarning heartbeatMissed = new ThrottledWarning();
    private final CountDownLatch closed = new CountDownLatch(1);
    private volatile Optional<PeriodicTask> heartbeats = Optional.empty();

    /// One heartbeat at a time, so that an older status does not arrive last.
    private final ReentrantLock beating = new ReentrantLock();

    private volatile Subscription orders = () -> {};
    private volatile Subscription reconnects = () -> {};
    private volatile int active;
    private volatile boolean outgrown;
    private volatile WorkerStatus status = WorkerStatus.AVAILABLE;

    /// What the registry orders a worker to do.
    public enum Order {
        /// Recycle: it is its turn.
        RECYCLE,
        /// Drain and end, as a person, the API or the documented key says.
        SHUT_DOWN,
        /// Leave: another live worker has the same id, and the two would end each other's sessions.
        LEAVE_TO_DUPLICATE
    }

    /// Receives what the registry replies, on a thread of this object. Must not block.
    public interface OrderListener {
        /// What the registry knows about this run.
        default void standing(Standing standing) {}

        /// An order; may be repeated.
        void ordered(Order order);
    }

    /// @param template each heartbeat, except for status and load
    /// @param load called before each heartbeat
    public WorkerRegistration(
            Registry registry, Heartbeat template, Supplier<Heartbeat.Load> load, OrderListener listener) {
        this.registry = registry;
        this.template = template;
        this.load = load;
        this.listener = listener;
        this.spread = new SplittableRandom(template.incarnation().hashCode());
    }

    /// Registers, with retries, and starts the heartbeats. Blocks until registered.
    ///
    /// @param attempts 1 or more
    /// @throws RegistryUnavailableException when the last attempt failed
    public void start(int attempts, Duration delay) throws InterruptedException {
        for (var attempt = 1; ; attempt++) {
            try {
                register();
                break;
            } catch (RegistryUnavailableException e) {
                if (attempt >= attempts) {
                    throw e;
                }
                LOG.atWarn()
                        .addKeyValue("code", "REGISTRATION_DELAYED")
                        .addKeyValue("attempt", attempt)
                        .addKeyValue("attempts", attempts)
                        .addKeyValue("cause", e.getMessage())
                        .log("Registration failed; retrying");
                if (closed.await(delay.toNanos(), TimeUnit.NANOSECONDS)) {
                    throw e;
                }
            }
        }
        // Spread, also when many workers start at the same time.
        var first = Duration.ofMillis(1 + spread.nextLong(template.interval().toMillis()));
        heartbeats = Optional.of(PeriodicTask.startingIn(first, template.interval(), "heartbeat", this::beat));
        orders = registry.onOrder(worker -> {
            if (worker.equals(template.worker())) {
                beatSoon(Duration.ZERO);
            }
        });
        reconnects = registry.onReconnect(this::reRegister);
    }

    private void register() {
        var first = heartbeat();
        var reply = registry.heartbeat(first);
        if (!(reply instanceof HeartbeatReply.Duplicate)) {
            LOG.atInfo()
                    .addKeyValue("code", "WORKER_REGISTERED")
                    .addKeyValue("worker", template.worker())
                    .addKeyValue("slots", slots(reply))
                    .addKeyValue("occupied", first.load().occupied())
                    .log("Worker registered");
        }
        take(reply);
    }

    private static int slots(HeartbeatReply reply) {
        return switch (reply) {
            case HeartbeatReply.Continue(var standing) -> standing.slots();
            case HeartbeatReply.Recycle(var standing) -> standing.slots();
            case HeartbeatReply.Shutdown(var standing) -> standing.slots();
            case HeartbeatReply.Duplicate() -> 0;
        };
    }

    /// Registers again with a registry that may have lost its data, unless the next heartbeat comes soon
    /// enough.
    private void reRegister() {
        var within =
                Math.min(LONGEST_SPREAD.toMillis(), (long) (template.interval().toMillis() * SPREAD_OF_INTERVAL));
        beatSoon(Duration.ofMillis(spread.nextLong(within + 1)));
    }

    private void beat() {
        beating.lock();
        try {
            take(registry.heartbeat(heartbeat()));
            heartbeatMissed.over();
        } catch (RegistryUnavailableException e) {
            if (closed.getCount() == 0) {
                return;
            }
            LOG.atLevel(heartbeatMissed.level())
                    .addKeyValue("code", "HEARTBEAT_MISSED")
                    .addKeyValue("worker", template.worker())
                    .addKeyValue("cause", e.getMessage())
                    .log("Heartbeat failed; running sessions are not affected");
        } finally {
            beating.unlock();
        }
    }

    private void take(HeartbeatReply reply) {
        switch (reply) {
            case HeartbeatReply.Continue(var standing) -> take(standing);
            case HeartbeatReply.Recycle(var standing) -> {
                take(standing);
                listener.ordered(Order.RECYCLE);
            }
            case HeartbeatReply.Shutdown(var standing) -> {
                take(standing);
                listener.ordered(Order.SHUT_DOWN);
            }
            case HeartbeatReply.Duplicate() -> listener.ordered(Order.LEAVE_TO_DUPLICATE);
        }
    }

    private void take(Standing standing) {
        active = standing.active();
        listener.standing(standing);
    }

    private Heartbeat heartbeat() {
        var recycling = template.recycling();
        return template.with(status)
                .with(load.get())
                .with(new Heartbeat.RecycleRequest(recycling.mode(), outgrown, recycling.replaces()));
    }

    /// Requests to be recycled. The registry orders it when no other worker of this browser type is
    /// recycling.
    ///
    /// @return whether this was the first request
    public boolean requestRecycling() {
        var first = !outgrown;
        outgrown = true;
        if (first) {
            beatSoon(Duration.ZERO);
        }
        return first;
    }

    /// Sends the next heartbeat early.
    ///
    /// @param delay the latest time for it
    public void beatSoon(Duration delay) {
        heartbeats.ifPresent(task -> task.runWithin(delay));
    }

    /// Marks the worker draining, so that it gets no new sessions. Heartbeats continue until [#close].
    ///
    /// @return sessions that the registry has granted here, including those not yet connected
    public int announceDrain() {
        status = WorkerStatus.DRAINING;
        beat();
        return active;
    }

    /// Waits for sessions that were granted before the drain was announced and are not yet connected.
    ///
    /// @param arrived the number of connected sessions
    /// @param atMost how long to wait
    public void awaitArrivals(IntSupplier arrived, Duration atMost) throws InterruptedException {
        var deadline = System.nanoTime() + atMost.toNanos();
        while (active > arrived.getAsInt()
                && System.nanoTime() < deadline
                && !closed.await(ARRIVAL_CHECK_MILLIS, TimeUnit.MILLISECONDS)) {
            beat();
        }
    }

    /// Deregisters.
    @Override
    public void close() {
        closed.countDown();
        orders.close();
        reconnects.close();
        PeriodicTask.closeAll(heartbeats.stream().toList(), CLOSE_TIMEOUT);
        try {
            registry.deregister(template.worker(), template.incarnation());
        } catch (RegistryUnavailableException e) {
            LOG.atDebug()
                    .addKeyValue("cause", e.getMessage())
                    .addKeyValue("code", "our-record-will-run-out-by-itself")
                    .log("Deregistration failed; the record expires by itself");
        }
    }
}
