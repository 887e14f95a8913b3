package dev.greenroom.registry.memory;

import java.util.Collection;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Lifetime first: one worker after the other is brought to its limit, so that never all recycle at once.
final class Selection {
    private Selection() {}

    private static @Nullable KnownWorker first(Collection<KnownWorker> free, int belowLifetime) {
        KnownWorker first = null;
        for (var worker : free) {
            if (worker.lifetime() < belowLifetime && (first == null || isBefore(worker, first))) {
                first = worker;
            }
        }
        return first;
    }

    private static boolean isBefore(KnownWorker worker, KnownWorker other) {
        if (worker.lifetime() != other.lifetime()) {
            return worker.lifetime() > other.lifetime();
        }
        return worker.active() == other.active()
                ? worker.id().name().compareTo(other.id().name()) > 0
                : worker.active() < other.active();
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
