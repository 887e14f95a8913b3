package dev.greenroom.worker.health;

import dev.greenroom.net.http.HttpResponse;
import dev.greenroom.registry.WorkerRecord.BrowsersTaken;
import dev.greenroom.schedule.Subscription;
import dev.greenroom.session.WorkerId;
import dev.greenroom.worker.health.MemoryWatch.MemoryUse;
import dev.greenroom.worker.pool.BrowserPool.PoolListener;
import dev.greenroom.worker.pool.BrowserPool.PoolStats;
import java.util.Optional;
import java.util.function.Supplier;

/// Receives the metrics of a worker. Safe for use by many threads; nothing here blocks.
public interface WorkerMetricsSink {
    /// Receives launches and crashes.
    PoolListener pool();

    /// How sessions came by their browsers since the process began.
    BrowsersTaken browsersTaken();

    /// A worker run started. Its health is read until the subscription is closed.
    Subscription began(Supplier<WorkerHealth> numbers);

    /// The replacement of a run could not start.
    void renewalFailed();

    /// The text for Prometheus.
    ///
    /// @param accept the `Accept` of the request
    HttpResponse metrics(String accept);

    /// The health of a worker run.
    ///
    /// @param incarnation of the run, not a secret
    /// @param sessions that it serves or prepares
    /// @param slots its limit
    /// @param unhealthy why it cannot continue; empty when it can
    public record WorkerHealth(
            WorkerId worker,
            String incarnation,
            int sessions,
            int slots,
            PoolStats pool,
            MemoryUse memory,
            boolean draining,
            Optional<String> unhealthy) {}
}
