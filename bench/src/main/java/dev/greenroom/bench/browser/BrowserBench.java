package dev.greenroom.bench.browser;

import dev.greenroom.bench.browser.SessionClient.SessionLoad;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Sessions with real browsers: how many a second, how long they and their parts take, what processor time and memory
/// they need, beside a bare browser server and local launches.
///
/// All targets are measured in one run, in turn, so that other load on the machine affects all of them alike. Options,
/// as `BENCH_JAVA_OPTS=-Dbench.quick=true bench/run browser`:
///
/// * `bench.quick=true`: a few sessions of each;
/// * `bench.targets=default,server,launch`: only these; `bench.loads=back-5,paused-1,memory`: only these;
/// * `bench.before=TREE`: also the default of an older checkout, in the loads that the goals need;
/// * `bench.grid=TREE`: the grid of another checkout instead of this one.
///
/// The result is written to `bench/results/browser.md` when this grid was measured without the first two.
public final class BrowserBench {
    private static final boolean QUICK = Boolean.getBoolean("bench.quick");
    private static final List<String> ONLY_TARGETS = list("bench.targets");
    private static final List<String> ONLY_LOADS = list("bench.loads");
    private static final String MEMORY = "memory";

    private static final int ANY = 1_000_000;
    private static final long PAUSE_MILLIS = 1_000;
    private static final int WARM_UPS = QUICK ? 4 : 20;

    /// Counted as processor time of the sessions: what was taken from the shelf is filled up again.
    private static final long SETTLE_MILLIS = 700;

    private static final long IDLE_MILLIS = QUICK ? 3_000 : 60_000;
    private static final long SHORT_IDLE_MILLIS = QUICK ? 3_000 : 8_000;
    private static final long LONGEST_ROUND_MILLIS = 60_000;

    static final Load BACK_1 = new Load("back-1", "1 client, back to back", 1, 0, ANY, QUICK ? 2_000 : 6_000, 2, true);

    /// 300 connects in all.
    static final Load BACK_5 = new Load(
            "back-5", "5 clients, back to back", 5, 0, QUICK ? 25 : 150, QUICK ? 8_000 : LONGEST_ROUND_MILLIS, 2, true);

    private static final Load BACK_10 =
            new Load("back-10", "10 clients, back to back", 10, 0, ANY, QUICK ? 2_000 : 5_000, 2, false);
    static final Load PAUSED_1 =
            new Load("paused-1", "1 client, a pause of 1 s", 1, PAUSE_MILLIS, ANY, QUICK ? 4_000 : 17_000, 1, true);
    private static final Load PAUSED_5 =
            new Load("paused-5", "5 clients, a pause of 1 s", 5, PAUSE_MILLIS, ANY, QUICK ? 2_500 : 6_000, 1, false);
    private static final Load PAUSED_10 =
            new Load("paused-10", "10 clients, a pause of 1 s", 10, PAUSE_MILLIS, ANY, QUICK ? 2_500 : 6_000, 1, false);
    static final List<Load> LOADS = List.of(BACK_1, BACK_5, BACK_10, PAUSED_1, PAUSED_5, PAUSED_10);

    /// Sessions of a kind, in rounds.
    ///
    /// @param name for `bench.loads`
    /// @param pauseMillis after each session of a client
    /// @param sessions at most, in a round
    /// @param millis after which a round begins no session
    /// @param forGoals whether a goal is read from it
    record Load(
            String name,
            String words,
            int clients,
            long pauseMillis,
            int sessions,
            long millis,
            int rounds,
            boolean forGoals) {
        boolean includes(BenchTarget target) {
            return isWanted() && (forGoals || !target.name().equals(BenchTarget.BEFORE));
        }

        boolean isWanted() {
            return ONLY_LOADS.isEmpty() || ONLY_LOADS.contains(name);
        }
    }

    private final SessionClient client;
    private final PhaseTimes times = new PhaseTimes();

