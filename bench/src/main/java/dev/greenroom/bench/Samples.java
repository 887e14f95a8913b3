package dev.greenroom.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// Durations that were measured, of one thing.
final class Samples {
    private final List<Long> nanos = new ArrayList<>();

    void add(long durationNanos) {
        nanos.add(durationNanos);
    }

    /// @param quantile 0 to 1
    double millis(double quantile) {
        var sorted = nanos.stream().sorted().toList();
        var index = (int) Math.ceil(quantile * sorted.size()) - 1;
        return sorted.get(Math.max(0, index)) / 1e6;
    }

    int count() {
        return nanos.size();
    }

    /// `| p50 | p90 | p99 |` in milliseconds.
    String row() {
        return String.format(Locale.ROOT, "%.1f | %.1f | %.1f", millis(0.5), millis(0.9), millis(0.99));
    }
}
