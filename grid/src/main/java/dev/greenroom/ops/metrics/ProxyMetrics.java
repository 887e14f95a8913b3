package dev.greenroom.ops.metrics;

import dev.greenroom.wire.RelayTotals;
import java.time.Duration;
import java.util.function.IntSupplier;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

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
    public static void tell(Metrics metrics, Sources sources) {
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
}
