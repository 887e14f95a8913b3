package dev.greenroom.worker.pool;

import java.time.Duration;

/// Hears what a pool does. Must not block.
public interface PoolWatch {
    /// Nobody listens.
    PoolWatch NOBODY = new PoolWatch() {};

    /// A browser came up.
    default void launched(Duration took) {}

    /// A browser did not.
    default void launchFailed() {}

    /// A browser ended by itself, or with its driver.
    default void crashed() {}
}
