package dev.greenroom.registry.memory;

import dev.greenroom.registry.Acquisition;
import dev.greenroom.registry.Enrollment;
import dev.greenroom.registry.Heartbeat;
import dev.greenroom.registry.HeartbeatReply;
import dev.greenroom.registry.HeldLease;
import dev.greenroom.registry.LiveSession;
import dev.greenroom.registry.Registry;
import dev.greenroom.registry.RegistryLimits;
import dev.greenroom.registry.Renewal;
import dev.greenroom.registry.SessionList;
import dev.greenroom.registry.SlotRequest;
import dev.greenroom.registry.Wait;
import dev.greenroom.registry.WorkerRecord;
import dev.greenroom.session.SessionId;
import dev.greenroom.session.Subscription;
import dev.greenroom.session.WorkerId;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongSupplier;

/// The registry of one process. Never unavailable; forgets everything when the process ends.
public final class MemoryRegistry implements Registry {
    private final InstantSource clock;
    private final LongSupplier nanos;
    private final long originNanos;
    private final Grid grid;
    private final ReentrantLock lock = new ReentrantLock();
    private final Subscription.Listeners<SessionId> turnListeners = new Subscription.Listeners<>();
    private final Subscription.Listeners<WorkerId> orderListeners = new Subscription.Listeners<>();
    private final Subscription.Listeners<SessionId> endListeners = new Subscription.Listeners<>();
    private final SessionList sessions = new Sessions();

    /// @param clock says when a worker was last heard of, for people
    /// @param nanos a monotonic clock, such as `System::nanoTime`: every expiry is measured by it
    public MemoryRegistry(RegistryLimits limits, InstantSource clock, LongSupplier nanos) {
        this.clock = clock;
        this.nanos = nanos;
        this.originNanos = nanos.getAsLong();
        this.grid = new Grid(limits);
    }

    @Override
    public Acquisition acquire(SlotRequest request) {
        return locked(now -> grid.acquire(request, now));
    }

    @Override
    public Renewal renew(Collection<HeldLease> leases) {
        return locked(now -> grid.renew(leases, now));
    }

    @Override
    public void release(Collection<SessionId> sessions) {
        locked(_ -> {
            sessions.forEach(grid::release);
            return sessions;
        });
    }

    @Override
    public HeartbeatReply heartbeat(Heartbeat heartbeat) {
        return locked(now -> grid.presence().heartbeat(heartbeat, clock.instant(), now));
    }

    @Override
    public void leave(WorkerId worker, String incarnation) {
        locked(now -> {
            grid.presence().leave(worker, incarnation, now);
            return worker;
        });
    }

    @Override
    public boolean deregister(WorkerId worker) {
        return locked(now -> grid.presence().deregister(worker, now));
    }

    @Override
    public void suspect(WorkerId worker) {
        locked(now -> {
            grid.presence().suspect(worker, now);
            return worker;
        });
    }

    @Override
    public void trust(WorkerId worker) {
        locked(now -> {
            grid.presence().trust(worker, now);
            return worker;
        });
    }

    @Override
    public boolean orderShutdown(WorkerId worker) {
        return locked(now -> grid.presence().orderShutdown(worker, now));
    }

    @Override
    public SessionList sessions() {
        return sessions;
    }

    @Override
    public List<WorkerRecord> workers() {
        return locked(now -> grid.presence().workers(now));
    }

    /// Memory always answers.
    @Override
    public void probe() {}

    @Override
    public int reap() {
        return locked(grid::reap);
    }

    @Override
    public Enrollment enroll(String proxy, SlotRequest request, Duration waited) {
        return locked(now -> grid.enroll(proxy, new Wait(request, waited), now));
    }

    @Override
    public KeptPlaces keepPlaces(String proxy, Collection<SlotRequest> checked) {
        return locked(now -> grid.keepPlaces(proxy, checked, now));
    }

    @Override
    public void restorePlaces(String proxy, Collection<Wait> waits) {
        locked(now -> {
            waits.forEach(wait -> grid.enroll(proxy, wait, now));
            return waits;
        });
    }

    @Override
    public void abandon(Collection<SessionId> sessions) {
        locked(_ -> {
            grid.abandon(sessions);
            return sessions;
        });
    }

    @Override
    public Subscription onTurn(Consumer<SessionId> listener) {
        return turnListeners.add(listener);
    }

    @Override
    public Subscription onOrder(Consumer<WorkerId> listener) {
        return orderListeners.add(listener);
    }

    /// Memory is always there.
    @Override
    public Subscription onReconnect(Runnable listener) {
        return () -> {};
    }

    @Override
    public void close() {
        turnListeners.clear();
        orderListeners.clear();
        endListeners.clear();
    }

    private <T> T locked(Function<Duration, T> operation) {
        List<Hint> hints;
        T result;
        lock.lock();
        try {
            var now = Duration.ofNanos(nanos.getAsLong() - originNanos);
            result = operation.apply(now);
            hints = grid.takeHints(now);
        } finally {
            lock.unlock();
        }
        // Outside the lock: a listener may well call back.
        hints.forEach(this::tell);
        return result;
    }

    private void tell(Hint hint) {
        switch (hint) {
            case Hint.Freed(var _) -> {
                // Those whose turn it is by that are told.
            }
            case Hint.Turn(var session) -> turnListeners.publish(session);
            case Hint.Ordered(var worker) -> orderListeners.publish(worker);
            case Hint.End(var session) -> endListeners.publish(session);
        }
    }

    /// The list of sessions, under the lock of this registry.
    private final class Sessions implements SessionList {
        @Override
        public void describe(Collection<LiveSession> described) {
            locked(_ -> {
                grid.describe(described);
                return described;
            });
        }

        @Override
        public void called(Map<SessionId, Duration> sinceLastCall) {
            locked(now -> {
                grid.descriptions().called(sinceLastCall, now);
                return sinceLastCall;
            });
        }

        @Override
        public Page page(int limit, Optional<SessionId> after) {
            return locked(now -> grid.descriptions().page(Math.clamp(limit, 1, MAX_PAGE), after, now));
        }

        @Override
        public Optional<LiveSession> find(SessionId session) {
            return locked(now -> grid.descriptions().find(session, now));
        }

        @Override
        public boolean end(SessionId session) {
            return locked(_ -> grid.end(session));
        }

        @Override
        public Subscription onEnd(Consumer<SessionId> listener) {
            return endListeners.add(listener);
        }
    }
}
