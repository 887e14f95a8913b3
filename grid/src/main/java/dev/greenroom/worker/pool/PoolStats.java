package dev.greenroom.worker.pool;

import dev.greenroom.session.PlaywrightVersion;
import java.time.Duration;
import java.util.SortedMap;

/// How a pool is doing. Counters count from its start.
///
/// @param warm browsers that wait
/// @param inUse sessions that hold one
/// @param launches that succeeded
/// @param launching how long these took in all
/// @param launchFailures that did not, for whatever reason
/// @param crashes browsers that ended by themselves, or with their driver
/// @param drivers processes that run, by the version that they speak
public record PoolStats(
        int warm,
        int inUse,
        long launches,
        Duration launching,
        long launchFailures,
        long crashes,
        SortedMap<PlaywrightVersion, Integer> drivers) {}
