package dev.greenroom.bench.browser;

import dev.greenroom.bench.Machine;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/// The result, as Markdown.
record BrowserReport(
        PhaseTimes times, List<BenchTarget.Starter> targets, Map<String, MemoryUse> memory, BenchSetup setup) {
    private static final String SESSION = "all";
    private static final String CONNECT = "connect";
    private static final String FIRST_PAGE = "to first page";

    String text(Duration took) throws IOException {
        return """
                # Sessions with real browsers

                %s, commit %s, %s. Java %s, Playwright %s, %s. All in one run of %d s, in turn; load %.1f at the end.

                One Node.js process runs the sessions: connect (or launch), new context, new page, a `data:` URL, close. All
                targets use the same Playwright, Node.js and browser, launched by the same user, without its sandbox.

                %s
                ## Goals

                %s
                %s## Memory

                Proportional set in MB of the whole process tree, each target measured alone: idle, with its warm browsers, and
                what each of %d sessions with a page adds.

                %s""".formatted(
                        LocalDate.now(ZoneOffset.UTC),
                        setup.commit(),
                        Machine.described(),
                        Runtime.version().feature(),
                        setup.playwright(),
                        setup.browserVersion(),
                        took.toSeconds(),
                        ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage(),
                        targets.stream()
                                .map(it -> "* **" + it.name() + "**: " + it.words() + "\n")
                                .collect(Collectors.joining()),
                        goals(),
                        loads(),
                        MemoryUse.SESSIONS,
                        memoryTable());
    }

    private String loads() {
        var explained = """
                Below: medians of the rounds for rates, and of the rounds' ratios; durations in milliseconds as p50 / p95 / p99 /
                longest; processor milliseconds of the whole tree for each session, and in brackets how much of it the client has
                (all of it for local launches, whose driver is in the client).

                """;
        return BrowserBench.LOADS.stream()
                .filter(BrowserBench.Load::isWanted)
                .map(load -> "## " + load.words() + "\n\n" + table(load) + "\n")
                .collect(Collectors.joining("", explained, ""));
    }

    private String table(BrowserBench.Load load) {
        var name = load.name();
        return targets.stream()
                .map(BenchTarget.Starter::name)
                .filter(target -> times.has(name, target))
                .map(target -> String.format(
                        Locale.ROOT,
                        "| %s | %d | %.1f | %s | %s | %s | %s | %s | %s |%n",
                        target,
                        times.count(name, target),
                        times.rate(name, target),
                        ratio(times.rateRatio(name, target, BenchTarget.SERVER)),
                        ratio(times.rateRatio(name, target, BenchTarget.LAUNCH)),
                        times.longCell(name, target, SESSION),
                        times.longCell(name, target, CONNECT),
                        times.longCell(name, target, FIRST_PAGE),
                        times.cpuCell(name, target)))
                .collect(Collectors.joining("", """
                        | | sessions | a second | × server | × launch | session | connect | to first page | CPU (client) |
                        |---|--:|--:|--:|--:|--:|--:|--:|--:|
                        """, ""));
    }

    /// A goal and how to read it for a target.
    private record Goal(String words, String target, Function<String, Double> figure, double bound, boolean atLeast) {
        boolean isMetBy(double measured) {
            return atLeast ? measured >= bound : measured <= bound;
        }
    }

    private String goals() {
        // Without the setting, every session of the default has a fresh process.
        var fresh = targets.stream().anyMatch(it -> it.name().equals(BenchTarget.FRESH))
                ? BenchTarget.FRESH
                : BenchTarget.DEFAULT;
        var goals = List.of(
                new Goal(
                        "default, 1 client, rate × server",
                        BenchTarget.DEFAULT,
                        rateRatio(BrowserBench.BACK_1, BenchTarget.SERVER),
                        0.95,
                        true),
                new Goal(
                        "default, 5 clients, rate × server",
                        BenchTarget.DEFAULT,
                        rateRatio(BrowserBench.BACK_5, BenchTarget.SERVER),
                        0.9,
                        true),
                new Goal(
                        "`BROWSER_REUSE=1`, 5 clients, rate × server",
                        fresh,
                        rateRatio(BrowserBench.BACK_5, BenchTarget.SERVER),
                        0.6,
                        true),
                new Goal(
                        "`BROWSER_REUSE=1`, 5 clients, rate × launch",
                        fresh,
                        rateRatio(BrowserBench.BACK_5, BenchTarget.LAUNCH),
                        1.5,
                        true),
                new Goal(
                        "default, longest of 300 connects, 5 clients, no pause, s",
                        BenchTarget.DEFAULT,
                        target -> times.millis(BrowserBench.BACK_5.name(), target, CONNECT, 1) / 1e3,
                        0.8,
                        false),
                new Goal(
                        "default, time to first page back to back, 1 client, × launch",
                        BenchTarget.DEFAULT,
                        firstPageRatio(BrowserBench.BACK_1),
                        0.5,
                        false),
                new Goal(
                        "default, the same with a pause of 1 s",
                        BenchTarget.DEFAULT,
                        firstPageRatio(BrowserBench.PAUSED_1),
                        0.4,
                        false),
                new Goal(
                        "default, memory per isolated session, MB",
                        BenchTarget.DEFAULT,
                        memory(MemoryUse::perSessionMegabytes),
                        50,
                        false),
                new Goal(
                        "default, memory at rest, MB",
                        BenchTarget.DEFAULT,
                        memory(use -> use.atRest().sum()),
                        300,
                        false));
        return goals.stream().map(this::row).collect(Collectors.joining("", """
                | figure | before | goal | measured | |
                |---|--:|--:|--:|---|
                """, ""));
    }

    private String row(Goal goal) {
        var measured = goal.figure().apply(goal.target());
        var verdict = measured.isNaN() ? "not measured" : goal.isMetBy(measured) ? "met" : "**not met**";
        return String.format(
                Locale.ROOT,
                "| %s | %s | %s %s | %s | %s |%n",
                goal.words(),
                figure(goal.figure().apply(BenchTarget.BEFORE)),
                goal.atLeast() ? "≥" : "≤",
                figure(goal.bound()),
                figure(measured),
                verdict);
    }

    private Function<String, Double> rateRatio(BrowserBench.Load load, String to) {
        return target -> times.rateRatio(load.name(), target, to);
    }

    private Function<String, Double> firstPageRatio(BrowserBench.Load load) {
        return target -> times.millis(load.name(), target, FIRST_PAGE, 0.5)
                / times.millis(load.name(), BenchTarget.LAUNCH, FIRST_PAGE, 0.5);
    }

    private Function<String, Double> memory(Function<MemoryUse, Long> figure) {
        return target -> Optional.ofNullable(memory.get(target))
                .map(figure)
                .map(Long::doubleValue)
                .orElse(Double.NaN);
    }

    private static String figure(double value) {
        return Double.isNaN(value) ? "–" : String.format(Locale.ROOT, value >= 10 ? "%.0f" : "%.2f", value);
    }

    private static String ratio(double value) {
        return Double.isNaN(value) ? "–" : String.format(Locale.ROOT, "%.2f", value);
    }

    private String memoryTable() {
        var table = new StringBuilder("""
                | | at rest | of it program | drivers | browsers | after being idle for | per session | start to ready |
                |---|--:|--:|--:|--:|--:|--:|--:|
                """);
        memory.forEach((target, use) -> table.append(String.format(
                Locale.ROOT,
                "| %s | %d | %d | %d | %d | %d s | %d | %.1f s |%n",
                target,
                use.atRest().sum(),
                use.atRest().program(),
                use.atRest().drivers(),
                use.atRest().browsers(),
                use.idleMillis() / 1000,
                use.perSessionMegabytes(),
                use.readyNanos() / 1e9)));
        return table.toString();
    }
}
