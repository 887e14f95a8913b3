package dev.greenroom.bench.relay;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/// Results by measure and relay; the median of several rounds counts.
final class Results {
    private final Map<String, Map<String, List<Double>>> values = new LinkedHashMap<>();

    void add(String measure, String peer, double value) {
        values.computeIfAbsent(measure, _ -> new LinkedHashMap<>())
                .computeIfAbsent(peer, _ -> new ArrayList<>())
                .add(value);
    }

    /// The median; not a number when nothing was measured.
    double median(String measure, String peer) {
        return median(rounds(measure, peer));
    }

    private List<Double> rounds(String measure, String peer) {
        return values.getOrDefault(measure, Map.of()).getOrDefault(peer, List.of());
    }

    private static double median(List<Double> figures) {
        var sorted = figures.stream().sorted().toList();
        if (sorted.isEmpty()) {
            return Double.NaN;
        }
        var middle = sorted.size() / 2;
        return sorted.size() % 2 == 1 ? sorted.get(middle) : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
    }

    /// The ratio to HAProxy's HTTP mode: the median of the rounds' ratios, since other load in a round affects
    /// both.
    double ratio(String measure, String peer) {
        var ours = rounds(measure, peer);
        var theirs = rounds(measure, Peer.HAPROXY_HTTP);
        return median(IntStream.range(0, Math.min(ours.size(), theirs.size()))
                .mapToObj(round -> ours.get(round) / theirs.get(round))
                .toList());
    }

    /// A table with a row for each measure and two columns for each peer: the figure, and its ratio.
    ///
    /// @param format of a figure
    String table(String heading, List<String> measures, List<String> peers, String format) {
        var table = new StringBuilder("| ").append(heading);
        for (var peer : peers) {
            table.append(" | ").append(peer).append(" | ×");
        }
        table.append(" |\n|---").append("|--:|--:".repeat(peers.size())).append("|\n");
        for (var measure : measures) {
            var row = peers.stream()
                    .map(peer -> shown(format, median(measure, peer)) + " | " + shown("%.2f", ratio(measure, peer)))
                    .collect(Collectors.joining(" | "));
            table.append("| ").append(measure).append(" | ").append(row).append(" |\n");
        }
        return table.toString();
    }

    private static String shown(String format, double value) {
        return Double.isNaN(value) ? "–" : String.format(Locale.ROOT, format, value);
    }
}
