package dev.greenroom.registry.memory;

import dev.greenroom.registry.Acquisition;
import dev.greenroom.registry.Heartbeat;
import dev.greenroom.registry.HeartbeatReply;
import dev.greenroom.registry.HeldLease;
import dev.greenroom.registry.RegistryLimits;
import dev.greenroom.registry.SlotRequest;
import dev.greenroom.registry.WorkerRecord;
import dev.greenroom.registry.WorkerStatus;
import dev.greenroom.session.Browser;
import dev.greenroom.session.SessionId;
import dev.greenroom.session.WorkerId;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Workers and leases, and the rules by which they change. Guarded by the lock of [MemoryRegistry]; `now` is always
/// the reading of its monotonic clock.
final class Grid {
    /// How long a dead worker's lifetime is remembered, should it only have been paused.
    private static final Duration MEMORY_OF_THE_DEAD = Duration.ofMinutes(10);

    private final RegistryLimits limits;
    private final Map<WorkerId, KnownWorker> workers = new HashMap<>();
    private final Map<SessionId, Lease> leases = new HashMap<>();
    private final Recycling recycling = new Recycling(this::isAlive);
    private final Set<Hint> hints = new LinkedHashSet<>();
    private long fence;

    private record Lease(WorkerId worker, Duration until) {}

    Grid(RegistryLimits limits) {
        this.limits = limits;
    }

    /// What happened since the last call that listeners should know.
    List<Hint> takeHints() {
        var taken = List.copyOf(hints);
        hints.clear();
        return taken;
    }

    Acquisition acquire(SlotRequest request, Duration now) {
        reclaim(now);
        var held = leases.get(request.session());
        if (held != null && isAlive(held.worker(), now) && !request.excluded().contains(held.worker())) {
            return lease(request.session(), known(held.worker()), now);
        }
        release(request.session());
        var live = live(request.browser(), now).toList();
        if (live.isEmpty()) {
            return new Acquisition.NoWorkers();
        }
        var picked = pick(request, live, now);
        if (picked.isEmpty() && forgive(live, now)) {
            picked = pick(request, live, now);
        }
        if (picked.isEmpty()) {
            return new Acquisition.AllTaken();
        }
        var worker = picked.get();
        worker.grant(request.session());
        fence++;
        if (worker.isSpent()) {
            recycle(worker, now);
        }
        return lease(request.session(), worker, now);
    }

    int renew(Collection<HeldLease> held, Duration now) {
        var restored = 0;
        for (var lease : held) {
            var known = leases.get(lease.session());
            if (known == null || known.worker().equals(lease.worker())) {
                leases.put(lease.session(), new Lease(lease.worker(), now.plus(limits.leaseTtl())));
                Optional.ofNullable(workers.get(lease.worker())).ifPresent(worker -> worker.restore(lease.session()));
                restored += known == null ? 1 : 0;
            }
        }
        return restored;
    }

    void release(SessionId session) {
        var lease = leases.remove(session);
        if (lease != null) {
            Optional.ofNullable(workers.get(lease.worker()))
                    .ifPresent(worker -> worker.sessions().remove(session));
            hints.add(new Hint.Freed(lease.worker().browser()));
        }
    }

    HeartbeatReply heartbeat(Heartbeat heartbeat, Instant at, Duration now) {
        var known = workers.get(heartbeat.worker());
        var same = known != null && known.last().incarnation().equals(heartbeat.incarnation());
        if (known != null && !same && known.isAlive(now)) {
            return new HeartbeatReply.Duplicate();
        }
        var hadFreeSlot = known != null && same && known.hasFreeSlot(now);
        var worker = known != null && same ? known : register(heartbeat, at, now);
        worker.beat(heartbeat, at, now);
        if (heartbeat.status() == WorkerStatus.DRAINING) {
            worker.obey();
            if (recycling.isHeldBy(worker.id())) {
                recycling.begin(worker.id(), now, max(limits.shutdownCommandTtl(), heartbeat.ttl()));
            }
        } else if (worker.isSpent() && !worker.isOrdered(now)) {
            recycle(worker, now);
        }
        if (!hadFreeSlot && worker.hasFreeSlot(now)) {
            hints.add(new Hint.Freed(worker.id().browser()));
        }
        return worker.isOrdered(now)
                ? new HeartbeatReply.Shutdown()
                : new HeartbeatReply.Carry(worker.active(), worker.lifetime());
    }

