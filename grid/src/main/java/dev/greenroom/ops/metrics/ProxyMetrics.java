package dev.greenroom.ops.metrics;

import dev.greenroom.net.relay.RelayStarter.RelayTotals;
import dev.greenroom.ops.metrics.Metric.MetricLabel;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.IntSupplier;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/// The gauges and counters of a proxy, read on each scrape.
public final class ProxyMetrics {
    private ProxyMetrics() {}

    /// The sources of the numbers. Called on the thread of the scrape; they must not block.
    ///
    /// @param sessions that the proxy relays now
    /// @param waiting queued clients of the proxy
    /// @param loopLag the largest scheduling delay of any event loop
    /// @param directBytes memory outside of the heap
    /// @param linesDropped by the log since the start
    /// @param relayed traffic since the start
    public record Sources(
            IntSupplier sessions,
            IntSupplier waiting,
            Supplier<Duration> loopLag,
            LongSupplier directBytes,
            LongSupplier linesDropped,
            RelayTotals relayed) {}

    /// Registers the metrics.
    public static void register(MetricsRegistry metrics, Sources sources) {
        var relayed = sources.relayed();
        metrics.gauge(Metric.SESSIONS, () -> sources.sessions().getAsInt());
        metrics.gauge(Metric.QUEUE_DEPTH, () -> sources.waiting().getAsInt());
        metrics.gauge(Metric.EVENT_LOOP_LAG, () -> sources.loopLag().get().toNanos() / 1e9);
        metrics.gauge(Metric.DIRECT_MEMORY, () -> sources.directBytes().getAsLong());
        metrics.counted(Metric.LOG_DROPPED, sources.linesDropped());
        metrics.counted(Metric.RELAY_BYTES, relayed::bytesFromClients, "from_client");
        metrics.counted(Metric.RELAY_BYTES, relayed::bytesFromWorkers, "from_worker");
        metrics.counted(Metric.RELAY_MESSAGES, relayed::messages);
    }

    /// Durations of Redis scripts.
    public static final class RedisMetrics {
        private final Map<String, MetricsRegistry.Clock> clocks;

        public RedisMetrics(MetricsRegistry metrics) {
            this.clocks = MetricLabel.OP.values().stream()
                    .collect(Collectors.toMap(Function.identity(), op -> metrics.clock(Metric.REDIS_OP_SECONDS, op)));
        }

        /// Records the duration of a script.
        public void answered(String script, long nanos) {
            Optional.ofNullable(clocks.get(MetricLabel.OP.bounded(script))).ifPresent(clock -> clock.took(nanos));
        }
    }
}
