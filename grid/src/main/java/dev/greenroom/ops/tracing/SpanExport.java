package dev.greenroom.ops.tracing;

import dev.greenroom.proxy.client.SessionObserver;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.autoconfigure.AutoConfiguredOpenTelemetrySdk;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Level;
import java.util.logging.Logger;

/// The SDK of OpenTelemetry, set up by the standard variables, for spans alone.
final class SpanExport implements AutoCloseable {
    private static final String QUEUE_SIZE = "otel.bsp.max.queue.size";
    private static final int USUAL_QUEUE_SIZE = 2_048;
    private static final int LAST_SPANS_SECONDS = 2;

    /// Its lines would bypass our log; what matters of them is said as `TRACES_LOST` and `TRACING_OFF`.
    /// Held here, because nobody else holds on to a logger.
    private static final Logger SDK_LOG = Logger.getLogger("io.opentelemetry");

    private final OpenTelemetrySdk sdk;
    private final LostSpanCounter lost;

    private SpanExport(OpenTelemetrySdk sdk, LostSpanCounter lost) {
        this.sdk = sdk;
        this.lost = lost;
    }

    /// Begins to export.
    ///
    /// @throws RuntimeException when a variable has a value that is not understood
    static SpanExport open(Map<String, String> environment) {
        SDK_LOG.setLevel(Level.OFF);
        var lost = new LostSpanCounter(System::nanoTime);
        var waiting = new AtomicInteger();
        var sdk = AutoConfiguredOpenTelemetrySdk.builder()
                .disableShutdownHook()
                .addPropertiesSupplier(() -> properties(environment))
                .addPropertiesCustomizer(_ -> Map.of(
                        "otel.traces.exporter", "otlp", "otel.metrics.exporter", "none", "otel.logs.exporter", "none"))
                .addSpanExporterCustomizer((exporter, _) -> new CountingSpanExporter(exporter, waiting, lost))
                .addSpanProcessorCustomizer((processor, config) -> new BoundedSpanProcessor(
                        processor,
                        new BoundedSpanProcessor.Queue(config.getInt(QUEUE_SIZE, USUAL_QUEUE_SIZE), waiting),
                        lost))
                .build()
                .getOpenTelemetrySdk();
        return new SpanExport(sdk, lost);
    }

    private static Map<String, String> properties(Map<String, String> environment) {
        var properties = new HashMap<String, String>();
        properties.put("otel.exporter.otlp.protocol", "http/protobuf");
        if (!environment.getOrDefault("OTEL_RESOURCE_ATTRIBUTES", "").contains("service.name=")) {
            properties.put("otel.service.name", "greenroom");
        }
        environment.forEach((name, value) -> {
            if (name.startsWith("OTEL_")) {
                properties.put(name.toLowerCase(Locale.ROOT).replace('_', '.'), value);
            }
        });
        return properties;
    }

    SessionObserver sessions() {
        return new SessionTracer(sdk.getTracer("dev.greenroom"), InstantSource.system(), System::nanoTime);
    }

    @Override
    public void close() {
        sdk.getSdkTracerProvider().shutdown().join(LAST_SPANS_SECONDS, TimeUnit.SECONDS);
        lost.reportRemaining();
    }
}
