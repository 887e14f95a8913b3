package dev.greenroom.registry.memory;

import dev.greenroom.registry.Registry.SlotRequest;
import dev.greenroom.session.PlaywrightVersion;
import dev.greenroom.session.WorkerId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/// Selects workers for requests one after another, as if each got its slot, without granting any. Selection is
/// lifetime first: one worker after another is brought to its limit, so that they are not all recycled at once.
/// `pick.lua` selects in the same way.
final class SlotForecast {
    /// The worker with the fewest sessions left comes first (with equal limits, the one with the highest
    /// lifetime count); then the one with fewer sessions now; then the last one by name.
    private static final Comparator<WorkerEntry> LIFETIME_FIRST = Comparator.comparingInt(WorkerEntry::sessionsLeft)
            .thenComparingInt(WorkerEntry::active)
            .thenComparing(worker -> worker.id().name(), Comparator.reverseOrder());

    /// The worker with the fewest sessions beyond its limit comes first.
    private static final Comparator<WorkerEntry> LEAST_OVERDUE = Comparator.comparingInt((WorkerEntry worker) ->
                    Math.max(worker.lifetime() - worker.lifetimeLimit().value(), 0))
            .thenComparing(Comparator.comparingInt(WorkerEntry::active).reversed())
            .thenComparing(worker -> worker.id().name());

    private final List<WorkerEntry> live;
    private final int margin;
    private final Duration now;
    private final Map<WorkerId, Integer> taken = new HashMap<>();

    /// Requests that found no slot. Requests of the same kind find none either, since slots only become fewer.
    private final Set<ForecastKey> missed = new HashSet<>();

    private record ForecastKey(Optional<PlaywrightVersion> version, Set<WorkerId> excluded) {}

    /// @param live the workers of the browser that are alive
    /// @param margin how many sessions a worker must have left to be the first choice
    SlotForecast(List<WorkerEntry> live, int margin, Duration now) {
        this.live = live;
        this.margin = margin;
        this.now = now;
    }

    /// Reserves a slot for a request; empty when no suitable one is left.
    Optional<WorkerEntry> reserve(SlotRequest request) {
        var wanted = new ForecastKey(request.version(), request.excluded());
        if (missed.contains(wanted)) {
            return Optional.empty();
        }
        List<WorkerEntry> free = new ArrayList<>(live.size());
        for (var worker : live) {
            if (isEligible(request, worker)) {
                free.add(worker);
            }
        }
        var picked = select(free, margin);
        picked.ifPresentOrElse(worker -> taken.merge(worker.id(), 1, Integer::sum), () -> missed.add(wanted));
        return picked;
    }

    private boolean isEligible(SlotRequest request, WorkerEntry worker) {
        return worker.hasFreeSlot(now)
                && worker.active() + taken.getOrDefault(worker.id(), 0) < worker.slots()
                && worker.last().versions().includes(request.version())
                && !request.excluded().contains(worker.id());
    }

    /// Selects the worker for the next session: first one with more sessions left than the margin, then one
    /// that is not due, then one that is.
    ///
    /// @param free suitable workers with a free slot
    /// @param margin how many sessions a worker must have left to be the first choice
    private static Optional<WorkerEntry> select(Collection<WorkerEntry> free, int margin) {
        Predicate<WorkerEntry> isDue = WorkerEntry::isDue;
        return free.stream()
                .filter(isDue.negate().and(worker -> worker.sessionsLeft() > margin))
                .min(LIFETIME_FIRST)
                .or(() -> free.stream().filter(isDue.negate()).min(LIFETIME_FIRST))
                .or(() -> free.stream().min(LEAST_OVERDUE));
    }
}
