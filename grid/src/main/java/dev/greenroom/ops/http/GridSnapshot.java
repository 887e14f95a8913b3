package dev.greenroom.ops.http;

import dev.greenroom.registry.WorkerRecord;
import dev.greenroom.session.WorkerId;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The last known state of the grid. All times are of the injected monotonic clock.
///
/// @param workers in a stable order: by browser, then by sessions served, descending
/// @param others sessions of other proxies, at the last answer of the registry
/// @param answers whether the registry answered the last call
/// @param everAnswered whether it ever answered
/// @param answeredAtNanos time of the last answer; before the first one, time of the first call
record GridSnapshot(List<Sighted> workers, int others, boolean answers, boolean everAnswered, long answeredAtNanos) {
    /// A worker, and when this process first saw its latest heartbeat. The age of the heartbeat is measured
    /// from there, since its timestamp is from the clock of another machine.
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

    /// The next snapshot after an answer of the registry.
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

    /// The next snapshot after a call that the registry did not answer.
    GridSnapshot unanswered() {
        return new GridSnapshot(workers, others, false, everAnswered, answeredAtNanos);
    }

    Duration silence(long nowNanos) {
        return Duration.ofNanos(Math.max(0, nowNanos - answeredAtNanos));
    }

    /// Sessions of the whole grid: at least those of this proxy, since the answer of the registry may be a
    /// second old. While the registry does not answer, those of other proxies are from its last answer.
    ///
    /// @param own sessions of this proxy now
    int active(int own) {
        var counted =
                workers.stream().mapToInt(sighted -> sighted.worker().active()).sum();
        return answers ? Math.max(counted, own) : others + own;
    }
}
