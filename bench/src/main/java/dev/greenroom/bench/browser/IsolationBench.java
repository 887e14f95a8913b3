package dev.greenroom.bench.browser;

import dev.greenroom.bench.Machine;
import dev.greenroom.bench.browser.SessionClient.SessionLoad;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/// What the levels of `DRIVER_ISOLATION` cost: connects, sessions a second, memory. All in one run, in turn.
public final class IsolationBench {
    private static final boolean QUICK = Boolean.getBoolean("bench.quick");
    private static final int ROUNDS = QUICK ? 1 : 8;
    private static final int WARM_TASKS = QUICK ? 6 : 40;
    private static final String WARM = "warm";
    private static final int WARM_UPS = QUICK ? 6 : 20;
    private static final long ROUND_MILLIS = QUICK ? 1_000 : 4_000;
    private static final long PAUSE_MILLIS = 400;
    private static final long SETTLE_MILLIS = 500;
    private static final long MEMORY_SETTLE_MILLIS = 3_000;
    private static final int MEMORY_SESSIONS = 8;
    private static final List<Integer> CONCURRENCY = List.of(1, 5, 10);
    private static final int ANY = 1_000_000;
    private static final double LIMIT = 1.05;

    private static final Level WORKER = new Level("`worker`", "worker", 1);
    private static final Level TENANT = new Level("`tenant`, 1 tenant", "tenant", 1);
    private static final List<Level> LEVELS = List.of(
            WORKER, TENANT, new Level("`tenant`, 3 tenants", "tenant", 3), new Level("`session`", "session", 1));

    /// A level with the tenants that come to it in turn.
    private record Level(String name, String isolation, int tenants) {
        private static String token(int tenant) {
            return "tenant" + tenant + "-0123456789abcdef";
        }

        BenchProcess start(BenchSetup setup) throws IOException {
            var tokens = IntStream.range(0, tenants)
                    .mapToObj(tenant -> "tenant" + tenant + ":" + token(tenant))
                    .collect(Collectors.joining(","));
            return setup.up(Map.of("DRIVER_ISOLATION", isolation, "AUTH_TOKENS", tokens));
        }

        BenchTarget side(BenchProcess up) {
            return BenchTarget.connect(
                    name,
                    IntStream.range(0, tenants)
                            .mapToObj(tenant -> up.said().replace("ws://", "ws://" + token(tenant) + "@"))
                            .toList());
        }
    }

    private record Use(ProcessMemory.Split atRest, ProcessMemory.Split used) {}

    private IsolationBench() {}

    /// Measures and prints; writes `bench/results/isolation.md` unless it is to be quick.
    ///
    /// @param args the checkout, the browser's executable, the commit
    public static void main(String[] args) throws Exception {
        var checkout = Path.of(args[0]).toAbsolutePath();
        BrowserBench.build(checkout);
        var setup = BenchSetup.prepare(checkout, Path.of(args[1]));
        try (var client = SessionClient.start(setup)) {
            var memory = new LinkedHashMap<Level, Use>();
            for (var level : LEVELS) {
                memory.put(level, memory(setup, client, level));
            }
            var times = measure(setup, client);
            var report = report(setup, times, memory, args[2]);
            System.out.print(report);
            if (!QUICK) {
                Files.writeString(checkout.resolve("bench/results/isolation.md"), report);
            }
        }
    }

    private static String load(int concurrency) {
        return concurrency + " concurrent";
    }

    private static Use memory(BenchSetup setup, SessionClient client, Level level) throws IOException {
        try (var up = level.start(setup)) {
            var side = level.side(up);
            client.await(side);
            client.run(side, new SessionLoad(1, MEMORY_SESSIONS, Long.MAX_VALUE, 0));
            client.hold(side, 0, MEMORY_SETTLE_MILLIS);
            var atRest = ProcessMemory.split(up.process().toHandle());
            client.hold(side, MEMORY_SESSIONS, MEMORY_SETTLE_MILLIS);
            var used = ProcessMemory.split(up.process().toHandle());
            client.release();
            return new Use(atRest, used);
        }
    }

