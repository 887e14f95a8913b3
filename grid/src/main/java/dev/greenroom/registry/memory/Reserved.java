package dev.greenroom.registry.memory;

import dev.greenroom.registry.SlotRequest;
import dev.greenroom.session.WorkerId;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Hands out the free slots of a browser on paper, one wish after the other, to see who would get which.
final class Reserved {
    private final List<KnownWorker> live;
    private final int maxLifetime;
    private final Duration now;
    private final Map<WorkerId, Integer> taken = new HashMap<>();

    /// @param live the workers of the browser that are alive
    Reserved(List<KnownWorker> live, int maxLifetime, Duration now) {
        this.live = live;
        this.maxLifetime = maxLifetime;
        this.now = now;
    }

    /// Sets a slot aside for a wish; empty when none is left that it may have.
    Optional<KnownWorker> pick(SlotRequest wish) {
        var free = live.stream()
                .filter(worker -> worker.hasFreeSlot(now))
                .filter(worker -> worker.active() + taken.getOrDefault(worker.id(), 0) < worker.cap())
                .filter(worker -> worker.last().versions().includes(wish.version()))
                .filter(worker -> !wish.excluded().contains(worker.id()))
                .toList();
        var picked = Selection.pick(free, live.size(), maxLifetime);
        picked.ifPresent(worker -> taken.merge(worker.id(), 1, Integer::sum));
        return picked;
    }
}
