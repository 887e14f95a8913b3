package dev.greenroom.registry;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// The selection as the documents describe it, in plain code.
///
/// 1. Primary selection: the worker with the highest lifetime count that is still under a safety margin.
///    There is a margin while a worker is being recycled.
/// 2. Tie-breaker: of equal lifetime counts, the one with fewer active connections (of those, the last by
///    name).
/// 3. Fallback: if all are near their limit, one that can handle one more. Last come those that are at
///    their limit, and wait for their turn to be recycled.
///
/// The first worker at its limit is recycled. While there is none, a worker may be recycled early: assuming that
/// all serve equally many sessions, they should reach their limits at least 3/4 of a lifetime / workers apart.
final class DocumentedSelection {

    private DocumentedSelection() {}

    /// @param selectable whether it is available, of the right version and not excluded
    ///
    /// @param available whether it is not draining
    record Worker(String name, boolean available, boolean selectable, int active, int lifetime, int maxConcurrent) {}

    static Optional<String> select(List<Worker> live, int maxLifetime) {
        if (live.isEmpty()) {
            return Optional.empty();
        }
        var recycled = recycled(live, maxLifetime);
        var margin = recycled.isPresent() ? Math.max(1, maxLifetime / live.size()) : 0;
        List<Worker> primary = new ArrayList<>();
        List<Worker> fallback = new ArrayList<>();
        List<Worker> atTheirLimit = new ArrayList<>();
        for (var worker : live) {
            if (!worker.selectable()
                    || recycled.equals(Optional.of(worker))
                    || worker.active() >= worker.maxConcurrent()) {
                continue;
            }
            if (worker.lifetime() < maxLifetime - margin) {
                primary.add(worker);
            }
            if (worker.lifetime() + 1 <= maxLifetime) {
                fallback.add(worker);
            } else {
                atTheirLimit.add(worker);
            }
        }
        return best(primary).or(() -> best(fallback)).or(() -> leastOverdue(atTheirLimit));
    }

    private static Optional<Worker> recycled(List<Worker> live, int maxLifetime) {
        var available = live.stream().filter(Worker::available).toList();
        var due = available.stream()
                .filter(worker -> worker.lifetime() >= maxLifetime)
                .findFirst();
        if (due.isPresent()) {
            return due;
        }
        var byLifetime = available.stream()
                .sorted((one, other) -> other.lifetime() == one.lifetime()
                        ? one.name().compareTo(other.name())
                        : other.lifetime() - one.lifetime())
                .toList();
        for (var n = 1; n < byLifetime.size(); n++) {
            var left = maxLifetime - byLifetime.get(n).lifetime();
            if (left <= 0.75 * n * maxLifetime / live.size()) {
                return Optional.of(byLifetime.getFirst());
            }
        }
        return Optional.empty();
    }

    /// All of them have served as many as they may, and none more. Of those, the one with the most
    /// sessions.
    private static Optional<String> leastOverdue(List<Worker> workers) {
        return workers.stream()
                .max((one, other) -> one.active() == other.active()
                        ? other.name().compareTo(one.name())
                        : one.active() - other.active())
                .map(Worker::name);
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
