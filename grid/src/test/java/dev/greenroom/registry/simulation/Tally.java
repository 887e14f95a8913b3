package dev.greenroom.registry.simulation;

import java.util.Map;
import java.util.TreeMap;

/// Counts events over all simulations.
public final class Tally {
    private final Map<String, Long> counts = new TreeMap<>();

    void count(String what) {
        add(what, 1);
    }

    void add(String what, long number) {
        counts.merge(what, number, Long::sum);
    }

    void atLeast(String what, long number) {
        counts.merge(what, number, Math::max);
    }

    /// How often it happened; 0 when it never did.
    public long of(String what) {
        return counts.getOrDefault(what, 0L);
    }
}
