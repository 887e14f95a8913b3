package dev.greenroom.bench.browser;

import dev.greenroom.bench.Samples;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;
import tools.jackson.databind.JsonNode;

/// What was measured: durations of all rounds together, sessions per second by round, processor time.
final class PhaseTimes {
    private static final double NANOS_PER_MILLI = 1e6;

    private final Map<Key, Samples> millis = new LinkedHashMap<>();
    private final Map<Key, List<Double>> rates = new LinkedHashMap<>();
    private final Map<Key, Cpu> cpu = new LinkedHashMap<>();

    private record Key(String load, String target, String phase) {}

    /// Processor time of so many sessions.
    private record Cpu(int sessions, double targetMillis, double clientMillis) {
        Cpu plus(Cpu more) {
            return new Cpu(
                    sessions + more.sessions, targetMillis + more.targetMillis, clientMillis + more.clientMillis);
        }
    }

    void add(String load, String target, JsonNode outcome) {
        outcome.path("millis").properties().forEach(phase -> {
            var samples = millis.computeIfAbsent(new Key(load, target, phase.getKey()), _ -> new Samples());
            phase.getValue().values().forEach(took -> samples.add((long) (took.asDouble() * NANOS_PER_MILLI)));
        });
        rates.computeIfAbsent(new Key(load, target, ""), _ -> new ArrayList<>())
                .add(sessions(outcome) / outcome.path("seconds").asDouble());
    }

    void addCpu(String load, String target, JsonNode outcome, double targetMillis, double clientMillis) {
        cpu.merge(new Key(load, target, ""), new Cpu(sessions(outcome), targetMillis, clientMillis), Cpu::plus);
    }

    private static int sessions(JsonNode outcome) {
        return outcome.path("millis").path("all").size();
    }

    boolean has(String load, String target) {
        return rates.containsKey(new Key(load, target, ""));
    }

    double millis(String load, String target, String phase, double quantile) {
        return millis.getOrDefault(new Key(load, target, phase), new Samples()).millis(quantile);
    }

    int count(String load, String target) {
        return millis.getOrDefault(new Key(load, target, "all"), new Samples()).count();
    }

    double rate(String load, String target) {
        return median(rates(load, target));
    }

    /// The median of the rounds' ratios: what else the machine did in a round hit both.
    double rateRatio(String load, String target, String to) {
        var ours = rates(load, target);
        var theirs = rates(load, to);
        return median(IntStream.range(0, Math.min(ours.size(), theirs.size()))
                .mapToObj(round -> ours.get(round) / theirs.get(round))
                .toList());
    }

    private List<Double> rates(String load, String target) {
        return rates.getOrDefault(new Key(load, target, ""), List.of());
    }

    private static double median(List<Double> values) {
        var sorted = values.stream().sorted().toList();
        if (sorted.isEmpty()) {
            return Double.NaN;
        }
        var middle = sorted.size() / 2;
        return sorted.size() % 2 == 1 ? sorted.get(middle) : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
    }

    /// `p50 / p99`.
    String cell(String load, String target, String phase) {
        return String.format(
                Locale.ROOT, "%.0f / %.0f", millis(load, target, phase, 0.5), millis(load, target, phase, 0.99));
    }

    /// `p50 / p95 / p99 / longest`.
    String longCell(String load, String target, String phase) {
        return String.format(
                Locale.ROOT,
                "%.0f / %.0f / %.0f / %.0f",
                millis(load, target, phase, 0.5),
                millis(load, target, phase, 0.95),
                millis(load, target, phase, 0.99),
                millis(load, target, phase, 1));
    }

    /// For a session: `all (of it the client)`.
    String cpuCell(String load, String target) {
        var spent = cpu.getOrDefault(new Key(load, target, ""), new Cpu(0, Double.NaN, Double.NaN));
        return String.format(
                Locale.ROOT,
                "%.0f (%.0f)",
                (spent.targetMillis + spent.clientMillis) / spent.sessions,
                spent.clientMillis / spent.sessions);
    }
}
