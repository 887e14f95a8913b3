package dev.greenroom.ops.http;

import dev.greenroom.registry.WorkerRecord;
import dev.greenroom.registry.WorkerStatus;
import dev.greenroom.session.Browser;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToIntFunction;

/// How much of the grid is in use.
///
/// @param browsers every browser type by its name, those without workers too
/// @param total all of them together
record Capacity(Map<String, Slots> browsers, Slots total) {

    /// The slots of one browser type, or of all.
    ///
    /// @param workers live ones
    /// @param slots what they have in all
    /// @param active slots with a session
    /// @param available slots that a session could get now
    /// @param queued clients of this proxy that wait for one
    record Slots(int workers, int slots, int active, int available, int queued) {
        private static final Slots NONE = new Slots(0, 0, 0, 0, 0);

        private Slots plus(Slots other) {
            return new Slots(
                    workers + other.workers,
                    slots + other.slots,
                    active + other.active,
                    available + other.available,
                    queued + other.queued);
        }

        private static Slots of(WorkerRecord worker) {
            return new Slots(1, worker.maxConcurrent(), worker.active(), available(worker), 0);
        }

        private static int available(WorkerRecord worker) {
            if (worker.status() != WorkerStatus.AVAILABLE || worker.suspect()) {
                return 0;
            }
            return Math.max(0, worker.maxConcurrent() - worker.active());
        }
    }

    static Capacity of(List<WorkerRecord> workers, ToIntFunction<Browser> waiting) {
        Map<String, Slots> browsers = new LinkedHashMap<>();
        for (var browser : Browser.values()) {
            var queued = new Slots(0, 0, 0, 0, waiting.applyAsInt(browser));
            var slots = workers.stream()
                    .filter(worker -> worker.worker().browser() == browser)
                    .map(worker -> Slots.of(worker))
                    .reduce(queued, Slots::plus);
            browsers.put(browser.wireName(), slots);
        }
        return new Capacity(browsers, browsers.values().stream().reduce(Slots.NONE, Slots::plus));
    }
}
