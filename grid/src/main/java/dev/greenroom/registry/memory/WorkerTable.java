package dev.greenroom.registry.memory;

import dev.greenroom.registry.Registry.Heartbeat;
import dev.greenroom.registry.Registry.Heartbeat.HeartbeatReply;
import dev.greenroom.registry.Registry.RegistryLimits;
import dev.greenroom.registry.WorkerRecord;
import dev.greenroom.registry.memory.SlotTable.RegistryEvent;
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

/// The workers: which are alive, suspect, ordered to shut down. Guarded by the lock of [MemoryRegistry]; `now`
/// is always the time of its monotonic clock.
final class WorkerTable {
    /// How long a dead worker is remembered: it may only have been paused.
    private static final Duration FORGET_DEAD_AFTER = Duration.ofMinutes(10);

    /// How often to check whether a worker should be recycled early.
    private static final Duration EARLY_CHECK_INTERVAL = Duration.ofSeconds(1);

    private final RegistryLimits limits;
    private final Function<WorkerId, Set<SessionId>> holders;
    private final Consumer<RegistryEvent> events;
    private final Map<WorkerId, WorkerEntry> workers = new LinkedHashMap<>();
    private final RecycleTurns turns;
    private Duration lastEarlyCheck = Duration.ZERO;

    /// @param holders the sessions that hold leases on a worker
    /// @param events takes events for listeners
    WorkerTable(RegistryLimits limits, Function<WorkerId, Set<SessionId>> holders, Consumer<RegistryEvent> events) {
        this.limits = limits;
        this.holders = holders;
        this.events = events;
        this.turns = new RecycleTurns(limits, events);
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
            worker.clearShutdownOrder();
        } else if (turns.isTurnOf(worker.id()) && !worker.renewsItself() && !worker.isOrdered(now)) {
            turns.notifyHolder(worker, now);
        }
        assignTurn(heartbeat.worker().browser(), now);
        if (!hadFreeSlot && worker.hasFreeSlot(now)) {
            events.accept(new RegistryEvent.Freed(worker.id().browser()));
        }
        return reply(worker, now);
    }

    private HeartbeatReply reply(WorkerEntry worker, Duration now) {
        var ordered = worker.isOrdered(now);
        if (worker.isAvailable() && turns.isTurnOf(worker.id()) && (!ordered || !worker.renewsItself())) {
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
            worker.reserveForPreviousRun(before.active());
            before.replaced();
        });
        turns.registered(worker, now);
        return worker;
    }

    void deregister(WorkerId id, String incarnation, Duration now) {
        var worker = workers.get(id);
        if (worker != null && worker.last().incarnation().equals(incarnation)) {
            workers.remove(id);
            turns.deregistered(id, now);
        }
    }

    /// The entry stays for a while, in case the worker is alive after all.
    boolean deregister(WorkerId id, Duration now) {
        var worker = workers.get(id);
        if (worker == null || !worker.isAlive(now)) {
            return false;
        }
        worker.expire(now);
        turns.deregistered(id, now);
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

    void clearSuspicion(WorkerId id, Duration now) {
        var worker = workers.get(id);
        if (worker != null) {
            var wasSuspect = worker.isSuspect(now);
            worker.clearSuspicion();
            if (wasSuspect && worker.hasFreeSlot(now)) {
                events.accept(new RegistryEvent.Freed(id.browser()));
            }
        }
    }

    boolean orderShutdown(WorkerId id, Duration now) {
        var worker = workers.get(id);
        if (worker == null || !worker.isAlive(now)) {
            return false;
        }
        turns.cancel(id);
        worker.orderShutdown(now);
        events.accept(new RegistryEvent.OrderGiven(id));
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

    /// Removes workers that died long ago, and assigns turns that became free meanwhile.
    void removeExpired(Duration now) {
        workers.values().removeIf(worker -> worker.hasBeenDeadFor(FORGET_DEAD_AFTER, now));
        for (var browser : BrowserType.values()) {
            assignTurn(browser, now);
        }
    }

    /// A slot of a worker was granted.
    void granted(WorkerEntry worker, Duration now) {
        if (worker.isDue() || lastEarlyCheck.plus(EARLY_CHECK_INTERVAL).compareTo(now) <= 0) {
            assignTurn(worker.id().browser(), now);
        }
    }

    /// A forecast over the free slots of a type.
    SlotForecast forecast(List<WorkerEntry> live, BrowserType browser, Duration now) {
        return new SlotForecast(live, margin(browser, live.size(), now), now);
    }

    /// How many sessions a worker must have left to be the first choice: while another one is being recycled,
    /// no worker should become due.
    private int margin(BrowserType browser, int live, Duration now) {
        return turns.isUnderWay(browser, now) ? Math.max(1, limits.maxLifetime().value() / Math.max(1, live)) : 0;
    }

    private void assignTurn(BrowserType browser, Duration now) {
        lastEarlyCheck = now;
        turns.assignTurn(browser, live(browser, now), now);
    }
}
