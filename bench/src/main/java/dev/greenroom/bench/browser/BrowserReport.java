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

/// The result, as it is committed.
record BrowserReport(Figures figures, Sides sides, Map<String, MemoryUse> memory, Grounds grounds) {
    private static final String CONNECT = "connect";
    private static final String FIRST_PAGE = "to first page";
    private static final List<String> PHASES = List.of(CONNECT, "context", "page", "goto", "close", FIRST_PAGE, "all");

    String text(String commit, Duration took) throws IOException {
        return """
                # Sessions with real browsers

                %s, commit %s, %s. Java %s, Playwright %s, %s. All in one run of %d s, in turn, %d rounds, %d with the \
                most sessions at once; load %.1f when it ended.

                One node runs the sessions: connect (or launch), new context, new page, goto of a page on this machine,
                close. All sides have the same Playwright, node and browser, and launch it alike, as one user and without
                its sandbox. The bare server is one browser process for all. Tables show p50 / p99 in milliseconds.

                ## Goals

                %s
                ## One after the other, warm

                A pause after each session, in which warm browsers are refilled; the sides in turn, %d sessions each.

                %s
                %s## First come, first served

                %s
                ## Sessions per second

                Without pauses; medians of the rounds. × is the median of the rounds' ratios to local launches.

                %s
                ## Driver processes

                %s
                ## Memory

                Proportional set of the whole tree (program, drivers, browsers), each side alone; at rest with its warm
                browsers, and for each of %d sessions with a page.

                %s""".formatted(
                        LocalDate.now(ZoneOffset.UTC),
                        commit,
                        Machine.described(),
                        Runtime.version().feature(),
                        grounds.playwright(),
                        browserVersion(),
                        took.toSeconds(),
                        BrowserBench.ROUNDS,
                        BrowserBench.ROUNDS_OF_MOST,
                        ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage(),
                        goals(),
                        figures.count(BrowserBench.WARM, Side.SESSION),
                        phases(BrowserBench.WARM),
                        saturated(),
                        inTurn(),
                        rates(),
                        hosts(),
                        MemoryUse.SESSIONS,
                        memoryTable());
    }

    private String saturated() {
        return BrowserBench.CONCURRENCY.stream()
                .map(concurrency -> "## " + BrowserBench.load(concurrency) + ", without pauses\n\n"
                        + phases(BrowserBench.load(concurrency)) + "\n")
                .collect(Collectors.joining());
    }

    /// How long connects took, by who waited longest.
    String inTurn() {
        var table = new StringBuilder("""
                %d connects by %d clients that connect again and again, without pauses and without a warm-up; milliseconds. \
                Goal: the longest takes at most five medians and one launch (the median of the local launches).

                | | median | p99 | longest | longest / goal |
                |---|--:|--:|--:|--:|
                """.formatted(BrowserBench.CONNECTS_IN_TURN, BrowserBench.CLIENTS_IN_TURN));
        sides.all()
                .forEach(side -> table.append(String.format(
                        Locale.ROOT,
                        "| %s | %.0f | %.0f | %.0f | %.2f |%n",
                        side.name(),
                        connect(side.name(), 0.5),
                        connect(side.name(), 0.99),
                        connect(side.name(), 1),
                        longestToGoal(side.name()))));
        return table.toString();
    }

    private double connect(String side, double quantile) {
        return figures.millis(BrowserBench.IN_TURN, side, CONNECT, quantile);
    }

    private double longestToGoal(String side) {
        return connect(side, 1) / (5 * connect(side, 0.5) + connect(Side.LOCAL, 0.5));
    }

    private String phases(String load) {
        return table(PHASES, phase -> side -> figures.cell(load, side, phase));
    }

    private String rates() {
        var loads = BrowserBench.CONCURRENCY.stream().map(BrowserBench::load).toList();
        return table(
                loads,
                load -> side -> String.format(
                        Locale.ROOT,
                        "%.1f (× %.2f)",
                        figures.rate(load, side),
                        figures.rateRatio(load, side, Side.LOCAL)));
    }

    private String table(List<String> columns, Function<String, Function<String, String>> cell) {
        var table =
                new StringBuilder("| | ").append(String.join(" | ", columns)).append(" |\n|---");
        table.append("|--:".repeat(columns.size())).append("|\n");
        for (var side : sides.all()) {
            table.append("| ").append(side.name());
            columns.forEach(
                    column -> table.append(" | ").append(cell.apply(column).apply(side.name())));
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
                        figures.rate(load, Side.SESSION),
                        Sides.defaultHosts(),
                        figures.rate(load, Side.HOSTS),
                        sides.otherHosts(),
                        figures.rateRatio(load, Side.HOSTS, Side.SESSION));
    }

    private String memoryTable() {
        var table = new StringBuilder("| | at rest | per session | start to ready |\n|---|--:|--:|--:|\n");
        memory.forEach((side, use) -> table.append(String.format(
                Locale.ROOT,
                "| %s | %d MB | %d MB | %.1f s |%n",
                side,
                use.atRestMegabytes(),
                use.perSessionMegabytes(),
                use.readyNanos() / 1e9)));
        return table.toString();
    }

    private String goals() {
        var connect = warm(Side.SESSION, CONNECT) / warm(Side.BARE, CONNECT);
        var first = warm(Side.SESSION, FIRST_PAGE) / warm(Side.LOCAL, FIRST_PAGE);
        var most = BrowserBench.load(BrowserBench.MOST);
        var shared = figures.rateRatio(most, Side.SHARED, Side.BARE);
        var session = figures.rateRatio(most, Side.SESSION, Side.LOCAL);
        return "| goal | measured | |\n|---|--:|---|\n"
                + row("warm connect through `up`: at most 1.3 of the bare server's, p50", connect, connect <= 1.3)
                + row("connect to first page through `up`: at most 0.6 of a local launch, p50", first, first <= 0.6)
                + row("sessions per second, shared: at least 0.95 of the bare server", shared, shared >= 0.95)
                + row("sessions per second, session: at least 0.9 of local launches", session, session >= 0.9)
                + row(
                        "longest of %d connects by %d clients through `up`: at most five medians and one launch"
                                .formatted(BrowserBench.CONNECTS_IN_TURN, BrowserBench.CLIENTS_IN_TURN),
                        longestToGoal(Side.SESSION),
                        longestToGoal(Side.SESSION) <= 1);
    }

    private double warm(String side, String phase) {
        return figures.millis(BrowserBench.WARM, side, phase, 0.5);
    }

    private static String row(String goal, double ratio, boolean met) {
        return String.format(Locale.ROOT, "| %s | %.2f | %s |%n", goal, ratio, met ? "met" : "**not met**");
    }

    private String browserVersion() throws IOException {
        var asked = new ProcessBuilder(grounds.browser().toString(), "--version").start();
        try (var answer = asked.inputReader()) {
            var line = answer.readLine();
            return line == null ? "unknown browser" : line.strip();
        }
    }
}