    private static PhaseTimes measure(BenchSetup setup, SessionClient client) throws IOException {
        var times = new PhaseTimes();
        var running = new ArrayDeque<BenchProcess>();
        try {
            var sides = new ArrayList<BenchTarget>();
            for (var level : LEVELS) {
                running.push(level.start(setup));
                sides.add(level.side(running.peek()));
            }
            for (var side : sides) {
                client.await(side);
                client.run(side, new SessionLoad(2, WARM_UPS, Long.MAX_VALUE, 0));
            }
            for (var round = 0; round < ROUNDS; round++) {
                for (var concurrency : CONCURRENCY) {
                    for (var side : round % 2 == 0 ? sides : sides.reversed()) {
                        var outcome = client.run(side, new SessionLoad(concurrency, ANY, ROUND_MILLIS, 0));
                        times.add(load(concurrency), side.name(), outcome);
                        client.hold(side, 0, SETTLE_MILLIS);
                    }
                }
            }
            for (var task = 0; task < WARM_TASKS; task++) {
                for (var side : task % 2 == 0 ? sides : sides.reversed()) {
                    times.add(WARM, side.name(), client.run(side, new SessionLoad(1, 1, Long.MAX_VALUE, PAUSE_MILLIS)));
                }
            }
            return times;
        } finally {
            running.forEach(BenchProcess::close);
        }
    }

    private static String report(BenchSetup setup, PhaseTimes times, Map<Level, Use> memory, String commit)
            throws IOException {
        var connect = warm(times, TENANT, "connect") / warm(times, WORKER, "connect");
        var session = warm(times, TENANT, "all") / warm(times, WORKER, "all");
        var slower = 1 / times.rateRatio(load(10), TENANT.name(), WORKER.name());
        return """
                # Levels of DRIVER_ISOLATION

                %s, commit %s, %s. Playwright %s. All in one run, in turn, %d rounds; load %.1f when it ended. Each side is
                `greenroom up` with the defaults, in which clients of one tenant, or of three in turn, open sessions: connect,
                new context, new page, goto, close. × is the ratio to `worker`, as the median of the rounds' ratios for
                sessions per second, and of the medians otherwise.

                ## Goals

                | `tenant` with one tenant, at most 5 %% slower than `worker` | measured | |
                |---|--:|---|
                %s%s%s
                ## One after the other, warm

                Milliseconds, p50 / p99, with a pause after each session; %d sessions each.

                %s
                ## Sessions per second

                Without pauses.

                %s
                ## Memory

                Proportional set in MB, each side alone: at rest after %d sessions, with its warm browsers; then with %d
                sessions, each with a page.

                | | program | drivers at rest | drivers in use | browsers at rest | browsers in use | all in use | × |
                |---|--:|--:|--:|--:|--:|--:|--:|
                %s""".formatted(
                LocalDate.now(ZoneOffset.UTC),
                commit,
                Machine.described(),
                setup.playwright(),
                ROUNDS,
                ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage(),
                goal("warm connect, p50", connect),
                goal("whole warm session, p50", session),
                goal("sessions, 10 at once", slower),
                times.count(WARM, WORKER.name()),
                table(
                        List.of("connect", "to first page", "all"),
                        phase -> level -> String.format(
                                Locale.ROOT,
                                "%s (× %.2f)",
                                times.cell(WARM, level.name(), phase),
                                warm(times, level, phase) / warm(times, WORKER, phase))),
                table(
                        CONCURRENCY.stream().map(IsolationBench::load).toList(),
                        load -> level -> String.format(
                                Locale.ROOT,
                                "%.1f (× %.2f)",
                                times.rate(load, level.name()),
                                times.rateRatio(load, level.name(), WORKER.name()))),
                MEMORY_SESSIONS,
                MEMORY_SESSIONS,
                memory.entrySet().stream()
                        .map(it -> memoryRow(it.getKey(), it.getValue(), Objects.requireNonNull(memory.get(WORKER))))
                        .collect(Collectors.joining()));
    }

    private static double warm(PhaseTimes times, Level level, String phase) {
        return times.millis(WARM, level.name(), phase, 0.5);
    }

    private static String goal(String what, double ratio) {
        return String.format(Locale.ROOT, "| %s | %.2f | %s |%n", what, ratio, ratio <= LIMIT ? "met" : "**not met**");
    }

    private static String table(List<String> columns, Function<String, Function<Level, String>> cell) {
        var table =
                new StringBuilder("| | ").append(String.join(" | ", columns)).append(" |\n|---");
        table.append("|--:".repeat(columns.size())).append("|\n");
        for (var level : LEVELS) {
            table.append("| ").append(level.name());
            columns.forEach(
                    column -> table.append(" | ").append(cell.apply(column).apply(level)));
            table.append(" |\n");
        }
        return table.toString();
    }

    private static String memoryRow(Level level, Use use, Use ofWorker) {
        return String.format(
                Locale.ROOT,
                "| %s | %d | %d | %d | %d | %d | %d | %.2f |%n",
                level.name(),
                use.used().program(),
                use.atRest().drivers(),
                use.used().drivers(),
                use.atRest().browsers(),
                use.used().browsers(),
                use.used().sum(),
                (double) use.used().sum() / ofWorker.used().sum());
    }
}
