/// Metrics of the process, for Prometheus. Every metric is declared once, in
/// [dev.greenroom.ops.metrics.Metric], with every value of its labels, so the number of series is bounded;
/// `docs/metrics.md` is generated from it. Only this package uses Micrometer.
@NullMarked
package dev.greenroom.ops.metrics;

import org.jspecify.annotations.NullMarked;