    private KnownWorker register(Heartbeat heartbeat, Instant at, Duration now) {
        endRecycling(heartbeat.worker(), now);
        var worker = new KnownWorker(limits, heartbeat, at, now, holders(heartbeat.worker()));
        workers.put(heartbeat.worker(), worker);
        return worker;
    }

    void leave(WorkerId id, String incarnation, Duration now) {
        var worker = workers.get(id);
        if (worker != null && worker.last().incarnation().equals(incarnation)) {
            workers.remove(id);
            endRecycling(id, now);
        }
    }

    void suspect(WorkerId id, Duration now) {
        var worker = workers.get(id);
        if (worker == null || !worker.isAlive(now) || worker.isSuspect(now)) {
            return;
        }
        if (live(id.browser(), now).anyMatch(other -> other != worker && other.isInService(now))) {
            worker.eject(now);
        }
    }

    void trust(WorkerId id, Duration now) {
        var worker = workers.get(id);
        if (worker != null) {
            var wasSuspect = worker.isSuspect(now);
            worker.trust();
            if (wasSuspect && worker.hasFreeSlot(now)) {
                hints.add(new Hint.Freed(id.browser()));
            }
        }
    }

    boolean orderShutdown(WorkerId id, Duration now) {
        var worker = workers.get(id);
        if (worker == null || !worker.isAlive(now)) {
            return false;
        }
        order(worker, now);
        return true;
    }

    List<WorkerRecord> workers(Duration now) {
        return workers.values().stream()
                .filter(worker -> worker.isAlive(now))
                .map(worker -> worker.record(now))
                .toList();
    }

    int reap(Duration now) {
        var dropped = reclaim(now);
        workers.values().removeIf(worker -> worker.hasBeenDeadFor(MEMORY_OF_THE_DEAD, now));
        for (var browser : Browser.values()) {
            recycleNext(browser, now);
        }
        return dropped;
    }

    private int reclaim(Duration now) {
        var expired = leases.entrySet().stream()
                .filter(lease -> lease.getValue().until().compareTo(now) <= 0)
                .map(Map.Entry::getKey)
                .toList();
        expired.forEach(this::release);
        return expired.size();
    }

    private Optional<KnownWorker> pick(SlotRequest request, List<KnownWorker> live, Duration now) {
        var free = live.stream()
                .filter(worker -> worker.hasFreeSlot(now))
                .filter(worker -> worker.last().versions().includes(request.version()))
                .filter(worker -> !request.excluded().contains(worker.id()))
                .toList();
        return Selection.pick(free, live.size(), limits.maxLifetime());
    }

    /// When every worker that could serve is suspect, suspicion helps nobody.
    private static boolean forgive(List<KnownWorker> live, Duration now) {
        if (live.stream().anyMatch(worker -> worker.isInService(now))) {
            return false;
        }
        live.forEach(KnownWorker::forgive);
        return true;
    }

    private Acquisition lease(SessionId session, KnownWorker worker, Duration now) {
        leases.put(session, new Lease(worker.id(), now.plus(limits.leaseTtl())));
        return new Acquisition.Granted(session, worker.id(), worker.last().endpoint(), fence);
    }

    private void recycle(KnownWorker worker, Duration now) {
        if (recycling.begin(worker.id(), now, limits.shutdownCommandTtl())) {
            order(worker, now);
        }
    }

    private void order(KnownWorker worker, Duration now) {
        worker.order(now);
        hints.add(new Hint.Ordered(worker.id()));
    }

    private void endRecycling(WorkerId worker, Duration now) {
        if (recycling.end(worker)) {
            recycleNext(worker.browser(), now);
        }
    }

    private void recycleNext(Browser browser, Duration now) {
        live(browser, now)
                .filter(worker -> worker.isSpent() && worker.isAvailable() && !worker.isOrdered(now))
                .findFirst()
                .ifPresent(worker -> recycle(worker, now));
    }

    private Stream<KnownWorker> live(Browser browser, Duration now) {
        return workers.values().stream().filter(worker -> worker.id().browser() == browser && worker.isAlive(now));
    }

    private boolean isAlive(WorkerId id, Duration now) {
        var worker = workers.get(id);
        return worker != null && worker.isAlive(now);
    }

    private KnownWorker known(WorkerId id) {
        @Nullable KnownWorker worker = workers.get(id);
        if (worker == null) {
            throw new IllegalStateException("no such worker: " + id);
        }
        return worker;
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

    private static Duration max(Duration a, Duration b) {
        return a.compareTo(b) < 0 ? b : a;
    }
}
