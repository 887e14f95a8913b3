package dev.greenroom.registry.memory;

import dev.greenroom.registry.RegistryLimits;
import dev.greenroom.session.BrowserType;
import dev.greenroom.session.WorkerId;
import java.time.Duration;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/// Whose turn it is to be recycled: at most one worker of a type at a time, until it has been replaced.
/// Guarded by the lock of [MemoryRegistry]. `common.lua` keeps the same in Redis.
///
/// A turn ends when the next run of a worker that renews itself has registered, or, once the worker has
/// left or died, when any new one has. When none comes it ends [RegistryLimits#recycleWait] after that. A
/// worker that does not begin with its turn loses it to others that are due.
final class RecycleTurns {
    private final RegistryLimits limits;
    private final Consumer<RegistryEvent> hints;
    private final Map<BrowserType, TakenTurn> turns = new EnumMap<>(BrowserType.class);

    /// @param since when it was given
    private record TakenTurn(WorkerEntry holder, Duration since, Optional<Duration> leftAt) {}

    RecycleTurns(RegistryLimits limits, Consumer<RegistryEvent> hints) {
        this.limits = limits;
        this.hints = hints;
    }

    boolean isTurnOf(WorkerId worker) {
        var turn = turns.get(worker.browser());
        return turn != null && turn.holder().id().equals(worker);
    }

    /// Whether some worker of a type is away, or about to leave.
    boolean isUnderWay(BrowserType browser, Duration now) {
        var turn = turns.get(browser);
        if (turn == null) {
            return false;
        }
        var goneAt = turn.leftAt().orElse(turn.holder().aliveUntil());
        if (goneAt.plus(limits.recycleWait()).compareTo(now) <= 0) {
            turns.remove(browser);
            return false;
        }
        return true;
    }

    /// A new run of a worker has registered for the first time.
    void registered(WorkerEntry worker, Duration now) {
        var turn = turns.get(worker.id().browser());
        if (turn == null) {
            return;
        }
        var holder = turn.holder();
        var isReplacement = worker.last().recycling().replaces().equals(Optional.of(holder.id()));
        var isThere = turn.leftAt().isEmpty() && holder.isAlive(now);
        if (isReplacement || holder.id().equals(worker.id()) || !isThere) {
            turns.remove(worker.id().browser());
        }
    }

    void left(WorkerId worker, Duration now) {
        if (isTurnOf(worker)) {
            turns.computeIfPresent(
                    worker.browser(), (_, turn) -> new TakenTurn(turn.holder(), turn.since(), Optional.of(now)));
        }
    }

    /// Somebody ordered it to shut down, for whatever reason it was going to.
    void replaceWithShutdown(WorkerId worker) {
        if (isTurnOf(worker)) {
            turns.remove(worker.browser());
        }
    }

    /// Gives the turn to the worker that has been due for longest; when none is due, to one that makes room
    /// for the others (see [RecycleStagger]).
    ///
    /// @param live the workers of the type that are alive
    void releaseTurn(BrowserType browser, List<WorkerEntry> live, Duration now) {
        live.forEach(worker -> worker.updateDue(now));
        var serving = live.stream()
                .filter(worker -> worker.isAvailable() && !worker.isOrdered(now))
                .toList();
        var due = serving.stream()
                .filter(WorkerEntry::isDue)
                .filter(worker -> !isTurnOf(worker.id()))
                .min(Comparator.comparing(WorkerEntry::dueSince));
        if (isUnderWay(browser, now)) {
            if (due.isPresent() && hasNotBegun(browser, now)) {
                Optional.ofNullable(turns.get(browser))
                        .ifPresent(turn -> turn.holder().moveToEnd(now));
                begin(due.get(), now);
            }
        } else if (due.isPresent()) {
            begin(due.get(), now);
        } else {
            RecycleStagger.startsEarly(serving, live.size()).ifPresent(worker -> begin(worker, now));
        }
    }

    /// Whether the worker whose turn it is goes on serving although it was told long ago.
    private boolean hasNotBegun(BrowserType browser, Duration now) {
        var turn = turns.get(browser);
        var patience = max(limits.recycleWait(), limits.shutdownCommandTtl());
        return turn != null
                && turn.leftAt().isEmpty()
                && turn.holder().isAlive(now)
                && turn.holder().isAvailable()
                && turn.since().plus(patience).compareTo(now) <= 0;
    }

    private void begin(WorkerEntry worker, Duration now) {
        turns.put(worker.id().browser(), new TakenTurn(worker, now, Optional.empty()));
        report(worker, now);
    }

    /// Tells a worker that exits in its turn until it obeys; it serves nobody meanwhile. One that renews
    /// itself asks.
    void report(WorkerEntry worker, Duration now) {
        if (!worker.renewsItself()) {
            worker.order(now);
        }
        hints.accept(new RegistryEvent.OrderGiven(worker.id()));
    }

    private static Duration max(Duration a, Duration b) {
        return a.compareTo(b) < 0 ? b : a;
    }
}
