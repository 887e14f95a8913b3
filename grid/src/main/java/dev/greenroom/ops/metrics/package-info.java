/// What the process measures, for Prometheus. Numbers come in, from whoever counts; text goes out.
///
/// Every metric of ours is named once, in [dev.greenroom.ops.metrics.Metric], with every value that its labels can
/// have: so the number of series has a bound that no client can move, and `docs/metrics.md` is written from it.
/// Micrometer is known here and nowhere else. The parts of the product report through small interfaces of their own.
///
/// What never happens here: a wait, or a label that a client chose.
@NullMarked
package dev.greenroom.ops.metrics;

import org.jspecify.annotations.NullMarked;
