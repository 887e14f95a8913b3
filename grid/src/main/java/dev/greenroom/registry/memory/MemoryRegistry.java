package dev.greenroom.registry.memory;

import dev.greenroom.registry.Registry;
import dev.greenroom.registry.Registry.Acquisition;
import dev.greenroom.registry.Registry.Heartbeat;
import dev.greenroom.registry.Registry.Heartbeat.HeartbeatReply;
import dev.greenroom.registry.Registry.HeldLease;
import dev.greenroom.registry.Registry.LeaseRenewal;
import dev.greenroom.registry.Registry.QueueEntry;
import dev.greenroom.registry.Registry.QueueWait;
import dev.greenroom.registry.Registry.RegistryLimits;
import dev.greenroom.registry.Registry.SlotRequest;
import dev.greenroom.registry.SessionList;
import dev.greenroom.registry.SessionList.LiveSession;
import dev.greenroom.registry.WorkerRecord;
import dev.greenroom.registry.memory.SlotTable.RegistryEvent;
import dev.greenroom.schedule.Subscription;
import dev.greenroom.session.BrowserType;
import dev.greenroom.session.SessionId;
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

/// The registry of a single process, in memory. Always available; its data is lost when the process ends.
public final class MemoryRegistry implements Registry {
    private final InstantSource clock;
    private final LongSupplier nanos;
    private final long originNanos;
    private final SlotTable slots;
    private final ReentrantLock lock = new ReentrantLock();
    private final Subscription.Listeners<SessionId> turnListeners = new Subscription.Listeners<>();
    private final Subscription.Listeners<WorkerId> orderListeners = new Subscription.Listeners<>();
    private final Subscription.Listeners<SessionId> endListeners = new Subscription.Listeners<>();
    private final SessionList sessions = new MemorySessionList();

    /// @param clock for the time of a worker's last heartbeat, which people read
    /// @param nanos a monotonic clock, such as `System::nanoTime`, for every expiry
    public MemoryRegistry(RegistryLimits limits, InstantSource clock, LongSupplier nanos) {
        this.clock = clock;
        this.nanos = nanos;
        this.originNanos = nanos.getAsLong();
        this.slots = new SlotTable(limits);
    }

    @Override
    public Acquisition acquire(SlotRequest request) {
        return locked(now -> slots.acquire(request, now));
    }

    @Override
    public LeaseRenewal renew(Collection<HeldLease> leases) {
        return locked(now -> slots.renew(leases, now));
    }

    @Override
    public void release(Collection<SessionId> sessions) {
        locked(_ -> {
            sessions.forEach(slots::release);
            return sessions;
        });
    }

    @Override
    public HeartbeatReply heartbeat(Heartbeat heartbeat) {
        return locked(now -> slots.workers().heartbeat(heartbeat, clock.instant(), now));
    }

    @Override
    public void deregister(WorkerId worker, String incarnation) {
        locked(now -> {
            slots.workers().deregister(worker, incarnation, now);
            return worker;
        });
    }

    @Override
    public boolean deregister(WorkerId worker) {
        return locked(now -> slots.workers().deregister(worker, now));
    }

    @Override
    public void suspect(WorkerId worker) {
        locked(now -> {
            slots.workers().suspect(worker, now);
            return worker;
        });
    }

    @Override
    public void clearSuspicion(WorkerId worker) {
        locked(now -> {
            slots.workers().clearSuspicion(worker, now);
            return worker;
        });
    }

    @Override
    public boolean orderShutdown(WorkerId worker) {
        return locked(now -> slots.workers().orderShutdown(worker, now));
    }

    @Override
    public SessionList sessions() {
        return sessions;
    }

    @Override
    public List<WorkerRecord> workers() {
        return locked(now -> slots.workers().workers(now));
    }

    /// Always succeeds.
    @Override
    public void probe() {}

    @Override
    public int reap() {
        return locked(slots::reap);
    }

    @Override
    public QueueEntry enqueue(String proxy, SlotRequest request, Duration waited) {
        return locked(now -> slots.enqueue(proxy, new QueueWait(request, waited), now));
    }

    @Override
    public KeptPlaces keepPlaces(String proxy, Collection<SlotRequest> checked) {
        return locked(now -> slots.keepPlaces(proxy, checked, now));
    }

    @Override
    public boolean hasQueue(BrowserType browser) {
        return locked(now -> slots.hasQueue(browser, now));
    }

    @Override
    public void restorePlaces(String proxy, Collection<QueueWait> waits) {
        locked(now -> {
            waits.forEach(wait -> slots.enqueue(proxy, wait, now));
            return waits;
        });
    }

    @Override
    public void dequeue(Collection<SessionId> sessions) {
        locked(_ -> {
            slots.dequeue(sessions);
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

    /// Never calls: memory is always available.
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
        List<RegistryEvent> events;
        T result;
        lock.lock();
        try {
            var now = Duration.ofNanos(nanos.getAsLong() - originNanos);
            result = operation.apply(now);
            events = slots.drainEvents(now);
        } finally {
            lock.unlock();
        }
        // Outside the lock: a listener may call the registry.
        events.forEach(this::notifyListeners);
        return result;
    }

    private void notifyListeners(RegistryEvent event) {
        switch (event) {
            case RegistryEvent.Freed(var _) -> {
                // Followed by a TurnCame event for each session that has a slot now.
            }
            case RegistryEvent.TurnCame(var session) -> turnListeners.publish(session);
            case RegistryEvent.OrderGiven(var worker) -> orderListeners.publish(worker);
            case RegistryEvent.SessionEndOrdered(var session) -> endListeners.publish(session);
        }
    }

    /// The list of sessions, under the lock of this registry.
    private final class MemorySessionList implements SessionList {
        @Override
        public void describe(Collection<LiveSession> described) {
            locked(_ -> {
                slots.describe(described);
                return described;
            });
        }

        @Override
        public void called(Map<SessionId, Duration> sinceLastCall) {
            locked(now -> {
                slots.descriptions().called(sinceLastCall, now);
                return sinceLastCall;
            });
        }

        @Override
        public SessionPage page(int limit, Optional<SessionId> after) {
            return locked(now -> slots.descriptions().page(Math.clamp(limit, 1, MAX_PAGE), after, now));
        }

        @Override
        public Optional<LiveSession> find(SessionId session) {
            return locked(now -> slots.descriptions().find(session, now));
        }

        @Override
        public boolean end(SessionId session) {
            return locked(_ -> slots.end(session));
        }

        @Override
        public void keepEnded(Collection<EndedSession> ended, Duration keep, int most) {
            locked(now -> {
                slots.descriptions().keepEnded(ended, now.plus(keep), most);
                return ended;
            });
        }

        @Override
        public EndedPage endedPage(int limit, Optional<SessionId> after) {
            return locked(now -> slots.descriptions().endedPage(Math.clamp(limit, 1, MAX_PAGE), after, now));
        }

        @Override
        public Optional<EndedSession> findEnded(SessionId session) {
            return locked(now -> slots.descriptions().findEnded(session, now));
        }

        @Override
        public void addBrowsers(Collection<CdpBrowser> browsers) {
            locked(now -> {
                slots.descriptions().add(browsers, now);
                return browsers;
            });
        }

        @Override
        public FoundBrowser findBrowser(String digest) {
            return locked(now -> slots.findBrowser(digest, now));
        }

        @Override
        public Subscription onEnd(Consumer<SessionId> listener) {
            return endListeners.add(listener);
        }
    }
}
