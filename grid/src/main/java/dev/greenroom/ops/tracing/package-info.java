/// One trace per connect, exported over OTLP. Tracing is configured by the standard `OTEL_*` variables,
/// which are read here. Only this package uses OpenTelemetry, and none of its classes are loaded while
/// tracing is off. No session waits for the exporter.
@NullMarked
package dev.greenroom.ops.tracing;

import org.jspecify.annotations.NullMarked;
