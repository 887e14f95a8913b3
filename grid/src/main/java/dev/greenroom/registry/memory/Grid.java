package dev.greenroom.registry.memory;

import dev.greenroom.registry.Acquisition;
import dev.greenroom.registry.Enrollment;
import dev.greenroom.registry.HeldLease;
import dev.greenroom.registry.LiveSession;
import dev.greenroom.registry.Registry.KeptPlaces;
import dev.greenroom.registry.RegistryLimits;
import dev.greenroom.registry.Renewal;
import dev.greenroom.registry.SlotRequest;
import dev.greenroom.registry.Wait;
import dev.greenroom.session.Browser;
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

/// The leases, the line of those who wait for one, and the rules by which both change. Guarded by the lock of
/// [MemoryRegistry]; `now` is always the reading of its monotonic clock.
final class Grid {
    private final RegistryLimits limits;

    /// The first to expire come first: all leases last equally long, and one that is renewed goes to the end.
    private final LinkedHashMap<SessionId, Lease> leases = new LinkedHashMap<>();

    private final Set<Hint> hints = new LinkedHashSet<>();
    private final Line line = new Line();
    private final Descriptions descriptions = new Descriptions();
    private final Presence presence;
    private long fence;

    private record Lease(WorkerId worker, Duration until) {}

    Grid(RegistryLimits limits) {
        this.limits = limits;
        this.presence = new Presence(limits, this::holders, hints::add);
    }

    Presence presence() {
        return presence;
    }

    /// What happened since the last call that listeners should know.
    List<Hint> takeHints(Duration now) {
        if (hints.isEmpty()) {
            return List.of();
        }
        List<Hint> taken = new ArrayList<>(hints);
        hints.clear();
        for (var hint : List.copyOf(taken)) {
            if (hint instanceof Hint.Freed(var browser)) {
                turns(browser, now).forEach(session -> taken.add(new Hint.Turn(session)));
            }
        }
        return taken;
    }

    Acquisition acquire(SlotRequest request, Duration now) {
        reclaim(now);
        dropUnkept(now);
        var held = leases.get(request.session());
        if (held != null && !request.excluded().contains(held.worker())) {
            var holding = presence.find(held.worker()).filter(worker -> worker.isAlive(now));
            if (holding.isPresent()) {
                return lease(request, holding.get(), now);
            }
        }
        release(request.session());
        var live = presence.live(request.browser(), now);
        if (live.isEmpty()) {
            return new Acquisition.NoWorkers();
        }
        var picked = pick(request, live, now);
        if (picked.isEmpty() && forgive(live, now)) {
            picked = pick(request, live, now);
        }
        return picked.map(worker -> grant(request, worker, now)).orElseGet(Acquisition.AllTaken::new);
    }

    Renewal renew(Collection<HeldLease> held, Duration now) {
        List<SessionId> restored = new ArrayList<>();
        for (var lease : held) {
            var known = leases.get(lease.session());
            if (known == null || known.worker().equals(lease.worker())) {
                leases.putLast(lease.session(), new Lease(lease.worker(), now.plus(limits.leaseTtl())));
                presence.find(lease.worker()).ifPresent(worker -> worker.restore(lease.session()));
                if (known == null) {
                    restored.add(lease.session());
                }
            }
        }
        return new Renewal(restored, descriptions.toEnd(held));
    }

    /// Gives back what a session holds; whoever wanted it to end has got it.
    void release(SessionId session) {
        drop(session);
        descriptions.ended(session);
    }

    private void drop(SessionId session) {
        var lease = leases.remove(session);
        if (lease != null) {
            descriptions.forget(session);
            presence.find(lease.worker()).ifPresent(worker -> worker.sessions().remove(session));
            hints.add(new Hint.Freed(lease.worker().browser()));
        }
    }

    /// The sessions that hold a lease, as far as they are described.
    Descriptions descriptions() {
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

    boolean end(SessionId session) {
        if (!leases.containsKey(session)) {
            return false;
        }
        descriptions.order(session);
        hints.add(new Hint.End(session));
        return true;
    }

    /// Whoever holds a slot is given no place.
    Enrollment enroll(String proxy, Wait wait, Duration now) {
        dropUnkept(now);
        return leases.containsKey(wait.wish().session())
                ? new Enrollment.Waiting(line.size())
                : line.enroll(proxy, wait.wish(), now.minus(wait.waited()), now);
    }

    KeptPlaces keepPlaces(String proxy, Collection<SlotRequest> checked, Duration now) {
        var lapsed = line.keep(proxy, now);
        dropUnkept(now);
        var lost = checked.stream()
                .map(SlotRequest::session)
                .filter(session -> !line.contains(session) && !leases.containsKey(session))
                .toList();
        var onTurn = Arrays.stream(Browser.values())
                .flatMap(browser -> turns(browser, now).stream())
                .filter(session -> line.isOf(session, proxy))
                .toList();
        return new KeptPlaces(lapsed, lost, onTurn);
    }

    private void dropUnkept(Duration now) {
        line.dropUnkept(now).forEach(browser -> hints.add(new Hint.Freed(browser)));
    }

    void abandon(Collection<SessionId> sessions) {
        sessions.forEach(session -> line.leave(session).ifPresent(browser -> hints.add(new Hint.Freed(browser))));
    }

    int reap(Duration now) {
        var dropped = reclaim(now);
        presence.tidy(now);
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

    private Acquisition grant(SlotRequest request, KnownWorker worker, Duration now) {
        worker.grant(request.session());
        fence++;
        presence.granted(worker, now);
        return lease(request, worker, now);
    }

    private Acquisition lease(SlotRequest request, KnownWorker worker, Duration now) {
        var session = request.session();
        line.leave(session);
        leases.putLast(session, new Lease(worker.id(), now.plus(limits.leaseTtl())));
        request.requester()
                .ifPresent(requester ->
                        descriptions.put(new LiveSession(session, worker.id(), requester.proxy(), requester.client())));
        return new Acquisition.Granted(session, worker.id(), worker.last().endpoint(), fence);
    }

    /// The worker for a wish, when those who wait before it have got theirs.
    private Optional<KnownWorker> pick(SlotRequest request, List<KnownWorker> live, Duration now) {
        var reserved = presence.slots(live, request.browser(), now);
        line.before(request).forEach(reserved::pick);
        return reserved.pick(request);
    }

    /// The waiting sessions that there is a slot for now, when those before them have got theirs.
    private Set<SessionId> turns(Browser browser, Duration now) {
        var waiting = line.waiting(browser);
        if (waiting.isEmpty()) {
            return Set.of();
        }
        var reserved = presence.slots(presence.live(browser, now), browser, now);
        Set<SessionId> turns = new LinkedHashSet<>();
        for (var wish : waiting) {
            if (reserved.pick(wish).isPresent()) {
                turns.add(wish.session());
            }
        }
        return turns;
    }

    /// When every worker that could serve is suspect, suspicion helps nobody.
    private static boolean forgive(List<KnownWorker> live, Duration now) {
        if (live.stream().anyMatch(worker -> worker.isInService(now))) {
            return false;
        }
        live.forEach(KnownWorker::forgive);
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
