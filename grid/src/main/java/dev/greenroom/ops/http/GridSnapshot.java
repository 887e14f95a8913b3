package dev.greenroom.ops.http;

import dev.greenroom.registry.WorkerRecord;
import dev.greenroom.session.WorkerId;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What is known of the grid, and how well. All times are those of the injected monotonic clock.
///
/// @param workers in a steady order: by browser, those with the most sessions behind them first
/// @param others sessions of the grid that are not this proxy's, at the last answer
/// @param answers whether the registry answered when it was asked last
/// @param everAnswered whether it ever did
/// @param answeredAtNanos when it last did; before the first answer, when we began to ask
record GridSnapshot(List<Sighted> workers, int others, boolean answers, boolean everAnswered, long answeredAtNanos) {
    /// A worker, and when this process first saw its latest heartbeat. The age of a heartbeat is measured
    /// from there, because the clock that dates it is another machine's.
    record Sighted(WorkerRecord worker, long heartbeatSeenNanos) {}

    private static int order(WorkerRecord one, WorkerRecord other) {
        var browser = one.worker().browser().compareTo(other.worker().browser());
        if (browser != 0) {
            return browser;
        }
        return one.lifetime() == other.lifetime()
                ? one.worker().name().compareTo(other.worker().name())
                : Integer.compare(other.lifetime(), one.lifetime());
    }

    static GridSnapshot none(long nowNanos) {
        return new GridSnapshot(List.of(), 0, false, false, nowNanos);
    }

    /// The registry has answered.
    ///
    /// @param own sessions of this proxy
    GridSnapshot answered(List<WorkerRecord> records, int own, long nowNanos) {
        Map<WorkerId, Sighted> before = new HashMap<>();
        workers.forEach(sighted -> before.put(sighted.worker().worker(), sighted));
        var sighted = records.stream()
                .sorted(GridSnapshot::order)
                .map(worker -> sighted(worker, before.get(worker.worker()), nowNanos))
                .toList();
        var active = records.stream().mapToInt(WorkerRecord::active).sum();
        return new GridSnapshot(sighted, Math.max(0, active - own), true, true, nowNanos);
    }

    private static Sighted sighted(WorkerRecord worker, @Nullable Sighted before, long nowNanos) {
        if (before == null || worker.lastHeartbeat().isAfter(before.worker().lastHeartbeat())) {
            return new Sighted(worker, nowNanos);
        }
        return new Sighted(worker, before.heartbeatSeenNanos());
    }

    /// The registry was asked in vain.
    GridSnapshot unanswered() {
        return new GridSnapshot(workers, others, false, everAnswered, answeredAtNanos);
    }

    Duration silence(long nowNanos) {
        return Duration.ofNanos(Math.max(0, nowNanos - answeredAtNanos));
    }

    /// Sessions of the whole grid. What the registry says may be a second old, so it is never less than
    /// this proxy's own; while the registry is silent, others' are those of its last answer.
    ///
    /// @param own sessions of this proxy now
    int active(int own) {
        var counted =
                workers.stream().mapToInt(sighted -> sighted.worker().active()).sum();
        return answers ? Math.max(counted, own) : others + own;
    }
}
