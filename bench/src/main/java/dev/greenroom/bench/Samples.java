package dev.greenroom.bench;

import java.util.ArrayList;
import java.util.List;

/// Measured durations of one operation.
public final class Samples {
    private final List<Long> nanos = new ArrayList<>();

    /// Adds one.
    public void add(long durationNanos) {
        nanos.add(durationNanos);
    }

    /// The duration at a quantile; NaN when there are no samples.
    ///
    /// @param quantile 0 to 1
    public double millis(double quantile) {
        if (nanos.isEmpty()) {
            return Double.NaN;
        }
        var sorted = nanos.stream().sorted().toList();
        var index = (int) Math.ceil(quantile * sorted.size()) - 1;
        return sorted.get(Math.max(0, index)) / 1e6;
    }

    /// How many there are.
    public int count() {
        return nanos.size();
    }
}
