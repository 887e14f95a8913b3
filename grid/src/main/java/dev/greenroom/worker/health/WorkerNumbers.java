package dev.greenroom.worker.health;

import dev.greenroom.session.WorkerId;
import dev.greenroom.worker.pool.PoolStats;
import java.util.Optional;

/// How a worker is now.
///
/// @param incarnation of the worker, not a secret
/// @param sessions that it serves or prepares
/// @param slots its cap
/// @param unhealthy why it cannot go on, if it cannot
public record WorkerNumbers(
        WorkerId worker,
        String incarnation,
        int sessions,
        int slots,
        PoolStats pool,
        MemoryUse memory,
        boolean draining,
        Optional<String> unhealthy) {}
