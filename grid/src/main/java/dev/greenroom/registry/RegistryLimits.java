package dev.greenroom.registry;

import dev.greenroom.session.SessionLimit;
import java.time.Duration;

/// The limits and times of a registry.
///
/// @param maxConcurrent concurrent sessions per worker, 1 to 4095
/// @param maxLifetime sessions per worker run, over 0
/// @param leaseTtl how long a lease is valid without renewal
/// @param shutdownCommandTtl how long an order to a worker is kept
/// @param recycleWait how long to wait for the replacement of a recycled worker, from its exit on
public record RegistryLimits(
        SessionLimit maxConcurrent,
        SessionLimit maxLifetime,
        Duration leaseTtl,
        Duration shutdownCommandTtl,
        Duration recycleWait) {
    /// The default of `RECYCLE_WAIT`.
    private static final Duration DEFAULT_RECYCLE_WAIT = Duration.ofSeconds(90);

    /// Limits that are set explicitly, with the default wait for a replacement.
    public RegistryLimits(int maxConcurrent, int maxLifetime, Duration leaseTtl, Duration shutdownCommandTtl) {
        this(
                SessionLimit.set(maxConcurrent),
                SessionLimit.set(maxLifetime),
                leaseTtl,
                shutdownCommandTtl,
                DEFAULT_RECYCLE_WAIT);
    }
}
