package dev.greenroom.ops.metrics;

import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/// Measures how long Redis takes.
public final class RedisMetrics {
    private final Map<String, Metrics.Clock> clocks;

    public RedisMetrics(Metrics metrics) {
        this.clocks = Label.OP.values().stream()
                .collect(Collectors.toMap(Function.identity(), op -> metrics.clock(Metric.REDIS_OP_SECONDS, op)));
    }

    /// A script is over.
    public void answered(String script, long nanos) {
        Optional.ofNullable(clocks.get(Label.OP.bounded(script))).ifPresent(clock -> clock.took(nanos));
    }
}
