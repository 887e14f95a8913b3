/// Benchmarks. Each compares Greenroom with alternatives in one run and writes a file with ratios to
/// `bench/results`. None of them is a test: nothing fails because a machine is slow.
@NullMarked
package dev.greenroom.bench;

import org.jspecify.annotations.NullMarked;
