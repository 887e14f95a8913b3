package dev.greenroom.ops.http;

import dev.greenroom.registry.WorkerRecord;
import dev.greenroom.registry.WorkerRecord.WorkerStatus;
import dev.greenroom.session.BrowserType;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToIntFunction;

/// The usage of the slots of a grid.
///
/// @param browsers by browser type, including those without workers
/// @param total of all browser types
record CapacityReport(Map<String, SlotCounts> browsers, SlotCounts total) {

    /// The slots of one browser type, or of all.
    ///
    /// @param workers live ones
    /// @param slots of these workers
    /// @param active slots with a session
    /// @param available slots for new sessions
    /// @param queued clients of this proxy
    record SlotCounts(int workers, int slots, int active, int available, int queued) {
        private static final SlotCounts NONE = new SlotCounts(0, 0, 0, 0, 0);

        private SlotCounts plus(SlotCounts other) {
            return new SlotCounts(
                    workers + other.workers,
                    slots + other.slots,
                    active + other.active,
                    available + other.available,
                    queued + other.queued);
        }

        private static SlotCounts of(WorkerRecord worker) {
            return new SlotCounts(1, worker.maxConcurrent(), worker.active(), available(worker), 0);
        }

        private static int available(WorkerRecord worker) {
            if (worker.status() != WorkerStatus.AVAILABLE || worker.suspect()) {
                return 0;
            }
            return Math.max(0, worker.maxConcurrent() - worker.active());
        }
    }

    static CapacityReport of(List<WorkerRecord> workers, ToIntFunction<BrowserType> waiting) {
        Map<String, SlotCounts> browsers = new LinkedHashMap<>();
        for (var browser : BrowserType.values()) {
            var queued = new SlotCounts(0, 0, 0, 0, waiting.applyAsInt(browser));
            var slots = workers.stream()
                    .filter(worker -> worker.worker().browser() == browser)
                    .map(worker -> SlotCounts.of(worker))
                    .reduce(queued, SlotCounts::plus);
            browsers.put(browser.wireName(), slots);
        }
        return new CapacityReport(browsers, browsers.values().stream().reduce(SlotCounts.NONE, SlotCounts::plus));
    }

    /// How the slots of the grid were used during the last hour, as far as this proxy has seen it. Lost when it
    /// ends. Thread-safe.
    static final class CapacityHistory {
        static final Duration PERIOD = Duration.ofSeconds(10);
        static final int MAX_POINTS = 360;

        private final Deque<Point> points = new ArrayDeque<>(); // guarded by this

        /// The most that was seen within a period. Its components are the JSON fields.
        ///
        /// @param at begin of the period
        /// @param queued clients of this proxy
        record Point(Instant at, int slots, int active, int queued) {
            private Point with(SlotCounts now) {
                return new Point(
                        at,
                        Math.max(slots, now.slots()),
                        Math.max(active, now.active()),
                        Math.max(queued, now.queued()));
            }
        }

        /// The body of the response.
        ///
        /// @param points oldest first; periods without an answer of the registry are missing
        record HistoryBody(long periodSeconds, List<Point> points) {}

        synchronized void seen(SlotCounts now, Instant at) {
            var last = points.peekLast();
            if (last != null && at.isBefore(last.at().plus(PERIOD))) {
                points.removeLast();
                points.addLast(last.with(now));
                return;
            }
            if (points.size() == MAX_POINTS) {
                points.removeFirst();
            }
            points.addLast(new Point(at, now.slots(), now.active(), now.queued()));
        }

        synchronized HistoryBody body() {
            return new HistoryBody(PERIOD.toSeconds(), List.copyOf(points));
        }
    }
}
