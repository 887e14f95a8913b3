package dev.greenroom.worker.health;

import dev.greenroom.net.http.HttpResponse;
import dev.greenroom.schedule.Subscription;
import dev.greenroom.session.WorkerId;
import dev.greenroom.worker.health.MemoryWatch.MemoryUse;
import dev.greenroom.worker.pool.BrowserPool.PoolListener;
import dev.greenroom.worker.pool.BrowserPool.PoolStats;
import java.util.Optional;
import java.util.function.Supplier;

/// Where a worker reports what can be counted. Safe for use by many threads; nothing here blocks.
public interface WorkerMetricsSink {
    /// Hears of launches and crashes.
    PoolListener pool();

    /// A worker run began. Its numbers are asked for until what this answers is closed.
    Subscription began(Supplier<WorkerHealth> numbers);

    /// A run that was to replace another one could not start.
    void renewalFailed();

    /// The text for Prometheus.
    ///
    /// @param accept the `Accept` of the request
    HttpResponse metrics(String accept);

    /// How a worker is now.
    ///
    /// @param incarnation of the worker, not a secret
    /// @param sessions that it serves or prepares
    /// @param slots its cap
    /// @param unhealthy why it cannot go on, if it cannot
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
