package dev.greenroom.ops.tracing;

import dev.greenroom.proxy.client.SessionObserver;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Tracing of a process, on or off. When it is off, no class of OpenTelemetry is loaded.
public final class Tracing implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Tracing.class);
    private static final String EXPORTER = "OTEL_TRACES_EXPORTER";
    private static final String OTLP = "otlp";
    private static final String PROTOCOL = "http/protobuf";

    private final @Nullable SpanExport export;

    private Tracing(@Nullable SpanExport export) {
        this.export = export;
    }

    /// Configures tracing by the standard `OTEL_` variables. If they are invalid, or ask for something
    /// that is not built in, it logs a warning and tracing is off; the grid runs anyway.
    public static Tracing from(Map<String, String> environment) {
        if (!isWanted(environment)) {
            return new Tracing(null);
        }
        var obstacle = obstacle(environment);
        if (obstacle.isEmpty()) {
            try {
                return new Tracing(SpanExport.open(environment));
            } catch (RuntimeException e) {
                obstacle = Optional.of(String.valueOf(e.getMessage()));
            }
        }
        LOG.atWarn()
                .addKeyValue("code", "TRACING_OFF")
                .addKeyValue("cause", obstacle.get())
                .log("Tracing off: the OTEL_ variables are invalid or not supported");
        return new Tracing(null);
    }

    private static boolean isWanted(Map<String, String> environment) {
        if (value(environment, "OTEL_SDK_DISABLED")
                .filter("true"::equalsIgnoreCase)
                .isPresent()) {
            return false;
        }
        var exporter = value(environment, EXPORTER);
        if (exporter.isPresent()) {
            return !exporter.get().equalsIgnoreCase("none");
        }
        return Stream.of("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
                .anyMatch(name -> value(environment, name).isPresent());
    }

    private static Optional<String> obstacle(Map<String, String> environment) {
        var exporter = value(environment, EXPORTER).orElse(OTLP);
        if (Arrays.stream(exporter.split(",", -1)).map(String::strip).noneMatch(OTLP::equals)) {
            return Optional.of(EXPORTER + " is '" + exporter + "', but only otlp is built in; set it to otlp or none");
        }
        return Stream.of("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
                .filter(name -> value(environment, name).isPresent())
                .findFirst()
                .filter(name -> !value(environment, name).orElseThrow().equals(PROTOCOL))
                .map(name -> name + " is '" + value(environment, name).orElseThrow() + "', but only " + PROTOCOL
                        + " is built in; use it, with the collector's port for HTTP (4318 by default)");
    }

    private static Optional<String> value(Map<String, String> environment, String name) {
        return Optional.ofNullable(environment.get(name)).map(String::strip).filter(text -> !text.isEmpty());
    }

    /// Creates the spans of clients; empty when tracing is off.
    public Optional<SessionObserver> observer() {
        return export == null ? Optional.empty() : Optional.of(export.sessions());
    }

    /// Waits two seconds at most for the last spans to be sent.
    @Override
    public void close() {
        if (export != null) {
            export.close();
        }
    }
}
