package dev.greenroom.registry.memory;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/// Sees to it that workers do not become due one right after the other. `common.lua` does the same in
/// Redis.
final class RecycleStagger {
    /// How much of an even distance is asked for: all of it would have workers recycled early for ever, by
    /// chance.
    private static final int SLACK_NUMERATOR = 3;
    private static final int SLACK_DENOMINATOR = 4;

    /// Among more than that, chance keeps them apart.
    private static final int MOST_STAGGERED = 128;

    private RecycleStagger() {}

    /// The worker that had better be recycled before it is due. Supposing that from now on all serve
    /// equally many, the second one to become due should do so 1/n of a lifetime after the first one, the
    /// third one 2/n, and so on. When one of them would come sooner than three quarters of that, the first
    /// one goes now.
    ///
    /// @param serving workers of one type, none of which is due
    /// @param live how many of that type are alive
    static Optional<WorkerEntry> startsEarly(List<WorkerEntry> serving, int live) {
        if (live > MOST_STAGGERED) {
            return Optional.empty();
        }
        var inOrder = serving.stream()
                .sorted(Comparator.<WorkerEntry>comparingDouble(RecycleStagger::shareLeft)
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
