package dev.greenroom.registry.memory;

import dev.greenroom.registry.Registry.Acquisition;
import dev.greenroom.registry.Registry.HeldLease;
import dev.greenroom.registry.Registry.KeptPlaces;
import dev.greenroom.registry.Registry.LeaseRenewal;
import dev.greenroom.registry.Registry.QueueEntry;
import dev.greenroom.registry.Registry.QueueWait;
import dev.greenroom.registry.Registry.RegistryLimits;
import dev.greenroom.registry.Registry.SlotRequest;
import dev.greenroom.registry.SessionList.FoundBrowser;
import dev.greenroom.registry.SessionList.LiveSession;
import dev.greenroom.session.BrowserType;
import dev.greenroom.session.SessionId;
import dev.greenroom.session.WorkerId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// The leases, the queue, and the rules by which both change. Guarded by the lock of [MemoryRegistry]; `now`
/// is always the time of its monotonic clock.
final class SlotTable {
    private final RegistryLimits limits;

    /// In the order in which they expire: all leases have the same TTL, and a renewed one moves to the end.
    private final LinkedHashMap<SessionId, LeaseEntry> leases = new LinkedHashMap<>();

    private final Set<RegistryEvent> events = new LinkedHashSet<>();
    private final WaitQueue queue = new WaitQueue();
    private final SessionDescriptions descriptions = new SessionDescriptions();
    private final WorkerTable workers;
    private long fence;

    /// An event for listeners, who are called after the lock is released.
    sealed interface RegistryEvent {
        record Freed(BrowserType browser) implements RegistryEvent {}

        record TurnCame(SessionId session) implements RegistryEvent {}

        record OrderGiven(WorkerId worker) implements RegistryEvent {}

        record SessionEndOrdered(SessionId session) implements RegistryEvent {}
    }

    private record LeaseEntry(WorkerId worker, Duration until) {}

    SlotTable(RegistryLimits limits) {
        this.limits = limits;
        this.workers = new WorkerTable(limits, this::holders, events::add);
    }

    WorkerTable workers() {
        return workers;
    }

    /// The events since the last call.
    List<RegistryEvent> drainEvents(Duration now) {
        if (events.isEmpty()) {
            return List.of();
        }
        List<RegistryEvent> taken = new ArrayList<>(events);
        events.clear();
        for (var event : List.copyOf(taken)) {
            if (event instanceof RegistryEvent.Freed(var browser)) {
                onTurn(browser, now).forEach(session -> taken.add(new RegistryEvent.TurnCame(session)));
            }
        }
        return taken;
    }

    Acquisition acquire(SlotRequest request, Duration now) {
        reclaim(now);
        dropExpired(now);
        var held = leases.get(request.session());
        if (held != null && !request.excluded().contains(held.worker())) {
            var holding = workers.find(held.worker()).filter(worker -> worker.isAlive(now));
            if (holding.isPresent()) {
                return lease(request, holding.get(), now);
            }
        }
        release(request.session());
        var live = workers.live(request.browser(), now);
        if (live.isEmpty()) {
            return new Acquisition.NoWorkers();
        }
        var picked = pick(request, live, now);
        if (picked.isEmpty() && endEjections(live, now)) {
            picked = pick(request, live, now);
        }
        return picked.map(worker -> grant(request, worker, now)).orElseGet(Acquisition.AllTaken::new);
    }

    LeaseRenewal renew(Collection<HeldLease> held, Duration now) {
        List<SessionId> restored = new ArrayList<>();
        for (var lease : held) {
            var known = leases.get(lease.session());
            if (known == null || known.worker().equals(lease.worker())) {
                leases.putLast(lease.session(), new LeaseEntry(lease.worker(), now.plus(limits.leaseTtl())));
                workers.find(lease.worker()).ifPresent(worker -> worker.restore(lease.session()));
                if (known == null) {
                    restored.add(lease.session());
                }
            }
        }
        return new LeaseRenewal(restored, descriptions.endRequests(held));
    }

    /// Releases the slot of a session; an order to end the session is fulfilled.
    void release(SessionId session) {
        drop(session);
        descriptions.ended(session);
    }

    private void drop(SessionId session) {
        var lease = leases.remove(session);
        if (lease != null) {
            descriptions.forget(session);
            workers.find(lease.worker()).ifPresent(worker -> worker.sessions().remove(session));
            events.add(new RegistryEvent.Freed(lease.worker().browser()));
        }
    }

    /// The list of sessions that hold a lease.
    SessionDescriptions descriptions() {
        return descriptions;
    }

    void describe(Collection<LiveSession> sessions) {
        sessions.stream()
                .filter(session -> {
                    var lease = leases.get(session.session());
                    return lease != null && lease.worker().equals(session.worker());
                })
                .forEach(descriptions::put);
    }

