package dev.greenroom.bench.relay;

import dev.greenroom.bench.RegistryServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;

/// How long `./greenroom proxy` takes to be ready, and how fast it is then.
///
/// @param results milliseconds, and connects per second
record StartTimes(Results results) {
    private static final int ROUNDS = 11;
    private static final String NO_CACHE = "-XX:AOTMode=off";
    private static final String WITH = "with AOT cache";
    private static final String WITHOUT = "without";
    private static final String READY = "ms to ready";
    private static final String FIRST = "connects in the first second";
    private static final String TENTH = "connects in the tenth second";
    private static final int CONNECTING = 64;
    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final Duration EIGHT_SECONDS = Duration.ofSeconds(8);

    /// Measures and prints these alone, without the relay.
    ///
    /// @param args the checkout
    public static void main(String[] args) throws IOException, InterruptedException {
        var checkout = Path.of(args[0]).toAbsolutePath();
        var load = LoadGenerator.build(checkout, Files.createTempDirectory("greenroom-bench"));
        var port = PinnedProcess.freePort();
        try (var _ = load.backend(port)) {
            System.out.print(measure(checkout, load, port, ROUNDS).table());
        }
    }

    static StartTimes measure(Path checkout, LoadGenerator load, int backend, int rounds)
            throws IOException, InterruptedException {
        var results = new Results();
        try (var redis = RegistryServer.start()) {
            var product = new Product(checkout, redis, load.folder());
            product.build();
            product.enroll(backend);
            for (var round = 0; round < rounds; round++) {
                for (var flags : List.of("", NO_CACHE)) {
                    try (var running = product.start(flags, false)) {
                        results.add(READY, name(flags), running.readyNanos() / 1e6);
                    }
                }
            }
            for (var round = 0; round < Math.max(1, rounds / 4); round++) {
                for (var flags : List.of("", NO_CACHE)) {
                    connects(product, load, results, flags);
                }
            }
        }
        return new StartTimes(results);
    }

    private static String name(String flags) {
        return flags.equals(NO_CACHE) ? WITHOUT : WITH;
    }

    private static void connects(Product product, LoadGenerator load, Results results, String flags)
            throws IOException, InterruptedException {
        try (var running = product.start(flags, true)) {
            var first = load.connect(running.peer(), CONNECTING, Duration.ZERO, SECOND);
            load.connect(running.peer(), CONNECTING, Duration.ZERO, EIGHT_SECONDS);
            var tenth = load.connect(running.peer(), CONNECTING, Duration.ZERO, SECOND);
            results.add(FIRST, name(flags), first.perSecond());
            results.add(TENTH, name(flags), tenth.perSecond());
        }
    }

    double readyMillis() {
        return results.median(READY, WITH);
    }

    String table() {
        var table = new StringBuilder("| | " + WITH + " | " + WITHOUT + " |\n|---|--:|--:|\n");
        for (var row : List.of(READY, FIRST, TENTH)) {
            table.append(String.format(
                    Locale.ROOT,
                    "| %s | %,.0f | %,.0f |%n",
                    row,
                    results.median(row, WITH),
                    results.median(row, WITHOUT)));
        }
        return table.toString();
    }
}
