package dev.greenroom.cli.stress;

import dev.greenroom.cli.api.GridApi.GridApiException.TokenAdvice;
import dev.greenroom.cli.terminal.Terminal;
import dev.greenroom.cli.terminal.Terminal.AnsiStyle;
import dev.greenroom.cli.terminal.Terminal.TextTable;
import dev.greenroom.cli.terminal.Terminal.TextTable.Cell;
import dev.greenroom.cli.terminal.Terminal.TextTable.Column;
import dev.greenroom.config.CommandSettings.StressSettings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/// What came of a load.
///
/// @param complete whether it was run to its end
/// @param browsers how sessions of the grid came by their browsers meanwhile; empty if it does not say so
record StressReport(
        StressSettings settings, ResultTally tally, Duration took, boolean complete, Optional<BrowserCounts> browsers) {
    private static final double MILLIS_PER_SECOND = 1_000;
    private static final Pattern LATE = Pattern.compile("^connect: .*(not done within|Timeout .*exceeded)");

    boolean isGood() {
        return complete
                && tally.failed() == 0
                && tally.done() == settings.load().sessions();
    }

    List<String> lines(Terminal terminal) {
        var lines = new ArrayList<String>();
        if (!tally.times().isEmpty()) {
            lines.addAll(table().lines(terminal));
            lines.add("");
        }
        var succeeded = tally.done() - tally.failed();
        var per = String.format(Locale.ROOT, "%.1f s, %.1f per second", seconds(), tally.done() / seconds());
        var verdict = succeeded + " of " + settings.load().sessions() + " sessions succeeded in " + per + ".";
        lines.add(terminal.ink(isGood() ? AnsiStyle.GOOD : AnsiStyle.BAD, verdict));
        browsers.ifPresent(counts -> lines.add(String.format(
                Locale.ROOT,
                "Browsers: %d warm, %d reused, %d launched on connect.",
                counts.warm(),
                counts.reused(),
                counts.launched())));
        if (!complete) {
            lines.add(terminal.ink(AnsiStyle.DOUBTFUL, "It was stopped after " + tally.done() + " of them."));
        }
        if (tally.failed() > 0) {
            lines.add("");
            lines.add(tally.failed() + " failed:");
            tally.failures().forEach(failure -> lines.add("  " + failure.count() + " × " + failure.cause()));
            if (tally.failures().stream()
                    .anyMatch(failure -> LATE.matcher(failure.cause()).find())) {
                lines.add("  → The grid did not answer in time; it lets clients wait for a slot, or for a worker of"
                        + " their browser. `greenroom status` shows which workers there are; with a longer --timeout,"
                        + " the grid's refusal says why.");
            }
            tally.failures().stream()
                    .flatMap(failure -> TokenAdvice.ofSession(settings.grid(), failure.cause()).stream())
                    .distinct()
                    .forEach(advice -> lines.add("  → " + advice));
        }
        return lines;
    }

    private TextTable table() {
        var table = new TextTable(List.of(
                new Column("PHASE", false, 0),
                new Column("P50", true, 4),
                new Column("P90", true, 1),
                new Column("P99", true, 3),
                new Column("MAX", true, 2)));
        tally.times()
                .forEach((phase, times) -> table.add(List.of(
                        Cell.of(phase.word()),
                        cell(times.p50()),
                        cell(times.p90()),
                        cell(times.p99()),
                        cell(times.max()))));
        return table;
    }

    private static Cell cell(double millis) {
        return Cell.of(
                millis < MILLIS_PER_SECOND
                        ? String.format(Locale.ROOT, "%.0f ms", millis)
                        : String.format(Locale.ROOT, "%.2f s", millis / MILLIS_PER_SECOND));
    }

    private double seconds() {
        return Math.max(1, took.toMillis()) / MILLIS_PER_SECOND;
    }

    Map<String, Object> json() {
        var phases = new LinkedHashMap<String, ResultTally.Times>();
        tally.times().forEach((phase, times) -> phases.put(phase.word(), times));
        var json = new LinkedHashMap<String, Object>();
        json.put("url", settings.grid().url());
        json.put("browser", settings.load().browser().wireName());
        json.put("protocol", settings.load().protocol().wireName());
        json.put("sessions", settings.load().sessions());
        json.put("concurrency", settings.load().concurrency());
        json.put("complete", complete);
        json.put("succeeded", tally.done() - tally.failed());
        json.put("failed", tally.failed());
        json.put("seconds", seconds());
        json.put("millis", phases);
        browsers.ifPresent(counts -> json.put("browsers", counts));
        json.put("failures", tally.failures());
        return json;
    }
}