    FoundBrowser findBrowser(String digest, Duration now) {
        var known = descriptions.browser(digest, now);
        if (known.isEmpty()) {
            return new FoundBrowser.Unused();
        }
        var worker = known.get().worker();
        return Optional.ofNullable(leases.get(known.get().session()))
                .filter(lease -> lease.worker().equals(worker))
                .flatMap(_ -> workers.find(worker))
                .<FoundBrowser>map(
                        entry -> new FoundBrowser.Running(worker, entry.last().endpoint()))
                .orElseGet(FoundBrowser.Ended::new);
    }

    boolean end(SessionId session) {
        if (!leases.containsKey(session)) {
            return false;
        }
        descriptions.order(session);
        events.add(new RegistryEvent.SessionEndOrdered(session));
        return true;
    }

    /// A session that holds a slot is not added.
    QueueEntry enqueue(String proxy, QueueWait wait, Duration now) {
        dropExpired(now);
        return leases.containsKey(wait.request().session())
                ? new QueueEntry.Waiting(queue.size())
                : queue.enqueue(proxy, wait.request(), now.minus(wait.waited()), now);
    }

    KeptPlaces keepPlaces(String proxy, Collection<SlotRequest> checked, Duration now) {
        var lapsed = queue.refresh(proxy, now);
        dropExpired(now);
        var lost = checked.stream()
                .map(SlotRequest::session)
                .filter(session -> !queue.contains(session) && !leases.containsKey(session))
                .toList();
        var onTurn = Arrays.stream(BrowserType.values())
                .flatMap(browser -> onTurn(browser, now).stream())
                .filter(session -> queue.isOf(session, proxy))
                .toList();
        return new KeptPlaces(lapsed, lost, onTurn);
    }

    boolean hasQueue(BrowserType browser, Duration now) {
        dropExpired(now);
        return !queue.waiting(browser).isEmpty();
    }

    private void dropExpired(Duration now) {
        queue.dropExpired(now).forEach(browser -> events.add(new RegistryEvent.Freed(browser)));
    }

    void dequeue(Collection<SessionId> sessions) {
        sessions.forEach(
                session -> queue.remove(session).ifPresent(browser -> events.add(new RegistryEvent.Freed(browser))));
    }

    int reap(Duration now) {
        var dropped = reclaim(now);
        workers.removeExpired(now);
        return dropped;
    }

    private int reclaim(Duration now) {
        var reclaimed = 0;
        for (var first = leases.firstEntry();
                first != null && first.getValue().until().compareTo(now) <= 0;
                first = leases.firstEntry()) {
            drop(first.getKey());
            reclaimed++;
        }
        return reclaimed;
    }

    private Acquisition grant(SlotRequest request, WorkerEntry worker, Duration now) {
        worker.grant(request.session());
        fence++;
        workers.granted(worker, now);
        return lease(request, worker, now);
    }

    private Acquisition lease(SlotRequest request, WorkerEntry worker, Duration now) {
        var session = request.session();
        queue.remove(session);
        leases.putLast(session, new LeaseEntry(worker.id(), now.plus(limits.leaseTtl())));
        request.requester()
                .ifPresent(requester ->
                        descriptions.put(new LiveSession(session, worker.id(), requester.proxy(), requester.client())));
        return new Acquisition.Granted(session, worker.id(), worker.last().endpoint(), fence);
    }

    /// The worker for a request, after slots are reserved for the queued sessions before it.
    private Optional<WorkerEntry> pick(SlotRequest request, List<WorkerEntry> live, Duration now) {
        var forecast = workers.forecast(live, request.browser(), now);
        queue.before(request).forEach(forecast::reserve);
        return forecast.reserve(request);
    }

    /// The queued sessions that have a slot now, after those before them got theirs.
    private Set<SessionId> onTurn(BrowserType browser, Duration now) {
        var waiting = queue.waiting(browser);
        if (waiting.isEmpty()) {
            return Set.of();
        }
        var forecast = workers.forecast(workers.live(browser, now), browser, now);
        Set<SessionId> turns = new LinkedHashSet<>();
        for (var request : waiting) {
            if (forecast.reserve(request).isPresent()) {
                turns.add(request.session());
            }
        }
        return turns;
    }

    /// When every worker that could serve is suspect, keeping them out of selection helps nobody.
    private static boolean endEjections(List<WorkerEntry> live, Duration now) {
        if (live.stream().anyMatch(worker -> worker.isInService(now))) {
            return false;
        }
        live.forEach(WorkerEntry::endEjection);
        return true;
    }

    private Set<SessionId> holders(WorkerId id) {
        Set<SessionId> holders = new HashSet<>();
        leases.forEach((session, lease) -> {
            if (lease.worker().equals(id)) {
                holders.add(session);
            }
        });
        return holders;
    }
}
