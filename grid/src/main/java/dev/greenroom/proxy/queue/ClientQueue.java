package dev.greenroom.proxy.queue;

import dev.greenroom.registry.Registry;
import dev.greenroom.registry.Registry.QueueEntry;
import dev.greenroom.registry.Registry.QueueWait;
import dev.greenroom.registry.Registry.RegistryUnavailableException;
import dev.greenroom.registry.Registry.SlotRequest;
import dev.greenroom.schedule.PeriodicTask;
import dev.greenroom.schedule.Subscription;
import dev.greenroom.session.BrowserType;
import dev.greenroom.session.PlaywrightVersion;
import dev.greenroom.session.SessionId;
import dev.greenroom.session.Tenant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The clients of this proxy that wait for a slot. The registry keeps the queue, first-in first-out
/// across all proxies; here each client parks until its turn comes. One call per second keeps the
/// entries of all of them alive. Thread-safe.
final class ClientQueue implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ClientQueue.class);
    private static final Duration HEARTBEAT_INTERVAL = Duration.ofSeconds(1);

    /// After this long without a heartbeat, a client sends one before it joins: the registry forgets the
    /// entries of a proxy after 3 s.
    private static final Duration HEARTBEAT_DUE_AFTER = Duration.ofMillis(1_500);

    /// Entries that each heartbeat checks, in turn. That finds single entries that the registry has lost.
    private static final int CHECKED_PER_HEARTBEAT = 50;

    private final Registry registry;
    private final String proxy;
    private final LongSupplier nanoTime;
    private final Map<SessionId, QueuedClient> waiters = new ConcurrentHashMap<>();
    private final TenantShares shares;

    /// The number of queued clients by what they ask for, without those that exclude workers.
    private final Map<QueueKey, Integer> queuedByKey = new ConcurrentHashMap<>();

    /// Clients that have left, until the registry has acknowledged it.
    private final Set<SessionId> leaving = ConcurrentHashMap.newKeySet();

    private final AtomicBoolean departuresScheduled = new AtomicBoolean();
    private final ReentrantLock heartbeatLock = new ReentrantLock();

    /// Whether all entries must be restored. This and the next field are guarded by [#heartbeatLock].
    private boolean allLost;

    private Iterator<QueuedClient> nextChecks = List.<QueuedClient>of().iterator();

    private volatile long lastHeartbeatNanos;
    private volatile Optional<PeriodicTask> heartbeat = Optional.empty();
    private volatile Subscription turns = () -> {};

    private record QueueKey(BrowserType browser, Optional<PlaywrightVersion> version) {}

    /// @param proxy the name of this proxy in the queue; never used before
    /// @param limit the most clients that may wait here (`MAX_QUEUE_SIZE`)
    ClientQueue(Registry registry, String proxy, int limit, LongSupplier nanoTime) {
        this.registry = registry;
        this.proxy = proxy;
        this.shares = new TenantShares(limit);
        this.nanoTime = nanoTime;
        this.lastHeartbeatNanos = nanoTime.getAsLong() - HEARTBEAT_DUE_AFTER.toNanos();
    }

    void start() {
        turns = registry.onTurn(
                session -> Optional.ofNullable(waiters.get(session)).ifPresent(QueuedClient::signal));
        heartbeat = Optional.of(PeriodicTask.every(HEARTBEAT_INTERVAL, "queue-heartbeat", this::runEverySecond));
    }

    /// Adds a client, until the result is closed.
    ///
    /// @param waited how long it has waited already
    /// @return empty if the queue or the tenant's share of it is full
    Optional<QueuedClient> join(SlotRequest request, Tenant tenant, Duration waited) {
        return shares.take(tenant).map(place -> {
            var waiter = new QueuedClient(request, place, waited);
            waiters.put(request.session(), waiter);
            return waiter;
        });
    }

    /// Whether a client waits here for the same browser and version, so that every worker that could
    /// serve this request could serve it first.
    boolean hasWaitersFor(SlotRequest request) {
        return queuedByKey.containsKey(new QueueKey(request.browser(), request.version()));
    }

    int size(BrowserType browser) {
        return (int) waiters.values().stream()
                .filter(waiter -> waiter.request.browser() == browser)
                .count();
    }

    private void runEverySecond() {
        try {
            if (waiters.values().stream().anyMatch(waiter -> waiter.enqueued)) {
                sendHeartbeat();
            }
            flushDepartures();
        } catch (RegistryUnavailableException e) {
            LOG.atDebug()
                    .addKeyValue("code", "could-not-keep-places-trying-again")
                    .addKeyValue("cause", e.getMessage())
                    .log("Queue heartbeat failed; retrying");
        }
    }

    /// Sends a heartbeat if the last one is too old for a new entry to survive.
    private void sendHeartbeatIfDue() throws InterruptedException {
        if (isHeartbeatDue()) {
            heartbeatLock.lockInterruptibly();
            try {
                if (isHeartbeatDue()) {
                    sendHeartbeat();
                }
            } finally {
                heartbeatLock.unlock();
            }
        }
    }

    private boolean isHeartbeatDue() {
        return nanoTime.getAsLong() - lastHeartbeatNanos >= HEARTBEAT_DUE_AFTER.toNanos();
    }

    private void sendHeartbeat() {
        heartbeatLock.lock();
        try {
            var began = nanoTime.getAsLong();
            var kept = registry.keepPlaces(proxy, nextToCheck());
            lastHeartbeatNanos = began;
            allLost |= kept.lapsed();
            if (allLost) {
                restore(waiters.values());
                allLost = false;
            } else {
                restore(kept.lost().stream()
                        .map(waiters::get)
                        .filter(Objects::nonNull)
                        .toList());
            }
            for (var session : kept.onTurn()) {
                Optional.ofNullable(waiters.get(session)).ifPresentOrElse(QueuedClient::signal, () -> leave(session));
            }
        } finally {
            heartbeatLock.unlock();
        }
    }

    private List<SlotRequest> nextToCheck() {
        var next = new ArrayList<SlotRequest>();
        if (!nextChecks.hasNext()) {
            nextChecks = waiters.values().iterator();
        }
        while (next.size() < CHECKED_PER_HEARTBEAT && nextChecks.hasNext()) {
            var waiter = nextChecks.next();
            if (waiter.enqueued) {
                next.add(waiter.request);
            }
        }
        return next;
    }

    private void restore(Collection<QueuedClient> lost) {
        var waits = lost.stream()
                .filter(waiter -> waiter.enqueued)
                .map(waiter -> new QueueWait(waiter.request, waiter.waited()))
                .toList();
        for (var from = 0; from < waits.size(); from += Registry.MAX_BATCH) {
            registry.restorePlaces(proxy, waits.subList(from, Math.min(waits.size(), from + Registry.MAX_BATCH)));
            // Keeps restored entries alive while the rest is restored. Turns are delivered at the next heartbeat.
            registry.keepPlaces(proxy, List.of());
        }
        // A client that left meanwhile was restored after it had left.
        waits.stream()
                .map(wait -> wait.request().session())
                .filter(session -> !waiters.containsKey(session))
                .forEach(this::leave);
    }

    /// Removes a client from the registry's queue, in a batch with others. Does not block.
    private void leave(SessionId session) {
        leaving.add(session);
        if (departuresScheduled.compareAndSet(false, true)) {
            Thread.ofVirtual().name("queue-departures").start(() -> {
                departuresScheduled.set(false);
                try {
                    flushDepartures();
                } catch (RegistryUnavailableException e) {
                    LOG.atDebug()
                            .addKeyValue("code", "could-not-give-places-up-trying-again")
                            .addKeyValue("cause", e.getMessage())
                            .log("Queue departures not sent; retrying");
                }
            });
        }
    }

    private void flushDepartures() {
        var sessions = List.copyOf(leaving);
        for (var from = 0; from < sessions.size(); from += Registry.MAX_BATCH) {
            var batch = sessions.subList(from, Math.min(sessions.size(), from + Registry.MAX_BATCH));
            // A client that queues again, after its worker had no free slot, keeps its entry.
            var gone = batch.stream()
                    .filter(session -> !waiters.containsKey(session))
                    .toList();
            registry.dequeue(gone);
            batch.forEach(leaving::remove);
            // One that has queued again in the meantime may have lost its new entry.
            restore(gone.stream().map(waiters::get).filter(Objects::nonNull).toList());
        }
    }

    @Override
    public void close() {
        turns.close();
        heartbeat.ifPresent(PeriodicTask::close);
    }

    /// One client in the queue. Used by the client's thread.
    final class QueuedClient implements AutoCloseable {
        private final SlotRequest request;
        private final TenantShares.TenantPlace place;

        /// Whether there may be a slot for this client. Its thread parks on this without a lock, which
        /// keeps the stack shallow, and so the memory of a waiting client small.
        private final AtomicBoolean signalled = new AtomicBoolean();

        private volatile @Nullable Thread thread;
        private final Duration waitedBefore;
        private volatile long since;
        private boolean counted;
        private volatile boolean enqueued;
        private boolean granted;

        private QueuedClient(SlotRequest request, TenantShares.TenantPlace place, Duration waitedBefore) {
            this.request = request;
            this.place = place;
            this.waitedBefore = waitedBefore;
        }

        private void signal() {
            signalled.set(true);
            LockSupport.unpark(thread);
        }

        /// How long it has been in the queue of the grid.
        Duration waited() {
            return waitedBefore.plusNanos(nanoTime.getAsLong() - since);
        }

        /// Waits until the tenant may have another client in the queue of the grid.
        ///
        /// @return false if the deadline passed before
        boolean awaitTenantShare(long deadlineNanos) throws InterruptedException {
            if (!place.awaitShare(deadlineNanos - nanoTime.getAsLong())) {
                return false;
            }
            since = nanoTime.getAsLong();
            if (request.excluded().isEmpty()) {
                queuedByKey.merge(key(), 1, Integer::sum);
                counted = true;
            }
            return true;
        }

        private QueueKey key() {
            return new QueueKey(request.browser(), request.version());
        }

        /// Adds the client to the registry's queue.
        ///
        /// @throws RegistryUnavailableException if the registry does not answer
        QueueEntry enqueue() throws InterruptedException {
            sendHeartbeatIfDue();
            enqueued = true;
            return registry.enqueue(proxy, request, waited());
        }

        /// Waits until there may be a slot for this client.
        ///
        /// @return false if the deadline passed before
        boolean awaitTurn(long deadlineNanos) throws InterruptedException {
            thread = Thread.currentThread();
            while (!signalled.getAndSet(false)) {
                if (Thread.interrupted()) {
                    throw new InterruptedException();
                }
                var remaining = deadlineNanos - nanoTime.getAsLong();
                if (remaining <= 0) {
                    return false;
                }
                LockSupport.parkNanos(this, remaining);
            }
            return true;
        }

        /// Records that the registry granted a slot, which removed the client from its queue.
        void markGranted() {
            granted = true;
        }

        @Override
        public void close() {
            waiters.remove(request.session());
            place.close();
            if (counted) {
                queuedByKey.computeIfPresent(key(), (_, others) -> others == 1 ? null : others - 1);
            }
            if (enqueued && !granted) {
                leave(request.session());
            }
        }
    }
}
