package dev.greenroom.registry.memory;

import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Lifetime first: one worker after the other is brought to its limit, so that never all recycle at once.
final class Selection {
    private static final Comparator<KnownWorker> ORDER = Comparator.comparingInt(KnownWorker::lifetime)
            .thenComparing(KnownWorker::active, Comparator.reverseOrder())
            .thenComparing(worker -> worker.id().name());

    private Selection() {}

    private static @Nullable KnownWorker first(Collection<KnownWorker> free, int belowLifetime) {
        KnownWorker first = null;
        for (var worker : free) {
            if (worker.lifetime() < belowLifetime && (first == null || ORDER.compare(worker, first) > 0)) {
                first = worker;
            }
        }
        return first;
    }

    /// Picks the worker for the next session.
    ///
    /// @param free workers of one browser with a free slot that this session may have
    /// @param live how many workers of the browser are alive
    /// @param maxLifetime sessions per worker incarnation
    static Optional<KnownWorker> pick(Collection<KnownWorker> free, int live, int maxLifetime) {
        var margin = Math.max(1, maxLifetime / Math.max(1, live));
        var fresh = first(free, maxLifetime - margin);
        return Optional.ofNullable(fresh == null ? first(free, Integer.MAX_VALUE) : fresh);
    }
}
