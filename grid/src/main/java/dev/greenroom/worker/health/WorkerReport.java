package dev.greenroom.worker.health;

import dev.greenroom.session.Subscription;
import dev.greenroom.wire.Answer;
import dev.greenroom.worker.pool.PoolWatch;
import java.util.function.Supplier;

/// Where a worker reports what can be counted. Safe for use by many threads; nothing here blocks.
public interface WorkerReport {
    /// Hears of launches and crashes.
    PoolWatch pool();

    /// A worker run began. Its numbers are asked for until what this answers is closed.
    Subscription began(Supplier<WorkerNumbers> numbers);

    /// A run that was to replace another one could not start.
    void renewalFailed();

    /// The text for Prometheus.
    ///
    /// @param accept the `Accept` of the request
    Answer metrics(String accept);
}
