package dev.greenroom.registry;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// The selection of the documents, written down as plainly as they do.
///
/// 1. Primary selection: the worker with the highest lifetime count that is still under a safety margin.
/// 2. Tie-breaker: of equal lifetime counts, the one with fewer active connections (of those, the last by name).
/// 3. Fallback: if all are near their limit, one that can handle one more.
final class DocumentedSelection {

    private DocumentedSelection() {}

    /// @param selectable whether it is available, of the right version and not excluded
    record Worker(String name, boolean selectable, int active, int lifetime, int maxConcurrent) {}

    static Optional<String> select(List<Worker> live, int maxLifetime) {
        if (live.isEmpty()) {
            return Optional.empty();
        }
        var margin = Math.max(1, maxLifetime / live.size());
        List<Worker> primary = new ArrayList<>();
        List<Worker> fallback = new ArrayList<>();
        for (var worker : live) {
            if (!worker.selectable() || worker.active() >= worker.maxConcurrent()) {
                continue;
            }
            if (worker.lifetime() < maxLifetime - margin) {
                primary.add(worker);
            }
            if (worker.lifetime() + 1 <= maxLifetime) {
                fallback.add(worker);
            }
        }
        return best(primary).or(() -> best(fallback));
    }

    private static Optional<String> best(List<Worker> workers) {
        Optional<Worker> best = Optional.empty();
        for (var worker : workers) {
            if (best.isEmpty() || isBetter(worker, best.get())) {
                best = Optional.of(worker);
            }
        }
        return best.map(Worker::name);
    }

    private static boolean isBetter(Worker worker, Worker other) {
        if (worker.lifetime() != other.lifetime()) {
            return worker.lifetime() > other.lifetime();
        }
        if (worker.active() != other.active()) {
            return worker.active() < other.active();
        }
        return worker.name().compareTo(other.name()) > 0;
    }
}
