package dev.greenroom.registry.memory;

import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;

/// Lifetime first: one worker after the other is brought to its limit, so that never all recycle at once.
final class Selection {
    private static final Comparator<KnownWorker> ORDER = Comparator.comparingInt(KnownWorker::lifetime)
            .thenComparing(KnownWorker::active, Comparator.reverseOrder())
            .thenComparing(worker -> worker.id().toString());

    private Selection() {}

    /// Picks the worker for the next session.
    ///
    /// @param free workers with a free slot that this session may have
    /// @param live how many workers of the browser are alive
    /// @param maxLifetime sessions per worker incarnation
    static Optional<KnownWorker> pick(Collection<KnownWorker> free, int live, int maxLifetime) {
        var margin = Math.max(1, maxLifetime / Math.max(1, live));
        return free.stream()
                .filter(worker -> worker.lifetime() < maxLifetime - margin)
                .max(ORDER)
                .or(() -> free.stream().max(ORDER));
    }
}
