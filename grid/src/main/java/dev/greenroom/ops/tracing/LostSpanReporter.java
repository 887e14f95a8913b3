package dev.greenroom.ops.tracing;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.metrics.InstrumentType;
import io.opentelemetry.sdk.metrics.data.AggregationTemporality;
import io.opentelemetry.sdk.metrics.data.LongPointData;
import io.opentelemetry.sdk.metrics.data.MetricData;
import io.opentelemetry.sdk.metrics.export.MetricExporter;
import java.time.Duration;
import java.util.Collection;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Reads the metrics that OpenTelemetry's batch processor and exporter keep about themselves, and logs lost
/// spans as `TRACES_LOST`, once a minute at most. One metric reader calls it, on a thread of its own.
final class LostSpanReporter implements MetricExporter {
    /// How often the metrics are read.
    static final Duration INTERVAL = Duration.ofSeconds(1);

    private static final Logger LOG = LoggerFactory.getLogger(LostSpanReporter.class);
    private static final long PAUSE_NANOS = Duration.ofMinutes(1).toNanos();

    /// Spans that the processor dropped, with the error type below, or passed to the exporter.
    private static final String PROCESSED = "otel.sdk.processor.span.processed";

    /// Spans that were sent, or that the collector did not accept; those have an error type.
    private static final String EXPORTED = "otel.sdk.exporter.span.exported";

    private static final AttributeKey<String> ERROR_TYPE = AttributeKey.stringKey("error.type");
    private static final String QUEUE_FULL = "queue_full";

    private final LongSupplier nanoTime;
    private long dueNanos;
    private long unreported;
    private long total;
    private String cause = "";

    /// @param nanoTime a monotonic clock
    LostSpanReporter(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
        this.dueNanos = nanoTime.getAsLong();
    }

    @Override
    public AggregationTemporality getAggregationTemporality(InstrumentType type) {
        return AggregationTemporality.DELTA;
    }

    @Override
    public synchronized CompletableResultCode export(Collection<MetricData> metrics) {
        for (var metric : metrics) {
            switch (metric.getName()) {
                case PROCESSED, EXPORTED ->
                    metric.getLongSumData().getPoints().forEach(point -> count(metric.getName(), point));
                default -> {}
            }
        }
        var now = nanoTime.getAsLong();
        if (unreported > 0 && now - dueNanos >= 0) {
            dueNanos = now + PAUSE_NANOS;
            report();
        }
        return CompletableResultCode.ofSuccess();
    }

    /// The processor also counts batches that the exporter failed to send; only the exporter knows why.
    private void count(String metric, LongPointData point) {
        var error = point.getAttributes().get(ERROR_TYPE);
        if (error == null || metric.equals(PROCESSED) != error.equals(QUEUE_FULL)) {
            return;
        }
        unreported += point.getValue();
        total += point.getValue();
        cause = error.equals(QUEUE_FULL)
                ? "the queue is full (OTEL_BSP_MAX_QUEUE_SIZE), since the collector is slow or does not answer"
                : "the collector did not answer, or did not accept them: " + error;
    }

    private void report() {
        LOG.atWarn()
                .addKeyValue("code", "TRACES_LOST")
                .addKeyValue("spans", unreported)
                .addKeyValue("sinceStart", total)
                .addKeyValue("cause", cause)
                .log("Spans lost");
        unreported = 0;
    }

    @Override
    public CompletableResultCode flush() {
        return CompletableResultCode.ofSuccess();
    }

    /// Reports what was not reported yet.
    @Override
    public synchronized CompletableResultCode shutdown() {
        if (unreported > 0) {
            report();
        }
        return CompletableResultCode.ofSuccess();
    }
}
