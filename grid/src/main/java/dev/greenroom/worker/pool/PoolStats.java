package dev.greenroom.worker.pool;

import java.time.Duration;

/// How a pool is doing. Counters count from its start.
///
/// @param warm browsers that wait
/// @param inUse sessions that hold one
/// @param launches that succeeded
/// @param launchFailures that did not, for whatever reason
/// @param crashes browsers that ended by themselves, or with their driver
/// @param lastLaunch how long the last launch took, zero before the first
/// @param averageLaunch over all that succeeded
public record PoolStats(
        int warm,
        int inUse,
        long launches,
        long launchFailures,
        long crashes,
        Duration lastLaunch,
        Duration averageLaunch) {}
