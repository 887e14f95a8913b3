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

/// The clients of this proxy that wait for a slot. Their order is the registry's, across all proxies; here
/// they sleep until it is their turn. Once a second one small call keeps the places of all of them, however
/// many there are. Safe for use by many threads.
final class ClientQueue implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ClientQueue.class);
    private static final Duration KEEP_INTERVAL = Duration.ofSeconds(1);

    /// Whoever takes a place after so long keeps all of them first: the registry forgets a proxy after 3 s.
    private static final Duration KEEP_AT_ONCE_AFTER = Duration.ofMillis(1_500);

    private static final int BATCH = 200;

    /// Places that are looked for with each call that keeps them. One that the registry lost alone, without
    /// having forgotten this proxy, is found when its turn to be looked for comes.
    private static final int CHECKED_AT_ONCE = 50;

    private final Registry registry;
    private final String proxy;
    private final LongSupplier nanoTime;
    private final Map<SessionId, QueuedClient> waiters = new ConcurrentHashMap<>();
    private final TenantShares places;

    /// How many of those who are in line can be served by every worker that could serve such a wish.
    private final Map<QueueKey, Integer> inLine = new ConcurrentHashMap<>();

    /// Places that are given up, until the registry has acknowledged it.
    private final Set<SessionId> leaving = ConcurrentHashMap.newKeySet();

    private final AtomicBoolean leaveDue = new AtomicBoolean();
    private final ReentrantLock keeping = new ReentrantLock();

    /// Whether all places are still to be given back. This and the next are guarded by [#keeping].
    private boolean allLost;

    private Iterator<QueuedClient> toCheck = List.<QueuedClient>of().iterator();

    private volatile long keptNanos;
    private volatile Optional<PeriodicTask> keeper = Optional.empty();
    private volatile Subscription turns = () -> {};

    private record QueueKey(BrowserType browser, Optional<PlaywrightVersion> version) {}

    /// @param proxy the name of this proxy in the queue; no other has it, nor had it
    /// @param limit how many clients may wait here
    ClientQueue(Registry registry, String proxy, int limit, LongSupplier nanoTime) {
        this.registry = registry;
        this.proxy = proxy;
        this.places = new TenantShares(limit);
        this.nanoTime = nanoTime;
        this.keptNanos = nanoTime.getAsLong() - KEEP_AT_ONCE_AFTER.toNanos();
    }

    void start() {
        turns = registry.onTurn(
                session -> Optional.ofNullable(waiters.get(session)).ifPresent(QueuedClient::call));
        keeper = Optional.of(PeriodicTask.every(KEEP_INTERVAL, "waiting-room", this::everySecond));
    }

    /// Takes a place here; empty when all that this tenant may have are taken. It is given up by closing
    /// it.
    ///
    /// @param waited how long it has waited already
    Optional<QueuedClient> join(SlotRequest request, Tenant tenant, Duration waited) {
        return places.take(tenant).map(place -> {
            var waiter = new QueuedClient(request, place, waited);
            waiters.put(request.session(), waiter);
            return waiter;
        });
    }

    /// Whether somebody waits here who can be served by every worker that could serve this wish, and is
    /// before it.
    boolean isWaitedFor(SlotRequest request) {
        return inLine.containsKey(new QueueKey(request.browser(), request.version()));
    }

    int size(BrowserType browser) {
        return (int) waiters.values().stream()
                .filter(waiter -> waiter.request.browser() == browser)
                .count();
    }

    private void everySecond() {
        try {
            if (waiters.values().stream().anyMatch(waiter -> waiter.enrolled)) {
                keep();
            }
            flushDepartures();
        } catch (RegistryUnavailableException e) {
            LOG.atDebug().addKeyValue("cause", e.getMessage()).log("Could not keep places; trying again");
        }
    }

    /// Before the first place is taken: no place lasts longer than its proxy is heard of.
    private void keepIfDue() throws InterruptedException {
        if (isKeepingDue()) {
            keeping.lockInterruptibly();
            try {
                if (isKeepingDue()) {
                    keep();
                }
            } finally {
                keeping.unlock();
            }
        }
    }

    private boolean isKeepingDue() {
        return nanoTime.getAsLong() - keptNanos >= KEEP_AT_ONCE_AFTER.toNanos();
    }

    private void keep() {
        keeping.lock();
        try {
            var began = nanoTime.getAsLong();
            var kept = registry.keepPlaces(proxy, nextToCheck());
            keptNanos = began;
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
                Optional.ofNullable(waiters.get(session)).ifPresentOrElse(QueuedClient::call, () -> leave(session));
            }
        } finally {
            keeping.unlock();
        }
    }

    private List<SlotRequest> nextToCheck() {
        var next = new ArrayList<SlotRequest>();
        if (!toCheck.hasNext()) {
            toCheck = waiters.values().iterator();
        }
        while (next.size() < CHECKED_AT_ONCE && toCheck.hasNext()) {
            var waiter = toCheck.next();
            if (waiter.enrolled) {
                next.add(waiter.request);
            }
        }
        return next;
    }

    private void restore(Collection<QueuedClient> lost) {
        var waits = lost.stream()
                .filter(waiter -> waiter.enrolled)
                .map(waiter -> new QueueWait(waiter.request, waiter.waited()))
                .toList();
        for (var from = 0; from < waits.size(); from += BATCH) {
            registry.restorePlaces(proxy, waits.subList(from, Math.min(waits.size(), from + BATCH)));
            // Those that have been restored must not lapse while the others are; whose turn it is hears so next time.
            registry.keepPlaces(proxy, List.of());
        }
        // Who left in the meantime has got its place back after it had given it up.
        waits.stream()
                .map(wait -> wait.request().session())
                .filter(session -> !waiters.containsKey(session))
                .forEach(this::leave);
    }

    /// Gives a place up, together with those that are given up in the meantime. Returns at once.
    private void leave(SessionId session) {
        leaving.add(session);
        if (leaveDue.compareAndSet(false, true)) {
            Thread.ofVirtual().name("waiting-room-leaving").start(() -> {
                leaveDue.set(false);
                try {
                    flushDepartures();
                } catch (RegistryUnavailableException e) {
                    LOG.atDebug().addKeyValue("cause", e.getMessage()).log("Could not give places up; trying again");
                }
            });
        }
    }

    private void flushDepartures() {
        var sessions = List.copyOf(leaving);
        for (var from = 0; from < sessions.size(); from += BATCH) {
            var batch = sessions.subList(from, Math.min(sessions.size(), from + BATCH));
            // One that waits again, after a worker that had no room, has its place back.
            registry.dequeue(batch.stream()
                    .filter(session -> !waiters.containsKey(session))
                    .toList());
            batch.forEach(leaving::remove);
        }
    }

    @Override
    public void close() {
        turns.close();
        keeper.ifPresent(PeriodicTask::close);
    }

    /// One client's wait. Waited on by one thread.
    final class QueuedClient implements AutoCloseable {
        private final SlotRequest request;
        private final TenantShares.TenantPlace place;

        /// Whose turn it may be. Parked on directly: a client keeps as much memory as the stack of its
        /// thread is deep.
        private final AtomicBoolean called = new AtomicBoolean();

        private volatile @Nullable Thread thread;
        private final Duration waitedBefore;
        private volatile long since;
        private boolean counted;
        private volatile boolean enrolled;
        private boolean granted;

        private QueuedClient(SlotRequest request, TenantShares.TenantPlace place, Duration waitedBefore) {
            this.request = request;
            this.place = place;
            this.waitedBefore = waitedBefore;
        }

        private void call() {
            called.set(true);
            LockSupport.unpark(thread);
        }

        /// Since it may stand in the line of all proxies.
        Duration waited() {
            return waitedBefore.plusNanos(nanoTime.getAsLong() - since);
        }

        /// Waits until this client may stand in the line of all proxies.
        ///
        /// @return false when the deadline has passed
        boolean awaitLine(long deadlineNanos) throws InterruptedException {
            if (!place.awaitLine(deadlineNanos - nanoTime.getAsLong())) {
                return false;
            }
            since = nanoTime.getAsLong();
            if (request.excluded().isEmpty()) {
                inLine.merge(wanted(), 1, Integer::sum);
                counted = true;
            }
            return true;
        }

        private QueueKey wanted() {
            return new QueueKey(request.browser(), request.version());
        }

        /// Takes a place in that line.
        ///
        /// @throws RegistryUnavailableException when the registry does not answer
        QueueEntry enroll() throws InterruptedException {
            keepIfDue();
            enrolled = true;
            return registry.enqueue(proxy, request, waited());
        }

        /// Waits until there is a slot for this client.
        ///
        /// @return false when the deadline has passed
        boolean awaitTurn(long deadlineNanos) throws InterruptedException {
            thread = Thread.currentThread();
            while (!called.getAndSet(false)) {
                if (Thread.interrupted()) {
                    throw new InterruptedException();
                }
                var left = deadlineNanos - nanoTime.getAsLong();
                if (left <= 0) {
                    return false;
                }
                LockSupport.parkNanos(this, left);
            }
            return true;
        }

        /// The wait has had its end in the registry.
        void granted() {
            granted = true;
        }

        @Override
        public void close() {
            waiters.remove(request.session());
            place.close();
            if (counted) {
                inLine.computeIfPresent(wanted(), (_, others) -> others == 1 ? null : others - 1);
            }
            if (enrolled && !granted) {
                leave(request.session());
            }
        }
    }
}
