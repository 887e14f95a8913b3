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

/// What a proxy tells of itself when somebody looks.
public final class ProxyMetrics {
    private ProxyMetrics() {}

    /// Where the numbers come from. Read on the thread of whoever looks; nothing here may wait.
    ///
    /// @param sessions that the proxy relays now
    /// @param waiting clients of the proxy that wait for a slot
    /// @param loopLag of the event loop that is furthest behind
    /// @param directBytes memory outside of the heap
    /// @param linesDropped by the log so far
    /// @param relayed so far
    public record Sources(
            IntSupplier sessions,
            IntSupplier waiting,
            Supplier<Duration> loopLag,
            LongSupplier directBytes,
            LongSupplier linesDropped,
            RelayTotals relayed) {}

    /// Lets the metrics read the numbers from now on.
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

    /// Measures how long Redis takes.
    public static final class RedisMetrics {
        private final Map<String, MetricsRegistry.Clock> clocks;

        public RedisMetrics(MetricsRegistry metrics) {
            this.clocks = MetricLabel.OP.values().stream()
                    .collect(Collectors.toMap(Function.identity(), op -> metrics.clock(Metric.REDIS_OP_SECONDS, op)));
        }

        /// A script is over.
        public void answered(String script, long nanos) {
            Optional.ofNullable(clocks.get(MetricLabel.OP.bounded(script))).ifPresent(clock -> clock.took(nanos));
        }
    }
}
