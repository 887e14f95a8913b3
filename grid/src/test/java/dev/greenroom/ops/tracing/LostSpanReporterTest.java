package dev.greenroom.ops.tracing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.testkit.LoggedLines;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.common.InternalTelemetryVersion;
import io.opentelemetry.sdk.metrics.SdkMeterProvider;
import io.opentelemetry.sdk.metrics.export.PeriodicMetricReader;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.BatchSpanProcessor;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.time.Duration;
import java.util.Collection;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

final class LostSpanReporterTest {
    private static final int QUEUE = 8;

    private final AtomicLong nanos = new AtomicLong();
    private final CompletableResultCode unanswered = new CompletableResultCode();
    private final SdkMeterProvider meters = SdkMeterProvider.builder()
            .registerMetricReader(PeriodicMetricReader.builder(new LostSpanReporter(nanos::get))
                    .setInterval(Duration.ofDays(1))
                    .build())
            .build();

    /// A collector that does not answer.
    private final class SilentCollector implements SpanExporter {
        @Override
        public CompletableResultCode export(Collection<SpanData> spans) {
            return unanswered;
        }

        @Override
        public CompletableResultCode flush() {
            return CompletableResultCode.ofSuccess();
        }

        @Override
        public CompletableResultCode shutdown() {
            return CompletableResultCode.ofSuccess();
        }
    }

    private void end(SdkTracerProvider provider, int spans) {
        for (var i = 0; i < spans; i++) {
            provider.get("test").spanBuilder("span").startSpan().end();
        }
        meters.forceFlush().join(10, TimeUnit.SECONDS);
    }

    @Test
    void spans_that_do_not_fit_into_the_queue_are_reported_once_a_minute() {
        try (var lines = LoggedLines.of("dev.greenroom.ops.tracing");
                var provider = SdkTracerProvider.builder()
                        .addSpanProcessor(BatchSpanProcessor.builder(new SilentCollector())
                                .setMeterProvider(meters)
                                .setInternalTelemetryVersion(InternalTelemetryVersion.LATEST)
                                .setMaxQueueSize(QUEUE)
                                .setMaxExportBatchSize(QUEUE)
                                .build())
                        .build()) {
            end(provider, 100);
            end(provider, 50);

            assertThat(lines.withCode("TRACES_LOST")).singleElement().asString().contains("OTEL_BSP_MAX_QUEUE_SIZE");

            nanos.addAndGet(Duration.ofMinutes(1).toNanos());
            end(provider, 1);

            assertThat(lines.withCode("TRACES_LOST")).hasSize(2);
            unanswered.succeed();
        }
    }
}
