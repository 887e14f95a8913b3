package dev.greenroom.ops.http;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/// How the slots of the grid were used during the last hour, as far as this proxy has seen it. Lost when it
/// ends. Thread-safe.
final class CapacityHistory {
    static final Duration PERIOD = Duration.ofSeconds(10);
    static final int MAX_POINTS = 360;

    private final Deque<Point> points = new ArrayDeque<>(); // guarded by this

    /// The most that was seen within a period. Its components are the JSON fields.
    ///
    /// @param at begin of the period
    /// @param queued clients of this proxy
    record Point(Instant at, int slots, int active, int queued) {
        private Point with(CapacityReport.SlotCounts now) {
            return new Point(
                    at, Math.max(slots, now.slots()), Math.max(active, now.active()), Math.max(queued, now.queued()));
        }
    }

    /// The body of the response.
    ///
    /// @param points oldest first; periods without an answer of the registry are missing
    record HistoryBody(long periodSeconds, List<Point> points) {}

    synchronized void seen(CapacityReport.SlotCounts now, Instant at) {
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
