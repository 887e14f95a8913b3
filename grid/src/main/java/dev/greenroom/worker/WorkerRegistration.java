package dev.greenroom.worker;

import dev.greenroom.registry.Heartbeat;
import dev.greenroom.registry.Heartbeat.HeartbeatReply;
import dev.greenroom.registry.Heartbeat.HeartbeatReply.Standing;
import dev.greenroom.registry.Registry;
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

/// Tells the registry that this worker run lives, and takes its orders. Safe for use by many threads.
public final class WorkerRegistration implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(WorkerRegistration.class);
    private static final Duration LAST_HEARTBEAT = Duration.ofSeconds(2);
    private static final long ARRIVAL_CHECK_MILLIS = 50;

    /// A registry that is back is not met by all workers in the same instant, but within 5 s.
    private static final Duration LONGEST_SPREAD = Duration.ofSeconds(4);

    private static final double SPREAD_OF_INTERVAL = 0.4;

    private final Registry registry;
    private final Heartbeat whoWeAre;
    private final Supplier<Heartbeat.Load> load;
    private final OrderListener listener;

    /// Differs from worker to worker, which is all that it is for.
    private final SplittableRandom spread;

    private final ThrottledWarning heartbeatMissed = new ThrottledWarning();
    private final CountDownLatch closed = new CountDownLatch(1);
    private volatile Optional<PeriodicTask> heartbeats = Optional.empty();

    /// One heartbeat at a time: an older status must not arrive last.
    private final ReentrantLock beating = new ReentrantLock();

    private volatile Subscription orderHints = () -> {};
    private volatile Subscription reconnects = () -> {};
    private volatile int active;
    private volatile boolean outgrown;
    private volatile WorkerStatus status = WorkerStatus.AVAILABLE;

    /// What a worker can be told.
    public enum Order {
        /// It is its turn to be recycled.
        RECYCLE,
        /// A person, the API or the documented key says so: drain and end.
        SHUT_DOWN,
        /// Another live worker has our id: two of them would end each other's sessions.
        LEAVE_TO_DUPLICATE
    }

    /// Hears what the registry answers, on a thread of this object. Must not block.
    public interface OrderListener {
        /// What the registry knows of this run.
        default void standing(Standing standing) {}

        /// What it is to do; may be told one order many times.
        void ordered(Order order);
    }

    /// @param whoWeAre sent with every heartbeat, its status and load apart
    /// @param load asked for before each heartbeat
    public WorkerRegistration(
            Registry registry, Heartbeat whoWeAre, Supplier<Heartbeat.Load> load, OrderListener listener) {
        this.registry = registry;
        this.whoWeAre = whoWeAre;
        this.load = load;
        this.listener = listener;
        this.spread = new SplittableRandom(whoWeAre.incarnation().hashCode());
    }

    /// Registers, trying as often as told, and begins to send heartbeats. Blocks until registered.
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
        // Workers that were started together do not go on together.
        var first = Duration.ofMillis(1 + spread.nextLong(whoWeAre.interval().toMillis()));
        heartbeats = Optional.of(PeriodicTask.startingIn(first, whoWeAre.interval(), "heartbeat", this::beat));
        orderHints = registry.onOrder(worker -> {
            if (worker.equals(whoWeAre.worker())) {
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
                    .addKeyValue("worker", whoWeAre.worker())
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

    /// Tells a registry that may have forgotten us that we are here, unless it hears so soon enough anyway.
    private void reRegister() {
        var within =
                Math.min(LONGEST_SPREAD.toMillis(), (long) (whoWeAre.interval().toMillis() * SPREAD_OF_INTERVAL));
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
                    .addKeyValue("worker", whoWeAre.worker())
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
        var recycling = whoWeAre.recycling();
        return whoWeAre.with(status)
                .with(load.get())
                .with(new Heartbeat.RecycleRequest(recycling.mode(), outgrown, recycling.replaces()));
    }

    /// Asks to be recycled, which is ordered when no other worker of its kind is at it.
    ///
    /// @return whether this was the first time
    public boolean requestRecycling() {
        var first = !outgrown;
        outgrown = true;
        if (first) {
            beatSoon(Duration.ZERO);
        }
        return first;
    }

    /// Has the next heartbeat sent sooner than the regular ones have it.
    ///
    /// @param delay the latest time for it
    public void beatSoon(Duration delay) {
        heartbeats.ifPresent(task -> task.runWithin(delay));
    }

    /// Tells the grid to send nobody any more. Heartbeats go on until [#close].
    ///
    /// @return sessions that the grid has sent here, also those that are still on their way
    public int announceDrain() {
        status = WorkerStatus.DRAINING;
        beat();
        return active;
    }

    /// Waits until those have arrived who were on their way when the drain was announced.
    ///
    /// @param arrived sessions that are here
    /// @param atMost how long to wait
    public void awaitArrivals(IntSupplier arrived, Duration atMost) throws InterruptedException {
        var deadline = System.nanoTime() + atMost.toNanos();
        while (active > arrived.getAsInt()
                && System.nanoTime() < deadline
                && !closed.await(ARRIVAL_CHECK_MILLIS, TimeUnit.MILLISECONDS)) {
            beat();
        }
    }

    /// Leaves the registry.
    @Override
    public void close() {
        closed.countDown();
        orderHints.close();
        reconnects.close();
        PeriodicTask.closeAll(heartbeats.stream().toList(), LAST_HEARTBEAT);
        try {
            registry.deregister(whoWeAre.worker(), whoWeAre.incarnation());
        } catch (RegistryUnavailableException e) {
            LOG.atDebug().addKeyValue("cause", e.getMessage()).addKeyValue("code", "our-record-will-run-out-by-itself").log("Deregistration failed; the record expires by itself");
        }
    }
}
