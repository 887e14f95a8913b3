package dev.greenroom.registry;

import dev.greenroom.session.SessionLimit;
import java.time.Duration;

/// The rules that every registry keeps.
///
/// @param maxConcurrent sessions at once per worker, 1 to 4095
/// @param maxLifetime sessions per worker run, over 0
/// @param leaseTtl how long a lease lives without being renewed
/// @param shutdownCommandTtl how long an order to a worker waits for it
/// @param recycleWait how long others wait for the replacement of a worker that recycles, from its exit on
public record RegistryLimits(
        SessionLimit maxConcurrent,
        SessionLimit maxLifetime,
        Duration leaseTtl,
        Duration shutdownCommandTtl,
        Duration recycleWait) {
    /// `RECYCLE_WAIT` unless it is set.
    private static final Duration USUAL_RECYCLE_WAIT = Duration.ofSeconds(90);

    /// Limits that somebody set, with the default wait for a replacement.
    public RegistryLimits(int maxConcurrent, int maxLifetime, Duration leaseTtl, Duration shutdownCommandTtl) {
        this(
                SessionLimit.set(maxConcurrent),
                SessionLimit.set(maxLifetime),
                leaseTtl,
                shutdownCommandTtl,
                USUAL_RECYCLE_WAIT);
    }
}
