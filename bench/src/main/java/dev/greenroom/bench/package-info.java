/// Measurements, each beside its peers in one run. What comes out is a file in `bench/results`, with
/// ratios. Nothing here is a test: nothing fails because a machine is slow.
@NullMarked
package dev.greenroom.bench;

import org.jspecify.annotations.NullMarked;
