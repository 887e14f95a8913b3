package dev.greenroom.registry;

import java.time.Duration;

/// The rules that every registry keeps.
///
/// @param maxConcurrent sessions at once per worker, 1 to 4095
/// @param maxLifetime sessions per worker incarnation, over 0
/// @param leaseTtl how long a lease lives without being renewed
/// @param shutdownCommandTtl how long an order to a worker waits for it
public record RegistryLimits(int maxConcurrent, int maxLifetime, Duration leaseTtl, Duration shutdownCommandTtl) {}
