package dev.greenroom.worker.pool;

import dev.greenroom.session.PlaywrightVersion;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/// How a pool is doing. Counters count from its start.
///
/// @param warm browsers that wait
/// @param inUse sessions that hold one
/// @param launches how long those took that succeeded
/// @param launchFailures that did not, for whatever reason
/// @param crashes browsers that ended by themselves, or with their driver
/// @param drivers processes that run, by the version that they speak
public record PoolStats(
        int warm,
        int inUse,
        Histogram launches,
        long launchFailures,
        long crashes,
        Map<PlaywrightVersion, Integer> drivers) {

    public PoolStats {
        drivers = Map.copyOf(drivers);
    }

    /// How often something took how long.
    ///
    /// @param bounds upper bounds of the buckets, ascending
    /// @param counts of each bucket, and of one more for what took longer
    /// @param sum of all
    public record Histogram(List<Duration> bounds, List<Long> counts, Duration sum) {
        public Histogram {
            bounds = List.copyOf(bounds);
            counts = List.copyOf(counts);
        }

        /// How many there were in all.
        public long count() {
            return counts.stream().mapToLong(Long::longValue).sum();
        }
    }
}
