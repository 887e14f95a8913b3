package dev.greenroom.proxy.queue;

import dev.greenroom.registry.WorkerRecord;
import java.time.Duration;
import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;

/// Checks whether orders are kept long enough for workers to read them. The heartbeat intervals of workers are
/// known only after they have registered, so this cannot be checked at start.
final class OrderTtl {
    private static final int COMFORTABLE_HEARTBEATS = 4;

    private OrderTtl() {}

    /// A problem of a TTL.
    ///
    /// @param tooShort whether an order can expire before its worker reads it; otherwise the TTL is only less
    ///     than 4 heartbeat intervals
    /// @param sentence the setting, the rule, the values and the remedy
    public record TtlFinding(boolean tooShort, String sentence) {}

    /// Compares `SHUTDOWN_COMMAND_TTL` with the heartbeats of live workers.
    ///
    /// @return the finding for the worker with the longest interval; empty when there is no problem
    public static Optional<TtlFinding> finding(Duration ttl, Collection<WorkerRecord> workers) {
        return workers.stream()
                .filter(worker -> worker.interval().isPositive())
                .max(Comparator.comparing(WorkerRecord::interval))
                .filter(worker -> ttl.compareTo(worker.interval().multipliedBy(COMFORTABLE_HEARTBEATS)) < 0)
                .map(worker -> finding(ttl, worker));
    }

    private static TtlFinding finding(Duration ttl, WorkerRecord worker) {
        var tooShort = ttl.compareTo(worker.interval()) <= 0;
        var rule = tooShort ? "must be over the heartbeat interval" : "should be at least 4 heartbeat intervals";
        return new TtlFinding(
                tooShort,
                "SHUTDOWN_COMMAND_TTL " + rule + " of every worker, but is " + ttl.toMillis() + " ms, and the worker "
                        + worker.worker() + " sends a heartbeat every "
                        + worker.interval().toMillis()
                        + " ms; raise SHUTDOWN_COMMAND_TTL, or lower HEARTBEAT_INTERVAL");
    }
}
