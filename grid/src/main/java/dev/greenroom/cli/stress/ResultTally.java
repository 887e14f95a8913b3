package dev.greenroom.cli.stress;

import dev.greenroom.cli.stress.StressClient.SessionPhase;
import dev.greenroom.cli.stress.StressClient.StressResult;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Counts outcomes. For one thread.
final class ResultTally {
    private static final double HUNDRED = 100;

    private final Map<SessionPhase, List<Double>> millis = new EnumMap<>(SessionPhase.class);
    private final Map<String, Integer> failures = new HashMap<>();
    private int done;
    private int failed;

    /// The times of a phase, or of whole sessions.
    record Times(double p50, double p90, double p99, double max) {}

    /// A cause and how often it was met.
    record FailureCount(String cause, int count) {}

    void add(StressResult outcome) {
        done++;
        outcome.millis()
                .forEach((phase, time) ->
                        millis.computeIfAbsent(phase, _ -> new ArrayList<>()).add(time));
        outcome.failure().ifPresent(cause -> {
            failed++;
            failures.merge(cause, 1, Integer::sum);
        });
    }

    int done() {
        return done;
    }

    int failed() {
        return failed;
    }

    /// The phases that at least one session has behind it.
    Map<SessionPhase, Times> times() {
        var times = new EnumMap<SessionPhase, Times>(SessionPhase.class);
        millis.forEach((phase, all) -> times.put(phase, times(all)));
        return times;
    }

    /// The most frequent one first.
    List<FailureCount> failures() {
        return failures.entrySet().stream()
                .map(entry -> new FailureCount(entry.getKey(), entry.getValue()))
                .sorted(Comparator.comparingInt(FailureCount::count).reversed().thenComparing(FailureCount::cause))
                .toList();
    }

    private static Times times(List<Double> all) {
        var sorted = new ArrayList<>(all);
        Collections.sort(sorted);
        return new Times(rank(sorted, 50), rank(sorted, 90), rank(sorted, 99), sorted.getLast());
    }

    /// The smallest time that so many of a hundred sessions were not slower than.
    private static double rank(List<Double> sorted, int percent) {
        var rank = (int) Math.ceil(percent / HUNDRED * sorted.size());
        return sorted.get(Math.max(0, rank - 1));
    }
}
