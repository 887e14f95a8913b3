package dev.greenroom.registry.memory;

import dev.greenroom.registry.Registry.RegistryLimits;
import dev.greenroom.registry.memory.SlotTable.RegistryEvent;
import dev.greenroom.session.BrowserType;
import dev.greenroom.session.WorkerId;
import java.time.Duration;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/// The turns to be recycled: at most one worker of a type is recycled at a time, until it has been replaced.
/// Guarded by the lock of [MemoryRegistry]. `common.lua` does the same in Redis.
///
/// A turn ends when the next run of a worker that renews itself has registered or, once the worker has left or
/// died, when any new worker has. Without a new worker it ends [RegistryLimits#recycleWait] after that. A
/// worker that does not start to recycle loses its turn to another one that is due.
final class RecycleTurns {
    /// The share of an even distance that is required. With all of it, workers would be recycled early for ever,
    /// by chance.
    private static final int SLACK_NUMERATOR = 3;
    private static final int SLACK_DENOMINATOR = 4;

    /// With more workers, chance spreads them.
    private static final int MOST_STAGGERED = 128;

    private final RegistryLimits limits;
    private final Consumer<RegistryEvent> events;
    private final Map<BrowserType, TakenTurn> turns = new EnumMap<>(BrowserType.class);

    /// @param since when it was assigned
    private record TakenTurn(WorkerEntry holder, Duration since, Optional<Duration> leftAt) {}

    RecycleTurns(RegistryLimits limits, Consumer<RegistryEvent> events) {
        this.limits = limits;
        this.events = events;
    }

    boolean isTurnOf(WorkerId worker) {
        var turn = turns.get(worker.browser());
        return turn != null && turn.holder().id().equals(worker);
    }

    /// Whether a worker of a type is being recycled.
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

    void deregistered(WorkerId worker, Duration now) {
        if (isTurnOf(worker)) {
            turns.computeIfPresent(
                    worker.browser(), (_, turn) -> new TakenTurn(turn.holder(), turn.since(), Optional.of(now)));
        }
    }

    /// Somebody ordered the worker to shut down: it needs no turn any more.
    void cancel(WorkerId worker) {
        if (isTurnOf(worker)) {
            turns.remove(worker.browser());
        }
    }

    /// Assigns the turn to the worker that has been due for longest; when none is due, to one that should be
    /// recycled early.
    ///
    /// @param live the workers of the type that are alive
    void assignTurn(BrowserType browser, List<WorkerEntry> live, Duration now) {
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
            startsEarly(serving, live.size()).ifPresent(worker -> begin(worker, now));
        }
    }

    /// Whether the holder of the turn still serves although it was told long ago.
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
        notifyHolder(worker, now);
    }

    /// Orders a worker that exits in its turn to shut down; it gets no sessions from then on. A worker that
    /// renews itself is told with its next heartbeat.
    void notifyHolder(WorkerEntry worker, Duration now) {
        if (!worker.renewsItself()) {
            worker.orderShutdown(now);
        }
        events.accept(new RegistryEvent.OrderGiven(worker.id()));
    }

    private static Duration max(Duration a, Duration b) {
        return a.compareTo(b) < 0 ? b : a;
    }

    /// The worker that should be recycled before it is due, so that workers do not become due one right after
    /// another. Assuming that n workers serve equally many sessions from now on, the second one should become
    /// due 1/n of a lifetime after the first, the third one 2/n, and so on. If one would be due earlier than
    /// three quarters of that, the first one is recycled now.
    ///
    /// @param serving workers of one type, none of which is due
    /// @param live how many of that type are alive
    private static Optional<WorkerEntry> startsEarly(List<WorkerEntry> serving, int live) {
        if (live > MOST_STAGGERED) {
            return Optional.empty();
        }
        var inOrder = serving.stream()
                .sorted(Comparator.<WorkerEntry>comparingDouble(RecycleTurns::shareLeft)
                        .thenComparing(worker -> worker.id().name()))
                .toList();
        for (var n = 1; n < inOrder.size(); n++) {
            var worker = inOrder.get(n);
            var wanted = (long) n * worker.lifetimeLimit().value() * SLACK_NUMERATOR;
            if ((long) worker.sessionsLeft() * live * SLACK_DENOMINATOR <= wanted) {
                return Optional.of(inOrder.getFirst());
            }
        }
        return Optional.empty();
    }

    private static double shareLeft(WorkerEntry worker) {
        return (double) worker.sessionsLeft() / worker.lifetimeLimit().value();
    }
}
