package dev.greenroom.bench.browser;

import dev.greenroom.bench.browser.SessionClient.SessionLoad;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/// Sessions with real browsers: how long each phase takes, how many a second, and what memory they need.
///
/// All targets are measured in one run, one after the other, so that other load on the machine affects all of
/// them alike.
public final class BrowserBench {
    private static final boolean QUICK = Boolean.getBoolean("bench.quick");
    static final List<Integer> CONCURRENCY = List.of(1, 5, 10);
    static final int MOST = 10;
    static final int ROUNDS = QUICK ? 1 : 3;

    /// Rounds with the most concurrent sessions, which decide whether goals are met.
    static final int ROUNDS_OF_MOST = QUICK ? 1 : 8;

    private static final int WARM_UPS = QUICK ? 8 : 30;
    private static final int WARM_TASKS = QUICK ? 6 : 40;
    private static final long REFILL_MILLIS = 400;
    private static final long SETTLE_MILLIS = 500;
    private static final long ROUND_MILLIS = QUICK ? 1_000 : 2_200;
    private static final long ROUND_MILLIS_OF_MOST = QUICK ? 1_000 : 4_000;

    /// A pause after the warm-up sessions, in which compilers and pools finish their work.
    private static final long OWN_WARM_UP_MILLIS = QUICK ? 1_000 : 30_000;

    /// Clients that connect again and again, and the total of their connects.
    static final int RECONNECTING_CLIENTS = 5;

    static final int RECONNECTS = QUICK ? 30 : 300;

    private static final int ANY = 1_000_000;

    static final String RECONNECT = "reconnect";

    static final String WARM = "warm";

    private final SessionClient client;
    private final BenchTargets targets;
    private final PhaseTimes times = new PhaseTimes();

    private BrowserBench(SessionClient client, BenchTargets targets) {
        this.client = client;
        this.targets = targets;
    }

    static String load(int concurrency) {
        return concurrency + " concurrent";
    }

    /// Measures and prints how long the longest of many connects takes, and nothing else.
    static final class LongestConnect {
        private LongestConnect() {}

        /// Runs the comparison.
        ///
        /// @param args the checkout, the browser's executable, the commit
        public static void main(String[] args) throws Exception {
            var checkout = Path.of(args[0]).toAbsolutePath();
            build(checkout);
            var setup = BenchSetup.prepare(checkout, Path.of(args[1]));
            try (var client = SessionClient.start(setup);
                    var targets = BenchTargets.start(setup)) {
                var bench = new BrowserBench(client, targets);
                bench.measureReconnects();
                System.out.print(new BrowserReport(bench.times, targets, Map.of(), setup).reconnectTable());
            }
        }
    }

    /// Measures and prints; writes `bench/results/browser.md` unless `-Dbench.quick=true`.
    ///
    /// @param args the checkout, the browser's executable, the commit
    public static void main(String[] args) throws Exception {
        var began = System.nanoTime();
        var checkout = Path.of(args[0]).toAbsolutePath();
        build(checkout);
        var setup = BenchSetup.prepare(checkout, Path.of(args[1]));
        try (var client = SessionClient.start(setup)) {
            var memory = MemoryUse.measure(setup, client);
            try (var targets = BenchTargets.start(setup)) {
                var bench = new BrowserBench(client, targets);
                bench.measure();
                var took = Duration.ofNanos(System.nanoTime() - began);
                var report = new BrowserReport(bench.times, targets, memory, setup).text(args[2], took);
                System.out.print(report);
                if (!QUICK) {
                    Files.writeString(checkout.resolve("bench/results/browser.md"), report);
                }
            }
        }
    }

    /// Builds the program if necessary, so that this is not measured.
    static void build(Path checkout) throws IOException, InterruptedException {
        var built = new ProcessBuilder(checkout.resolve("greenroom").toString(), "--help")
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start()
                .waitFor();
        if (built != 0) {
            throw new IOException("./greenroom could not be built");
        }
    }

    /// Measured first, before a grid has served any session: a cold start counts too.
    private void measureReconnects() throws IOException {
        for (var target : targets.all()) {
            client.await(target);
            measure(RECONNECT, target, new SessionLoad(RECONNECTING_CLIENTS, RECONNECTS, Long.MAX_VALUE, 0));
        }
    }

    private void measure() throws IOException {
        measureReconnects();
        for (var target : targets.all()) {
            warmUp(target, target.name().equals(BenchTarget.LOCAL) ? 2 : WARM_UPS);
        }
        warmUp(targets.hosts(), WARM_UPS);
        client.hold(targets.hosts(), 0, OWN_WARM_UP_MILLIS);
        for (var round = 0; round < ROUNDS_OF_MOST; round++) {
            for (var concurrency : CONCURRENCY) {
                if (concurrency == MOST || round < ROUNDS) {
                    round(round, concurrency);
                }
            }
        }
        // Last, when every target has served some hundred sessions.
        for (var task = 0; task < WARM_TASKS; task++) {
            for (var target : targets.all()) {
                measure(WARM, target, new SessionLoad(1, 1, Long.MAX_VALUE, REFILL_MILLIS));
            }
        }
    }

    /// Reverses the order in every other round, so that no target always follows the one that loads the machine most.
    private void round(int round, int concurrency) throws IOException {
        var order = round % 2 == 0 ? targets.all() : targets.all().reversed();
        for (var target : order) {
            saturate(target, concurrency);
        }
        if (concurrency == MOST && round < ROUNDS) {
            saturate(targets.hosts(), concurrency);
        }
    }

    /// Runs sessions that are not counted, so that the JVM has compiled its code.
    private void warmUp(BenchTarget target, int sessions) throws IOException {
        client.await(target);
        client.run(target, new SessionLoad(2, sessions, Long.MAX_VALUE, 0));
    }

    private void saturate(BenchTarget target, int concurrency) throws IOException {
        var millis = concurrency == MOST ? ROUND_MILLIS_OF_MOST : ROUND_MILLIS;
        measure(load(concurrency), target, new SessionLoad(concurrency, ANY, millis, 0));
        client.hold(target, 0, SETTLE_MILLIS);
    }

    private void measure(String load, BenchTarget target, SessionLoad how) throws IOException {
        times.add(load, target.name(), client.run(target, how));
    }
}
