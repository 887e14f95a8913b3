package dev.greenroom.registry.memory;

import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;
import java.util.function.Predicate;

/// Lifetime first: one worker after the other is brought to its limit, so that never all recycle at once.
/// `pick.lua` decides alike.
final class WorkerPicker {
    /// Who has the fewest sessions left comes first: of equal limits, the one with the highest lifetime.
    /// Then who has fewer sessions now, then the last one by name.
    private static final Comparator<WorkerEntry> LIFETIME_FIRST = Comparator.comparingInt(WorkerEntry::sessionsLeft)
            .thenComparingInt(WorkerEntry::active)
            .thenComparing(worker -> worker.id().name(), Comparator.reverseOrder());

    /// Who has served the fewest beyond its limit comes first.
    private static final Comparator<WorkerEntry> LEAST_OVERDUE = Comparator.comparingInt((WorkerEntry worker) ->
                    Math.max(worker.lifetime() - worker.lifetimeLimit().value(), 0))
            .thenComparing(Comparator.comparingInt(WorkerEntry::active).reversed())
            .thenComparing(worker -> worker.id().name());

    private WorkerPicker() {}

    /// Picks the worker for the next session: below the margin if possible, then one that can take one
    /// more, then one that is due.
    ///
    /// @param free workers of one browser with a free slot that this session may have
    /// @param margin how many sessions the first choice must have left
    static Optional<WorkerEntry> pick(Collection<WorkerEntry> free, int margin) {
        Predicate<WorkerEntry> isDue = WorkerEntry::isDue;
        return free.stream()
                .filter(isDue.negate().and(worker -> worker.sessionsLeft() > margin))
                .min(LIFETIME_FIRST)
                .or(() -> free.stream().filter(isDue.negate()).min(LIFETIME_FIRST))
                .or(() -> free.stream().min(LEAST_OVERDUE));
    }
}
