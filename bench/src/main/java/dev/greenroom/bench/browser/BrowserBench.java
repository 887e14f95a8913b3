package dev.greenroom.bench.browser;

import dev.greenroom.bench.browser.Client.Load;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/// Sessions with real browsers: how long each phase takes, how many a second, and what memory they need.
///
/// All sides are measured in one run, in turn, so that whatever else the machine does hits all alike.
public final class BrowserBench {
    private static final boolean QUICK = Boolean.getBoolean("bench.quick");
    static final List<Integer> CONCURRENCY = List.of(1, 5, 10);
    static final int MOST = 10;
    static final int ROUNDS = QUICK ? 1 : 3;

    /// Of those with the most sessions at once, which say whether goals are met.
    static final int ROUNDS_OF_MOST = QUICK ? 1 : 8;

    private static final int WARM_UPS = QUICK ? 8 : 30;
    private static final int WARM_TASKS = QUICK ? 6 : 40;
    private static final long REFILL_MILLIS = 400;
    private static final long SETTLE_MILLIS = 500;
    private static final long ROUND_MILLIS = QUICK ? 1_000 : 2_200;
    private static final long ROUND_MILLIS_OF_MOST = QUICK ? 1_000 : 4_000;

    /// A grid warms itself up while nobody is there; one that has served for a while has done so.
    private static final long OWN_WARM_UP_MILLIS = QUICK ? 1_000 : 30_000;

    /// So many clients, each of which connects again and again, and connects of all of them.
    static final int CLIENTS_IN_TURN = 5;

    static final int CONNECTS_IN_TURN = QUICK ? 30 : 300;

    private static final int ANY = 1_000_000;

    static final String IN_TURN = "in turn";

    static final String WARM = "warm";

    private final Client client;
    private final Sides sides;
    private final Figures figures = new Figures();

    private BrowserBench(Client client, Sides sides) {
        this.client = client;
        this.sides = sides;
    }

    static String load(int concurrency) {
        return concurrency + " at once";
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
            var grounds = Grounds.prepare(checkout, Path.of(args[1]));
            try (var client = Client.start(grounds);
                    var sides = Sides.start(grounds)) {
                var bench = new BrowserBench(client, sides);
                bench.measureInTurn();
                System.out.print(new BrowserReport(bench.figures, sides, Map.of(), grounds).inTurn());
            }
        }
    }

    /// Measures and prints; writes `bench/results/browser.md` unless it is to be quick.
    ///
    /// @param args the checkout, the browser's executable, the commit
    public static void main(String[] args) throws Exception {
        var began = System.nanoTime();
        var checkout = Path.of(args[0]).toAbsolutePath();
        build(checkout);
        var grounds = Grounds.prepare(checkout, Path.of(args[1]));
        try (var client = Client.start(grounds)) {
            var memory = MemoryUse.measure(grounds, client);
            try (var sides = Sides.start(grounds)) {
                var bench = new BrowserBench(client, sides);
                bench.measure();
                var took = Duration.ofNanos(System.nanoTime() - began);
                var report = new BrowserReport(bench.figures, sides, memory, grounds).text(args[2], took);
                System.out.print(report);
                if (!QUICK) {
                    Files.writeString(checkout.resolve("bench/results/browser.md"), report);
                }
            }
        }
    }

    /// Builds it where it is not built; nothing of that is measured.
    private static void build(Path checkout) throws IOException, InterruptedException {
        var built = new ProcessBuilder(checkout.resolve("greenroom").toString(), "--help")
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start()
                .waitFor();
        if (built != 0) {
            throw new IOException("./greenroom could not be built");
        }
    }

    /// First, as long as a grid has served nobody: what is cold counts, too.
    private void measureInTurn() throws IOException {
        for (var side : sides.all()) {
            client.await(side);
            measure(IN_TURN, side, new Load(CLIENTS_IN_TURN, CONNECTS_IN_TURN, Long.MAX_VALUE, 0));
        }
    }

    private void measure() throws IOException {
        measureInTurn();
        for (var side : sides.all()) {
            warmUp(side, side.name().equals(Side.LOCAL) ? 2 : WARM_UPS);
        }
        warmUp(sides.hosts(), WARM_UPS);
        client.hold(sides.hosts(), 0, OWN_WARM_UP_MILLIS);
        for (var round = 0; round < ROUNDS_OF_MOST; round++) {
            for (var concurrency : CONCURRENCY) {
                if (concurrency == MOST || round < ROUNDS) {
                    round(round, concurrency);
                }
            }
        }
        // Last: by now every side has served some hundred sessions.
        for (var task = 0; task < WARM_TASKS; task++) {
            for (var side : sides.all()) {
                measure(WARM, side, new Load(1, 1, Long.MAX_VALUE, REFILL_MILLIS));
            }
        }
    }

    /// There and back: whoever follows a side that wears the machine out does so in every other round only.
    private void round(int round, int concurrency) throws IOException {
        var order = round % 2 == 0 ? sides.all() : sides.all().reversed();
        for (var side : order) {
            saturate(side, concurrency);
        }
        if (concurrency == MOST && round < ROUNDS) {
            saturate(sides.hosts(), concurrency);
        }
    }

    /// Code that is new to a JVM is slow; a grid that serves is not new.
    private void warmUp(Side side, int sessions) throws IOException {
        client.await(side);
        client.run(side, new Load(2, sessions, Long.MAX_VALUE, 0));
    }

    private void saturate(Side side, int concurrency) throws IOException {
        var millis = concurrency == MOST ? ROUND_MILLIS_OF_MOST : ROUND_MILLIS;
        measure(load(concurrency), side, new Load(concurrency, ANY, millis, 0));
        client.hold(side, 0, SETTLE_MILLIS);
    }

    private void measure(String load, Side side, Load how) throws IOException {
        figures.add(load, side.name(), client.run(side, how));
    }
}
