package dev.greenroom.registry.memory;

import dev.greenroom.registry.Registry.Acquisition;
import dev.greenroom.registry.Registry.HeldLease;
import dev.greenroom.registry.Registry.KeptPlaces;
import dev.greenroom.registry.Registry.LeaseRenewal;
import dev.greenroom.registry.Registry.QueueEntry;
import dev.greenroom.registry.Registry.QueueWait;
import dev.greenroom.registry.Registry.SlotRequest;
import dev.greenroom.registry.RegistryLimits;
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

/// The leases, the line of those who wait for one, and the rules by which both change. Guarded by the lock
/// of [MemoryRegistry]; `now` is always the reading of its monotonic clock.
final class SlotTable {
    private final RegistryLimits limits;

    /// The first to expire come first: all leases last equally long, and one that is renewed goes to the
    /// end.
    private final LinkedHashMap<SessionId, LeaseEntry> leases = new LinkedHashMap<>();

    private final Set<RegistryEvent> hints = new LinkedHashSet<>();
    private final WaitQueue waitQueue = new WaitQueue();
    private final SessionDescriptions sessionDescriptions = new SessionDescriptions();
    private final WorkerTable workerTable;
    private long fence;

    private record LeaseEntry(WorkerId worker, Duration until) {}

    SlotTable(RegistryLimits limits) {
        this.limits = limits;
        this.workerTable = new WorkerTable(limits, this::holders, hints::add);
    }

    WorkerTable presence() {
        return workerTable;
    }

    /// What happened since the last call that listeners should know.
    List<RegistryEvent> drainEvents(Duration now) {
        if (hints.isEmpty()) {
            return List.of();
        }
        List<RegistryEvent> taken = new ArrayList<>(hints);
        hints.clear();
        for (var event : List.copyOf(taken)) {
            if (event instanceof RegistryEvent.Freed(var browser)) {
                turns(browser, now).forEach(session -> taken.add(new RegistryEvent.TurnCame(session)));
            }
        }
        return taken;
    }

    Acquisition acquire(SlotRequest request, Duration now) {
        reclaim(now);
        dropUnkept(now);
        var held = leases.get(request.session());
        if (held != null && !request.excluded().contains(held.worker())) {
            var holding = workerTable.find(held.worker()).filter(worker -> worker.isAlive(now));
            if (holding.isPresent()) {
                return lease(request, holding.get(), now);
            }
        }
        release(request.session());
        var live = workerTable.live(request.browser(), now);
        if (live.isEmpty()) {
            return new Acquisition.NoWorkers();
        }
        var picked = pick(request, live, now);
        if (picked.isEmpty() && clearSuspicion(live, now)) {
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
                workerTable.find(lease.worker()).ifPresent(worker -> worker.restore(lease.session()));
                if (known == null) {
                    restored.add(lease.session());
                }
            }
        }
        return new LeaseRenewal(restored, sessionDescriptions.endRequests(held));
    }

    /// Gives back what a session holds; whoever wanted it to end has got it.
    void release(SessionId session) {
        drop(session);
        sessionDescriptions.ended(session);
    }

    private void drop(SessionId session) {
        var lease = leases.remove(session);
        if (lease != null) {
            sessionDescriptions.forget(session);
            workerTable
                    .find(lease.worker())
                    .ifPresent(worker -> worker.sessions().remove(session));
            hints.add(new RegistryEvent.Freed(lease.worker().browser()));
        }
    }

    /// The sessions that hold a lease, as far as they are described.
    SessionDescriptions descriptions() {
        return sessionDescriptions;
    }

    void describe(Collection<LiveSession> sessions) {
        sessions.stream()
                .filter(session -> {
                    var lease = leases.get(session.session());
                    return lease != null && lease.worker().equals(session.worker());
                })
                .forEach(sessionDescriptions::put);
    }

    boolean end(SessionId session) {
        if (!leases.containsKey(session)) {
            return false;
        }
        sessionDescriptions.order(session);
        hints.add(new RegistryEvent.SessionEndOrdered(session));
        return true;
    }

    /// Whoever holds a slot is given no place.
    QueueEntry enroll(String proxy, QueueWait wait, Duration now) {
        dropUnkept(now);
        return leases.containsKey(wait.request().session())
                ? new QueueEntry.Waiting(waitQueue.size())
                : waitQueue.enroll(proxy, wait.request(), now.minus(wait.waited()), now);
    }

    KeptPlaces keepPlaces(String proxy, Collection<SlotRequest> checked, Duration now) {
        var lapsed = waitQueue.keep(proxy, now);
        dropUnkept(now);
        var lost = checked.stream()
                .map(SlotRequest::session)
                .filter(session -> !waitQueue.contains(session) && !leases.containsKey(session))
                .toList();
        var onTurn = Arrays.stream(BrowserType.values())
                .flatMap(browser -> turns(browser, now).stream())
                .filter(session -> waitQueue.isOf(session, proxy))
                .toList();
        return new KeptPlaces(lapsed, lost, onTurn);
    }

    private void dropUnkept(Duration now) {
        waitQueue.dropUnkept(now).forEach(browser -> hints.add(new RegistryEvent.Freed(browser)));
    }

    void abandon(Collection<SessionId> sessions) {
        sessions.forEach(
                session -> waitQueue.leave(session).ifPresent(browser -> hints.add(new RegistryEvent.Freed(browser))));
    }

    int reap(Duration now) {
        var dropped = reclaim(now);
        workerTable.removeExpired(now);
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
        workerTable.granted(worker, now);
        return lease(request, worker, now);
    }

    private Acquisition lease(SlotRequest request, WorkerEntry worker, Duration now) {
        var session = request.session();
        waitQueue.leave(session);
        leases.putLast(session, new LeaseEntry(worker.id(), now.plus(limits.leaseTtl())));
        request.requester()
                .ifPresent(requester -> sessionDescriptions.put(
                        new LiveSession(session, worker.id(), requester.proxy(), requester.client())));
        return new Acquisition.Granted(session, worker.id(), worker.last().endpoint(), fence);
    }

    /// The worker for a wish, when those who wait before it have got theirs.
    private Optional<WorkerEntry> pick(SlotRequest request, List<WorkerEntry> live, Duration now) {
        var slotForecast = workerTable.slots(live, request.browser(), now);
        waitQueue.before(request).forEach(slotForecast::pick);
        return slotForecast.pick(request);
    }

    /// The waiting sessions that there is a slot for now, when those before them have got theirs.
    private Set<SessionId> turns(BrowserType browser, Duration now) {
        var waiting = waitQueue.waiting(browser);
        if (waiting.isEmpty()) {
            return Set.of();
        }
        var slotForecast = workerTable.slots(workerTable.live(browser, now), browser, now);
        Set<SessionId> turns = new LinkedHashSet<>();
        for (var wish : waiting) {
            if (slotForecast.pick(wish).isPresent()) {
                turns.add(wish.session());
            }
        }
        return turns;
    }

    /// When every worker that could serve is suspect, suspicion helps nobody.
    private static boolean clearSuspicion(List<WorkerEntry> live, Duration now) {
        if (live.stream().anyMatch(worker -> worker.isInService(now))) {
            return false;
        }
        live.forEach(WorkerEntry::clearSuspicion);
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
