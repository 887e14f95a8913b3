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
import java.util.function.Function;
import java.util.stream.Collectors;

/// The result, as Markdown.
record BrowserReport(PhaseTimes times, BenchTargets targets, Map<String, MemoryUse> memory, BenchSetup setup) {
    private static final String CONNECT = "connect";
    private static final String FIRST_PAGE = "to first page";
    private static final List<String> PHASES = List.of(CONNECT, "context", "page", "goto", "close", FIRST_PAGE, "all");

    String text(String commit, Duration took) throws IOException {
        return """
                # Sessions with real browsers

                %s, commit %s, %s. Java %s, Playwright %s, %s. All in one run of %d s, one after the other, %d rounds, %d \
                with the most concurrent sessions; load %.1f at the end.

                One Node.js process runs the sessions: connect (or launch), new context, new page, goto of a page on this machine,
                close. All targets use the same Playwright, Node.js and browser, launched with the same options by the same user,
                without its sandbox. The bare server is one browser process for all sessions. Tables show p50 / p99 in milliseconds.

                ## Goals

                %s
                ## Sequential, warm

                A pause after each session, in which warm browsers are refilled; %d sessions for each target.

                %s
                %s## Reconnecting clients

                %s
                ## Sessions per second

                Without pauses; medians of the rounds. × is the median of the rounds' ratios to local launches.

                %s
                ## Driver processes

                %s
                ## Memory

                Proportional set of the whole process tree (program, drivers, browsers), each target measured alone; idle
                with its warm browsers, and for each of %d sessions with a page.

                %s""".formatted(
                        LocalDate.now(ZoneOffset.UTC),
                        commit,
                        Machine.described(),
                        Runtime.version().feature(),
                        setup.playwright(),
                        browserVersion(),
                        took.toSeconds(),
                        BrowserBench.ROUNDS,
                        BrowserBench.ROUNDS_OF_MOST,
                        ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage(),
                        goals(),
                        times.count(BrowserBench.WARM, BenchTarget.SESSION),
                        phases(BrowserBench.WARM),
                        saturated(),
                        reconnectTable(),
                        rates(),
                        hosts(),
                        MemoryUse.SESSIONS,
                        memoryTable());
    }

    private String saturated() {
        return BrowserBench.CONCURRENCY.stream()
                .map(concurrency -> "## " + BrowserBench.load(concurrency) + " sessions, without pauses\n\n"
                        + phases(BrowserBench.load(concurrency)) + "\n")
                .collect(Collectors.joining());
    }

    /// How long connects took; the longest counts.
    String reconnectTable() {
        var table = new StringBuilder("""
                %d connects by %d clients that connect again and again, without pauses and without a warm-up; milliseconds. \
                Goal: the longest takes at most five medians and one launch (the median of the local launches).

                | | median | p99 | longest | longest / goal |
                |---|--:|--:|--:|--:|
                """.formatted(BrowserBench.RECONNECTS, BrowserBench.RECONNECTING_CLIENTS));
        targets.all()
                .forEach(target -> table.append(String.format(
                        Locale.ROOT,
                        "| %s | %.0f | %.0f | %.0f | %.2f |%n",
                        target.name(),
                        connect(target.name(), 0.5),
                        connect(target.name(), 0.99),
                        connect(target.name(), 1),
                        longestToGoal(target.name()))));
        return table.toString();
    }

    private double connect(String target, double quantile) {
        return times.millis(BrowserBench.RECONNECT, target, CONNECT, quantile);
    }

    private double longestToGoal(String target) {
        return connect(target, 1) / (5 * connect(target, 0.5) + connect(BenchTarget.LOCAL, 0.5));
    }

    private String phases(String load) {
        return table(PHASES, phase -> target -> times.cell(load, target, phase));
    }

    private String rates() {
        var loads = BrowserBench.CONCURRENCY.stream().map(BrowserBench::load).toList();
        return table(
                loads,
                load -> target -> String.format(
                        Locale.ROOT,
                        "%.1f (× %.2f)",
                        times.rate(load, target),
                        times.rateRatio(load, target, BenchTarget.LOCAL)));
    }

    private String table(List<String> columns, Function<String, Function<String, String>> cell) {
        var table =
                new StringBuilder("| | ").append(String.join(" | ", columns)).append(" |\n|---");
        table.append("|--:".repeat(columns.size())).append("|\n");
        for (var target : targets.all()) {
            table.append("| ").append(target.name());
            columns.forEach(
                    column -> table.append(" | ").append(cell.apply(column).apply(target.name())));
            table.append(" |\n");
        }
        return table.toString();
    }

    private String hosts() {
        var load = BrowserBench.load(BrowserBench.MOST);
        return """
                `ISOLATION=session`, %s, sessions per second: %.1f with %d driver process(es), which is the default here; \
                %.1f with %d (× %.2f).
                """.formatted(
                        load,
                        times.rate(load, BenchTarget.SESSION),
                        BenchTargets.defaultHosts(),
                        times.rate(load, BenchTarget.HOSTS),
                        targets.otherHosts(),
                        times.rateRatio(load, BenchTarget.HOSTS, BenchTarget.SESSION));
    }

    private String memoryTable() {
        var table = new StringBuilder("| | idle | per session | start to ready |\n|---|--:|--:|--:|\n");
        memory.forEach((target, use) -> table.append(String.format(
                Locale.ROOT,
                "| %s | %d MB | %d MB | %.1f s |%n",
                target,
                use.atRestMegabytes(),
                use.perSessionMegabytes(),
                use.readyNanos() / 1e9)));
        return table.toString();
    }

    private String goals() {
        var connect = warm(BenchTarget.SESSION, CONNECT) / warm(BenchTarget.BARE, CONNECT);
        var first = warm(BenchTarget.SESSION, FIRST_PAGE) / warm(BenchTarget.LOCAL, FIRST_PAGE);
        var most = BrowserBench.load(BrowserBench.MOST);
        var shared = times.rateRatio(most, BenchTarget.SHARED, BenchTarget.BARE);
        var session = times.rateRatio(most, BenchTarget.SESSION, BenchTarget.LOCAL);
        return "| goal | measured | |\n|---|--:|---|\n"
                + row("warm connect through `up`: at most 1.3 of the bare server's, p50", connect, connect <= 1.3)
                + row("connect to first page through `up`: at most 0.6 of a local launch, p50", first, first <= 0.6)
                + row("sessions per second, shared: at least 0.95 of the bare server", shared, shared >= 0.95)
                + row("sessions per second, session: at least 0.9 of local launches", session, session >= 0.9)
                + row(
                        "longest of %d connects by %d clients through `up`: at most five medians and one launch"
                                .formatted(BrowserBench.RECONNECTS, BrowserBench.RECONNECTING_CLIENTS),
                        longestToGoal(BenchTarget.SESSION),
                        longestToGoal(BenchTarget.SESSION) <= 1);
    }

    private double warm(String target, String phase) {
        return times.millis(BrowserBench.WARM, target, phase, 0.5);
    }

    private static String row(String goal, double ratio, boolean met) {
        return String.format(Locale.ROOT, "| %s | %.2f | %s |%n", goal, ratio, met ? "met" : "**not met**");
    }

    private String browserVersion() throws IOException {
        var asked = new ProcessBuilder(setup.browser().toString(), "--version").start();
        try (var answer = asked.inputReader()) {
            var line = answer.readLine();
            return line == null ? "unknown browser" : line.strip();
        }
    }
}
