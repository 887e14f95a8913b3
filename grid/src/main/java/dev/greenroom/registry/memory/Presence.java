package dev.greenroom.registry.memory;

import dev.greenroom.registry.Heartbeat;
import dev.greenroom.registry.HeartbeatReply;
import dev.greenroom.registry.RegistryLimits;
import dev.greenroom.registry.WorkerRecord;
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

    /// How often it is looked whether a worker had better be recycled early.
    private static final Duration LOOK_FOR_EARLY = Duration.ofSeconds(1);

    private final RegistryLimits limits;
    private final Function<WorkerId, Set<SessionId>> holders;
    private final Consumer<Hint> hints;
    private final Map<WorkerId, KnownWorker> workers = new LinkedHashMap<>();
    private final Recycling recycling;
    private Duration lookedForEarlyAt = Duration.ZERO;

    /// @param holders the sessions that hold leases on a worker
    /// @param hints is told what listeners should know
    Presence(RegistryLimits limits, Function<WorkerId, Set<SessionId>> holders, Consumer<Hint> hints) {
        this.limits = limits;
        this.holders = holders;
        this.hints = hints;
        this.recycling = new Recycling(limits, hints);
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
        KnownWorker worker;
        if (known != null && same) {
            worker = known;
            worker.beat(heartbeat, at, now);
        } else {
            worker = register(heartbeat, at, now);
        }
        if (!worker.isAvailable()) {
            worker.obeyed();
        } else if (recycling.isTurnOf(worker.id()) && !worker.renewsItself() && !worker.isOrdered(now)) {
            recycling.tell(worker, now);
        }
        giveTurn(heartbeat.worker().browser(), now);
        if (!hadFreeSlot && worker.hasFreeSlot(now)) {
            hints.accept(new Hint.Freed(worker.id().browser()));
        }
        return reply(worker, now);
    }

    private HeartbeatReply reply(KnownWorker worker, Duration now) {
        var ordered = worker.isOrdered(now);
        if (worker.isAvailable() && recycling.isTurnOf(worker.id()) && (!ordered || !worker.renewsItself())) {
            return new HeartbeatReply.Recycle(worker.standing());
        }
        return ordered
                ? new HeartbeatReply.Shutdown(worker.standing())
                : new HeartbeatReply.Continue(worker.standing());
    }

    private KnownWorker register(Heartbeat heartbeat, Instant at, Duration now) {
        var worker = new KnownWorker(limits, heartbeat, at, now, holders.apply(heartbeat.worker()));
        worker.beat(heartbeat, at, now);
        workers.put(heartbeat.worker(), worker);
        heartbeat.recycling().replaces().flatMap(this::find).ifPresent(before -> {
            worker.besideSessionsOfTheRunBefore(before.active());
            before.replaced();
        });
        recycling.registered(worker, now);
        return worker;
    }

    void leave(WorkerId id, String incarnation, Duration now) {
        var worker = workers.get(id);
        if (worker != null && worker.last().incarnation().equals(incarnation)) {
            workers.remove(id);
            recycling.left(id, now);
        }
    }

    /// Its lifetime is remembered, should it live all the same.
    boolean deregister(WorkerId id, Duration now) {
        var worker = workers.get(id);
        if (worker == null || !worker.isAlive(now)) {
            return false;
        }
        worker.die(now);
        recycling.left(id, now);
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
                hints.accept(new Hint.Freed(id.browser()));
            }
        }
    }

    boolean orderShutdown(WorkerId id, Duration now) {
        var worker = workers.get(id);
        if (worker == null || !worker.isAlive(now)) {
            return false;
        }
        recycling.shutDownInstead(id);
        worker.order(now);
        hints.accept(new Hint.Ordered(id));
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
    void tidy(Duration now) {
        workers.values().removeIf(worker -> worker.hasBeenDeadFor(MEMORY_OF_THE_DEAD, now));
        for (var browser : Browser.values()) {
            giveTurn(browser, now);
        }
    }

    /// A worker has got a session.
    void granted(KnownWorker worker, Duration now) {
        if (worker.isDue() || lookedForEarlyAt.plus(LOOK_FOR_EARLY).compareTo(now) <= 0) {
            giveTurn(worker.id().browser(), now);
        }
    }

    /// Slots of a type on paper, to see who would get which.
    Reserved slots(List<KnownWorker> live, Browser browser, Duration now) {
        return new Reserved(live, margin(browser, live.size(), now), now);
    }

    /// How many sessions the first choice of selection must have left: while a worker is away for recycling, the others
    /// had better not become due.
    private int margin(Browser browser, int live, Duration now) {
        return recycling.isUnderWay(browser, now)
                ? Math.max(1, limits.maxLifetime().value() / Math.max(1, live))
                : 0;
    }

    private void giveTurn(Browser browser, Duration now) {
        lookedForEarlyAt = now;
        recycling.giveTurn(browser, live(browser, now), now);
    }
}
