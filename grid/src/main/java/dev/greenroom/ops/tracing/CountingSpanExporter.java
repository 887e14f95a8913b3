package dev.greenroom.ops.tracing;

import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.util.Collection;
import java.util.concurrent.atomic.AtomicInteger;

/// Counts the spans that the collector did not take.
///
/// @param waiting how many spans have ended and are not on their way yet
record CountingSpanExporter(SpanExporter exporter, AtomicInteger waiting, LostSpanCounter lost)
        implements SpanExporter {
    @Override
    public CompletableResultCode export(Collection<SpanData> spans) {
        var many = spans.size();
        waiting.addAndGet(-many);
        var result = exporter.export(spans);
        result.whenComplete(() -> {
            if (!result.isSuccess()) {
                lost.add(many, cause(result));
            }
        });
        return result;
    }

    private static String cause(CompletableResultCode result) {
        var thrown = result.getFailureThrowable();
        return thrown == null
                ? "the collector did not take them"
                : thrown.getClass().getSimpleName() + ": " + thrown.getMessage();
    }

    @Override
    public CompletableResultCode flush() {
        return exporter.flush();
    }

    @Override
    public CompletableResultCode shutdown() {
        return exporter.shutdown();
    }
}
