package dev.greenroom.registry.memory;

import dev.greenroom.registry.SlotRequest;
import dev.greenroom.session.WorkerId;
import java.time.Duration;
import java.util.ArrayList;
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
        List<KnownWorker> free = new ArrayList<>(live.size());
        for (var worker : live) {
            if (mayHave(wish, worker)) {
                free.add(worker);
            }
        }
        var picked = Selection.pick(free, live.size(), maxLifetime);
        picked.ifPresent(worker -> taken.merge(worker.id(), 1, Integer::sum));
        return picked;
    }

    private boolean mayHave(SlotRequest wish, KnownWorker worker) {
        return worker.hasFreeSlot(now)
                && worker.active() + taken.getOrDefault(worker.id(), 0) < worker.cap()
                && worker.last().versions().includes(wish.version())
                && !wish.excluded().contains(worker.id());
    }
}
