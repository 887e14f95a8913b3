/// A trace for each connect, for a collector that speaks OTLP. What becomes of a client comes in; spans go out, on a
/// thread that no session knows.
///
/// Whether there are traces, and where they go, is said with the standard variables `OTEL_*`, which are read here and
/// not in `config`. OpenTelemetry is known here and nowhere else, and none of it is loaded while tracing is off.
///
/// What never happens here: a wait, a span beyond what the queue holds, or a session that notices its collector.
@NullMarked
package dev.greenroom.ops.tracing;

import org.jspecify.annotations.NullMarked;
