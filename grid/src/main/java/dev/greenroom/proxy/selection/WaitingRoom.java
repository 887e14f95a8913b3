package dev.greenroom.proxy.selection;

import dev.greenroom.registry.Place;
import dev.greenroom.registry.Registry;
import dev.greenroom.registry.RegistryUnavailableException;
import dev.greenroom.registry.SlotRequest;
import dev.greenroom.registry.Wait;
import dev.greenroom.schedule.PeriodicTask;
import dev.greenroom.session.Browser;
import dev.greenroom.session.SessionId;
import dev.greenroom.session.Subscription;
import dev.greenroom.session.Tenant;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The clients of this proxy that wait for a slot. Their order is the registry's, across all proxies; here they sleep
/// until it is their turn, and one thread keeps the places of all of them. Safe for use by many threads.
final class WaitingRoom implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(WaitingRoom.class);
    private static final Duration KEEP_INTERVAL = Duration.ofSeconds(1);
    private static final int BATCH = 200;

    private final Registry registry;
    private final LongSupplier nanoTime;
    private final Map<SessionId, Waiter> waiters = new ConcurrentHashMap<>();
    private final Shares places;

    /// Places that are given up; who left before its turn came is many, when a grid is full.
    private final Map<SessionId, Browser> leaving = new ConcurrentHashMap<>();

    private final AtomicBoolean leaveDue = new AtomicBoolean();
    private volatile Optional<PeriodicTask> keeper = Optional.empty();
    private volatile Subscription turns = () -> {};

    /// @param limit how many clients may wait here
    WaitingRoom(Registry registry, int limit, LongSupplier nanoTime) {
        this.registry = registry;
        this.places = new Shares(limit);
        this.nanoTime = nanoTime;
    }

    void start() {
        turns = registry.onTurn(
                session -> Optional.ofNullable(waiters.get(session)).ifPresent(Waiter::call));
        keeper = Optional.of(PeriodicTask.every(KEEP_INTERVAL, "waiting-room", this::keepPlaces));
    }

    /// Takes a place here; empty when all that this tenant may have are taken. It is given up by closing it.
    ///
    /// @param waited how long it has waited already
    Optional<Waiter> enter(SlotRequest wish, Tenant tenant, Duration waited) {
        return places.take(tenant).map(place -> {
            var waiter = new Waiter(wish, place, waited);
            waiters.put(wish.session(), waiter);
            return waiter;
        });
    }

    /// Whether somebody waits here who can be served by every worker that could serve this wish, and is before it.
    boolean isWaitedFor(SlotRequest wish) {
        for (var waiter : waiters.values()) {
            if (waiter.inLine && waiter.isBefore(wish)) {
                return true;
            }
        }
        return false;
    }

    int size(Browser browser) {
        return (int) waiters.values().stream()
                .filter(waiter -> waiter.wish.browser() == browser)
                .count();
    }

    private void keepPlaces() {
        for (var browser : Browser.values()) {
            var waits = waiters.values().stream()
                    .filter(waiter -> waiter.inLine && waiter.wish.browser() == browser)
                    .map(Waiter::soFar)
                    .toList();
            for (var from = 0; from < waits.size(); from += BATCH) {
                keep(browser, waits.subList(from, Math.min(waits.size(), from + BATCH)));
            }
        }
    }

    private void keep(Browser browser, List<Wait> waits) {
        try {
            var kept = registry.keepPlaces(browser, waits).stream()
                    .collect(Collectors.toMap(Place::session, Function.identity()));
            for (var wait : waits) {
                var session = wait.wish().session();
                var waiter = waiters.get(session);
                var place = kept.get(session);
                if (waiter == null) {
                    leave(wait.wish());
                } else if (place == null || place.turn()) {
                    waiter.call();
                }
            }
        } catch (RegistryUnavailableException e) {
            LOG.atDebug().addKeyValue("cause", e.getMessage()).log("Could not keep places; trying again");
        }
    }

    /// Gives a place up, together with those that are given up in the meantime. Returns at once.
    private void leave(SlotRequest wish) {
        leaving.put(wish.session(), wish.browser());
        if (leaveDue.compareAndSet(false, true)) {
            Thread.ofVirtual().name("waiting-room-leaving").start(this::flushLeaving);
        }
    }

    private void flushLeaving() {
        leaveDue.set(false);
        for (var browser : Browser.values()) {
            var sessions = leaving.entrySet().stream()
                    .filter(left -> left.getValue() == browser)
                    .map(Map.Entry::getKey)
                    .toList();
            for (var from = 0; from < sessions.size(); from += BATCH) {
                abandon(browser, sessions.subList(from, Math.min(sessions.size(), from + BATCH)));
            }
        }
    }

    private void abandon(Browser browser, List<SessionId> sessions) {
        sessions.forEach(leaving::remove);
        try {
            // One that waits again, after a worker that had no room, has its place back.
            registry.abandon(
                    browser,
                    sessions.stream()
                            .filter(session -> !waiters.containsKey(session))
                            .toList());
        } catch (RegistryUnavailableException e) {
            LOG.atDebug().addKeyValue("cause", e.getMessage()).log("Places that were given up run out by themselves");
        }
    }

    @Override
    public void close() {
        turns.close();
        keeper.ifPresent(PeriodicTask::close);
    }

    /// One client's wait. Waited on by one thread.
    final class Waiter implements AutoCloseable {
        private final SlotRequest wish;
        private final Shares.Place place;
        private final Semaphore turns = new Semaphore(0);
        private final Duration waitedBefore;
        private volatile long since;
        private volatile boolean inLine;
        private volatile boolean granted;

        private Waiter(SlotRequest wish, Shares.Place place, Duration waitedBefore) {
            this.wish = wish;
            this.place = place;
            this.waitedBefore = waitedBefore;
        }

        private void call() {
            turns.release();
        }

        private boolean isBefore(SlotRequest other) {
            return wish.browser() == other.browser()
                    && wish.version().equals(other.version())
                    && wish.excluded().isEmpty()
                    && !wish.session().equals(other.session());
        }

        private Wait soFar() {
            return new Wait(wish, waited());
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
            inLine = true;
            return true;
        }

        /// Waits until there is a slot for this client.
        ///
        /// @return false when the deadline has passed
        boolean awaitTurn(long deadlineNanos) throws InterruptedException {
            var left = deadlineNanos - nanoTime.getAsLong();
            if (left <= 0 || !turns.tryAcquire(left, TimeUnit.NANOSECONDS)) {
                return false;
            }
            turns.drainPermits();
            return true;
        }

        /// The wait has had its end in the registry.
        void granted() {
            granted = true;
        }

        @Override
        public void close() {
            waiters.remove(wish.session());
            place.close();
            if (inLine && !granted) {
                leave(wish);
            }
        }
    }
}
