package dev.greenroom.registry.memory;

import dev.greenroom.registry.Heartbeat;
import dev.greenroom.registry.Heartbeat.HeartbeatReply;
import dev.greenroom.registry.RegistryLimits;
import dev.greenroom.registry.WorkerRecord;
import dev.greenroom.session.BrowserType;
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

/// The workers: who is alive, suspect, ordered to recycle. Guarded by the lock of [MemoryRegistry]; `now`
/// is always the reading of its monotonic clock.
final class WorkerTable {
    /// How long a dead worker's lifetime is remembered, should it only have been paused.
    private static final Duration MEMORY_OF_THE_DEAD = Duration.ofMinutes(10);

    /// How often it is looked whether a worker had better be recycled early.
    private static final Duration LOOK_FOR_EARLY = Duration.ofSeconds(1);

    private final RegistryLimits limits;
    private final Function<WorkerId, Set<SessionId>> holders;
    private final Consumer<RegistryEvent> hints;
    private final Map<WorkerId, WorkerEntry> workers = new LinkedHashMap<>();
    private final RecycleTurns recycleTurns;
    private Duration lookedForEarlyAt = Duration.ZERO;

    /// @param holders the sessions that hold leases on a worker
    /// @param hints is told what listeners should know
    WorkerTable(RegistryLimits limits, Function<WorkerId, Set<SessionId>> holders, Consumer<RegistryEvent> hints) {
        this.limits = limits;
        this.holders = holders;
        this.hints = hints;
        this.recycleTurns = new RecycleTurns(limits, hints);
    }

    Optional<WorkerEntry> find(WorkerId id) {
        return Optional.ofNullable(workers.get(id));
    }

    List<WorkerEntry> live(BrowserType browser, Duration now) {
        List<WorkerEntry> live = new ArrayList<>(workers.size());
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
        WorkerEntry worker;
        if (known != null && same) {
            worker = known;
            worker.beat(heartbeat, at, now);
        } else {
            worker = register(heartbeat, at, now);
        }
        if (!worker.isAvailable()) {
            worker.clearOrder();
        } else if (recycleTurns.isTurnOf(worker.id()) && !worker.renewsItself() && !worker.isOrdered(now)) {
            recycleTurns.report(worker, now);
        }
        grantTurn(heartbeat.worker().browser(), now);
        if (!hadFreeSlot && worker.hasFreeSlot(now)) {
            hints.accept(new RegistryEvent.Freed(worker.id().browser()));
        }
        return reply(worker, now);
    }

    private HeartbeatReply reply(WorkerEntry worker, Duration now) {
        var ordered = worker.isOrdered(now);
        if (worker.isAvailable() && recycleTurns.isTurnOf(worker.id()) && (!ordered || !worker.renewsItself())) {
            return new HeartbeatReply.Recycle(worker.standing());
        }
        return ordered
                ? new HeartbeatReply.Shutdown(worker.standing())
                : new HeartbeatReply.Continue(worker.standing());
    }

    private WorkerEntry register(Heartbeat heartbeat, Instant at, Duration now) {
        var worker = new WorkerEntry(limits, heartbeat, at, now, holders.apply(heartbeat.worker()));
        worker.beat(heartbeat, at, now);
        workers.put(heartbeat.worker(), worker);
        heartbeat.recycling().replaces().flatMap(this::find).ifPresent(before -> {
            worker.withoutPreviousRun(before.active());
            before.replaced();
        });
        recycleTurns.registered(worker, now);
        return worker;
    }

    void leave(WorkerId id, String incarnation, Duration now) {
        var worker = workers.get(id);
        if (worker != null && worker.last().incarnation().equals(incarnation)) {
            workers.remove(id);
            recycleTurns.left(id, now);
        }
    }

    /// Its lifetime is remembered, should it live all the same.
    boolean deregister(WorkerId id, Duration now) {
        var worker = workers.get(id);
        if (worker == null || !worker.isAlive(now)) {
            return false;
        }
        worker.die(now);
        recycleTurns.left(id, now);
        return true;
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
                hints.accept(new RegistryEvent.Freed(id.browser()));
            }
        }
    }

    boolean orderShutdown(WorkerId id, Duration now) {
        var worker = workers.get(id);
        if (worker == null || !worker.isAlive(now)) {
            return false;
        }
        recycleTurns.replaceWithShutdown(id);
        worker.order(now);
        hints.accept(new RegistryEvent.OrderGiven(id));
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

    /// Forgets those that died long ago, and gives turns that nobody asked for.
    void removeExpired(Duration now) {
        workers.values().removeIf(worker -> worker.hasBeenDeadFor(MEMORY_OF_THE_DEAD, now));
        for (var browser : BrowserType.values()) {
            grantTurn(browser, now);
        }
    }

    /// A worker has got a session.
    void granted(WorkerEntry worker, Duration now) {
        if (worker.isDue() || lookedForEarlyAt.plus(LOOK_FOR_EARLY).compareTo(now) <= 0) {
            grantTurn(worker.id().browser(), now);
        }
    }

    /// Slots of a type on paper, to see who would get which.
    SlotForecast slots(List<WorkerEntry> live, BrowserType browser, Duration now) {
        return new SlotForecast(live, margin(browser, live.size(), now), now);
    }

    /// How many sessions the first choice of selection must have left: while a worker is away for
    /// recycling, the others had better not become due.
    private int margin(BrowserType browser, int live, Duration now) {
        return recycleTurns.isUnderWay(browser, now)
                ? Math.max(1, limits.maxLifetime().value() / Math.max(1, live))
                : 0;
    }

    private void grantTurn(BrowserType browser, Duration now) {
        lookedForEarlyAt = now;
        recycleTurns.releaseTurn(browser, live(browser, now), now);
    }
}
