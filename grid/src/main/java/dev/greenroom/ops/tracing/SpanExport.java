package dev.greenroom.ops.tracing;

import dev.greenroom.proxy.client.SessionObserver;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.autoconfigure.AutoConfiguredOpenTelemetrySdk;
import io.opentelemetry.sdk.metrics.export.PeriodicMetricReader;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;

/// The SDK of OpenTelemetry, configured by the standard variables, for spans only.
final class SpanExport implements AutoCloseable {
    private static final int LAST_SPANS_SECONDS = 2;
    private static final int LAST_REPORT_SECONDS = 1;

    /// Silenced, since its lines would bypass our log: what matters is logged as `TRACES_LOST` and
    /// `TRACING_OFF`. The field keeps the logger and its level from being collected.
    private static final Logger SDK_LOG = Logger.getLogger("io.opentelemetry");

    private final OpenTelemetrySdk sdk;

    private SpanExport(OpenTelemetrySdk sdk) {
        this.sdk = sdk;
    }

    /// Starts to export.
    ///
    /// @throws RuntimeException when a variable has a value that is not understood
    static SpanExport open(Map<String, String> environment) {
        SDK_LOG.setLevel(Level.OFF);
        var sdk = AutoConfiguredOpenTelemetrySdk.builder()
                .disableShutdownHook()
                .addPropertiesSupplier(() -> properties(environment))
                .addPropertiesCustomizer(_ -> Map.of(
                        "otel.traces.exporter",
                        "otlp",
                        "otel.metrics.exporter",
                        "none",
                        "otel.logs.exporter",
                        "none",
                        "otel.experimental.sdk.telemetry.version",
                        "latest"))
                .addMeterProviderCustomizer((meters, _) ->
                        meters.registerMetricReader(PeriodicMetricReader.builder(new LostSpanReporter(System::nanoTime))
                                .setInterval(LostSpanReporter.INTERVAL)
                                .build()))
                .build()
                .getOpenTelemetrySdk();
        return new SpanExport(sdk);
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
        sdk.getSdkMeterProvider().shutdown().join(LAST_REPORT_SECONDS, TimeUnit.SECONDS);
    }
}
