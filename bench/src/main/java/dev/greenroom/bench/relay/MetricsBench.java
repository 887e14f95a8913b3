package dev.greenroom.bench.relay;

import dev.greenroom.bench.Machine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// What metrics cost the relay: processor time for each message, with them over without.
///
/// Two processes of the same program differ by several percent, because the JIT compiler decides differently in
/// each, and a machine differs more from minute to minute. So there are many pairs of processes, and each pair
/// alternates every second, starting with a different one each time.
public final class MetricsBench {
    private static final boolean QUICK = Boolean.getBoolean("bench.quick");
    private static final int PAIRS = QUICK ? 1 : 5;
    private static final int TURNS = QUICK ? 2 : 8;
    private static final int CONNECTIONS = 32;
    private static final Map<String, Integer> SIZES = Map.of("1 KB", 1024, "16 KB", 16 * 1024);
    private static final Duration WARM_UP = Duration.ofSeconds(QUICK ? 2 : 8);
    private static final Duration SETTLE = Duration.ofMillis(100);
    private static final Duration TURN = Duration.ofSeconds(1);
    private static final double GOAL = 1.02;

    private final LoadGenerator load;
    private final Peers peers;

    private MetricsBench(LoadGenerator load, Peers peers) {
        this.load = load;
        this.peers = peers;
    }

    /// Measures, prints, and writes `bench/results/metrics.md`, unless `-Dbench.quick=true`.
    ///
    /// @param args the checkout, nothing, the commit
    public static void main(String[] args) throws IOException, InterruptedException {
        var checkout = Path.of(args[0]).toAbsolutePath();
        var folder = Files.createTempDirectory("greenroom-bench");
        var load = LoadGenerator.build(checkout, folder);
        var port = PinnedProcess.freePort();
        try (var _ = load.backend(port)) {
            var report = new MetricsBench(load, new Peers(checkout, folder, port)).report(args[2]);
            if (!QUICK) {
                Files.writeString(checkout.resolve("bench/results/metrics.md"), report);
            }
            System.out.print(report);
        }
    }

    private String report(String commit) throws IOException, InterruptedException {
        List<Map<String, Double>> pairs = new ArrayList<>();
        for (var pair = 0; pair < PAIRS; pair++) {
            pairs.add(pair(pair % 2 == 0));
        }
        var rows = new StringBuilder();
        for (var size : SIZES.keySet().stream().sorted().toList()) {
            var ratios = pairs.stream()
                    .map(pair -> pair.getOrDefault(size, Double.NaN))
                    .sorted()
                    .toList();
            var median = ratios.get(ratios.size() / 2);
            rows.append(String.format(
                    Locale.ROOT,
                    "| %s | %.3f | %.3f to %.3f | %s |%n",
                    size,
                    median,
                    ratios.getFirst(),
                    ratios.getLast(),
                    median <= GOAL ? "met" : "**not met**"));
        }
        return """
                # What metrics cost the relay

                %s, commit %s, %s. Java %s.

                Processor time of the proxy for each message, with metrics over `METRICS=off`. %d pairs of processes, each
                on one core; within a pair they take %d turns of a second each, one after the other. The median of the
                pairs counts; a pair differs by what the compiler made of it.

                | messages of | median | pairs | goal: at most %.2f |
                |---|--:|--:|---|
                %s""".formatted(
                        LocalDate.now(ZoneOffset.UTC),
                        commit,
                        Machine.described(),
                        System.getProperty("java.version"),
                        PAIRS,
                        TURNS,
                        GOAL,
                        rows);
    }

    /// The ratio for each size of message.
    private Map<String, Double> pair(boolean metricsFirst) throws IOException, InterruptedException {
        var first = metricsFirst ? Peer.GREENROOM : Peer.UNMEASURED;
        var second = metricsFirst ? Peer.UNMEASURED : Peer.GREENROOM;
        var results = new Results();
        try (var one = peers.start(first);
                var other = peers.start(second)) {
            for (var size : SIZES.entrySet()) {
                for (var peer : List.of(one, other)) {
                    load.echo(peer, CONNECTIONS, size.getValue(), Duration.ZERO, WARM_UP);
                }
            }
            for (var size : SIZES.entrySet()) {
                for (var turn = 0; turn < TURNS; turn++) {
                    for (var peer : turn % 2 == 0 ? List.of(one, other) : List.of(other, one)) {
                        var counted = load.echo(peer, CONNECTIONS, size.getValue(), SETTLE, TURN);
                        results.add(size.getKey(), peer.name(), counted.cpuNanos() / 1e3 / (2 * counted.done()));
                    }
                }
            }
        }
        var ratios = new HashMap<String, Double>();
        SIZES.keySet()
                .forEach(size ->
                        ratios.put(size, results.median(size, Peer.GREENROOM) / results.median(size, Peer.UNMEASURED)));
        return ratios;
    }
}
