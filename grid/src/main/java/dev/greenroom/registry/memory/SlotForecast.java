package dev.greenroom.registry.memory;

import dev.greenroom.registry.Registry.SlotRequest;
import dev.greenroom.session.PlaywrightVersion;
import dev.greenroom.session.WorkerId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Hands out the free slots of a browser on paper, one wish after the other, to see who would get which.
final class SlotForecast {
    private final List<WorkerEntry> live;
    private final int margin;
    private final Duration now;
    private final Map<WorkerId, Integer> taken = new HashMap<>();

    /// Wishes that found nothing; those that are alike find nothing either, since slots only become fewer
    /// here.
    private final Set<ForecastKey> missed = new HashSet<>();

    private record ForecastKey(Optional<PlaywrightVersion> version, Set<WorkerId> excluded) {}

    /// @param live the workers of the browser that are alive
    /// @param margin how many sessions the first choice must have left
    SlotForecast(List<WorkerEntry> live, int margin, Duration now) {
        this.live = live;
        this.margin = margin;
        this.now = now;
    }

    /// Sets a slot aside for a wish; empty when none is left that it may have.
    Optional<WorkerEntry> pick(SlotRequest request) {
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
        var picked = WorkerPicker.pick(free, margin);
        picked.ifPresentOrElse(worker -> taken.merge(worker.id(), 1, Integer::sum), () -> missed.add(wanted));
        return picked;
    }

    private boolean isEligible(SlotRequest request, WorkerEntry worker) {
        return worker.hasFreeSlot(now)
                && worker.active() + taken.getOrDefault(worker.id(), 0) < worker.cap()
                && worker.last().versions().includes(request.version())
                && !request.excluded().contains(worker.id());
    }
}