    private BrowserBench(SessionClient client) {
        this.client = client;
    }

    private static List<String> list(String property) {
        var value = System.getProperty(property, "");
        return value.isEmpty() ? List.of() : List.of(value.split(","));
    }

    /// Measures, prints, and writes the result.
    ///
    /// @param args the checkout, the browser's executable
    public static void main(String[] args) throws Exception {
        var began = System.nanoTime();
        var checkout = Path.of(args[0]).toAbsolutePath();
        var grid = Optional.ofNullable(System.getProperty("bench.grid")).map(Path::of);
        var setup = BenchSetup.prepare(grid.orElse(checkout).toAbsolutePath(), Path.of(args[1]));
        var before = Optional.ofNullable(System.getProperty("bench.before"))
                .map(Path::of)
                .map(Path::toAbsolutePath)
                .map(setup::with);
        build(setup.checkout());
        if (before.isPresent()) {
            build(before.get().checkout());
        }
        var targets = BenchTarget.all(setup, before).stream()
                .filter(it -> ONLY_TARGETS.isEmpty() || ONLY_TARGETS.contains(it.name()))
                .toList();
        try (var client = SessionClient.start(setup)) {
            var memory = ONLY_LOADS.isEmpty() || ONLY_LOADS.contains(MEMORY)
                    ? memory(setup, targets, client)
                    : Map.<String, MemoryUse>of();
            var bench = new BrowserBench(client);
            bench.measure(setup, targets);
            var took = Duration.ofNanos(System.nanoTime() - began);
            var report = new BrowserReport(bench.times, targets, memory, setup).text(took);
            System.out.print(report);
            if (!QUICK && ONLY_TARGETS.isEmpty() && ONLY_LOADS.isEmpty() && grid.isEmpty()) {
                Files.writeString(checkout.resolve("bench/results/browser.md"), report);
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

    private static Map<String, MemoryUse> memory(
            BenchSetup setup, List<BenchTarget.Starter> starters, SessionClient client) throws IOException {
        var uses = new LinkedHashMap<String, MemoryUse>();
        for (var starter : starters) {
            var idle = List.of(BenchTarget.DEFAULT, BenchTarget.BEFORE).contains(starter.name())
                    ? IDLE_MILLIS
                    : SHORT_IDLE_MILLIS;
            try (var target = starter.start(setup)) {
                if (target.process().isPresent()) {
                    uses.put(
                            target.name(), MemoryUse.of(target, target.process().get(), client, idle));
                }
            }
        }
        return uses;
    }

    private void measure(BenchSetup setup, List<BenchTarget.Starter> starters) throws IOException {
        var targets = new ArrayList<BenchTarget>();
        Deque<BenchTarget> open = new ArrayDeque<>();
        try {
            for (var starter : starters) {
                var target = starter.start(setup);
                open.push(target);
                targets.add(target);
                client.await(target);
                client.run(target, new SessionLoad(2, WARM_UPS, Long.MAX_VALUE, 0));
            }
            for (var load : LOADS) {
                for (var round = 0; round < load.rounds(); round++) {
                    round(load, round % 2 == 0 ? targets : targets.reversed());
                }
            }
        } finally {
            open.forEach(BenchTarget::close);
        }
    }

    private void round(Load load, List<BenchTarget> targets) throws IOException {
        for (var target : targets) {
            if (load.includes(target)) {
                var ofTarget = target.cpuMillis();
                var ofClient = client.cpu().millis();
                var outcome = client.run(
                        target, new SessionLoad(load.clients(), load.sessions(), load.millis(), load.pauseMillis()));
                client.hold(target, 0, SETTLE_MILLIS);
                times.add(load.name(), target.name(), outcome);
                times.addCpu(
                        load.name(),
                        target.name(),
                        outcome,
                        target.cpuMillis() - ofTarget,
                        client.cpu().millis() - ofClient);
            }
        }
    }
}
