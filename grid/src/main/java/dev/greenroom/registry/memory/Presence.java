package dev.greenroom.registry.memory;

import dev.greenroom.registry.Heartbeat;
import dev.greenroom.registry.HeartbeatReply;
import dev.greenroom.registry.RegistryLimits;
import dev.greenroom.registry.WorkerRecord;
import dev.greenroom.registry.WorkerStatus;
import dev.greenroom.session.Browser;
import dev.greenroom.session.SessionId;
import dev.greenroom.session.WorkerId;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;

/// The workers: who is alive, suspect, ordered to recycle. Guarded by the lock of [MemoryRegistry]; `now` is always
/// the reading of its monotonic clock.
final class Presence {
    /// How long a dead worker's lifetime is remembered, should it only have been paused.
    private static final Duration MEMORY_OF_THE_DEAD = Duration.ofMinutes(10);

    private final RegistryLimits limits;
    private final Function<WorkerId, Set<SessionId>> holders;
    private final Consumer<Hint> hints;
    private final Map<WorkerId, KnownWorker> workers = new LinkedHashMap<>();
    private final Recycling recycling = new Recycling(this::isAlive);

    /// @param holders the sessions that hold leases on a worker
    /// @param hints is told what listeners should know
    Presence(RegistryLimits limits, Function<WorkerId, Set<SessionId>> holders, Consumer<Hint> hints) {
        this.limits = limits;
        this.holders = holders;
        this.hints = hints;
    }

    Optional<KnownWorker> find(WorkerId id) {
        return Optional.ofNullable(workers.get(id));
    }

    List<KnownWorker> live(Browser browser, Duration now) {
        List<KnownWorker> live = new ArrayList<>(workers.size());
        for (var worker : workers.values()) {
            if (worker.id().browser() == browser && worker.isAlive(now)) {
                live.add(worker);
            }
        }
        return live;
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
        } else if ((worker.isSpent() || heartbeat.outgrown()) && !worker.isOrdered(now)) {
            recycle(worker, now);
        }
        if (!hadFreeSlot && worker.hasFreeSlot(now)) {
            hints.accept(new Hint.Freed(worker.id().browser()));
        }
        return worker.isOrdered(now)
                ? new HeartbeatReply.Shutdown(worker.active())
                : new HeartbeatReply.Carry(worker.active(), worker.lifetime());
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
        if (live(id.browser(), now).stream().anyMatch(other -> other != worker && other.isInService(now))) {
            worker.eject(now);
        }
    }

    void trust(WorkerId id, Duration now) {
        var worker = workers.get(id);
        if (worker != null) {
            var wasSuspect = worker.isSuspect(now);
            worker.trust();
            if (wasSuspect && worker.hasFreeSlot(now)) {
                hints.accept(new Hint.Freed(id.browser()));
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
        List<WorkerRecord> records = new ArrayList<>(workers.size());
        for (var worker : workers.values()) {
            if (worker.isAlive(now)) {
                records.add(worker.record(now));
            }
        }
        return records;
    }

    /// Forgets those that died long ago, and gives orders again that were not obeyed.
    void tidy(Duration now) {
        workers.values().removeIf(worker -> worker.hasBeenDeadFor(MEMORY_OF_THE_DEAD, now));
        for (var browser : Browser.values()) {
            recycleNext(browser, now);
        }
    }

    /// Orders a worker whose lifetime is used up to recycle, unless another one is at it.
    void recycle(KnownWorker worker, Duration now) {
        if (recycling.begin(worker.id(), now, limits.shutdownCommandTtl())) {
            order(worker, now);
        }
    }

    private KnownWorker register(Heartbeat heartbeat, Instant at, Duration now) {
        endRecycling(heartbeat.worker(), now);
        var worker = new KnownWorker(limits, heartbeat, at, now, holders.apply(heartbeat.worker()));
        workers.put(heartbeat.worker(), worker);
        return worker;
    }

    private void order(KnownWorker worker, Duration now) {
        worker.order(now);
        hints.accept(new Hint.Ordered(worker.id()));
    }

    private void endRecycling(WorkerId worker, Duration now) {
        if (recycling.end(worker)) {
            recycleNext(worker.browser(), now);
        }
    }

    private void recycleNext(Browser browser, Duration now) {
        live(browser, now).stream()
                .filter(worker -> worker.isSpent() && worker.isAvailable() && !worker.isOrdered(now))
                .findFirst()
                .ifPresent(worker -> recycle(worker, now));
    }

    private boolean isAlive(WorkerId id, Duration now) {
        var worker = workers.get(id);
        return worker != null && worker.isAlive(now);
    }

    private static Duration max(Duration a, Duration b) {
        return a.compareTo(b) < 0 ? b : a;
    }
}
