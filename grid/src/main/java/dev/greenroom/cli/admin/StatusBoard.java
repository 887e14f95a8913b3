package dev.greenroom.cli.admin;

import dev.greenroom.cli.api.GridApi.GridState;
import dev.greenroom.cli.api.GridApi.GridState.WorkerState;
import dev.greenroom.cli.terminal.Terminal;
import dev.greenroom.cli.terminal.Terminal.AnsiStyle;
import dev.greenroom.cli.terminal.Terminal.TextTable;
import dev.greenroom.cli.terminal.Terminal.TextTable.Cell;
import dev.greenroom.cli.terminal.Terminal.TextTable.Column;
import dev.greenroom.cli.terminal.Terminal.TextTable.TimeText;
import dev.greenroom.cli.terminal.Terminal.TextTable.UsageBar;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/// The output of `greenroom status`.
///
/// @param address of the grid
/// @param state of the grid
/// @param now time of this machine, for ages
record StatusBoard(String address, GridState state, Instant now) {
    private static final int BAR_COLUMNS = 12;
    private static final int NEARLY_FULL_PERCENT = 80;
    private static final long LATE_HEARTBEAT_SECONDS = 20;

    /// The state as tables.
    List<String> lines(Terminal terminal) {
        var lines = new ArrayList<String>();
        lines.add(terminal.ink(AnsiStyle.BOLD, fit("greenroom " + address, terminal)));
        lines.addAll(warnings(terminal));
        lines.add("");
        lines.addAll(slots().lines(terminal));
        lines.add("");
        lines.addAll(
                state.workers().isEmpty()
                        ? List.of(terminal.ink(AnsiStyle.BAD, fit("No worker is registered.", terminal)))
                        : workers().lines(terminal));
        var unlisted = state.total().workers() - state.workers().size();
        if (unlisted > 0) {
            lines.add(fit("and " + unlisted + " more workers", terminal));
        }
        return lines;
    }

    /// The state in one line, for logs and pipes.
    String line() {
        var total = state.total();
        return now + " active=" + total.active() + " slots=" + total.slots() + " available=" + total.available()
                + " waiting=" + total.queued() + " workers=" + total.workers() + " draining=" + count("draining")
                + " suspect="
                + state.workers().stream().filter(WorkerState::suspect).count() + " sessions_here="
                + state.proxySessions() + " registry=" + (state.registryAnswers() ? "ok" : "silent");
    }

    private long count(String status) {
        return state.workers().stream()
                .filter(worker -> worker.status().equals(status))
                .count();
    }

    private List<String> warnings(Terminal terminal) {
        var warnings = new ArrayList<String>();
        if (!state.registryAnswers()) {
            var age = TimeText.of(Duration.ofMillis(state.ageMillis()));
            warnings.add("The registry does not answer; this state is " + age + " old.");
        }
        if (state.draining()) {
            warnings.add("This proxy is draining and accepts no new sessions.");
        }
        return warnings.stream()
                .map(warning -> terminal.ink(AnsiStyle.BAD, fit(warning, terminal)))
                .toList();
    }

    private static String fit(String text, Terminal terminal) {
        return text.length() <= terminal.columns() ? text : text.substring(0, terminal.columns() - 1) + "…";
    }

    private TextTable slots() {
        var table = new TextTable(List.of(
                new Column("BROWSER", false, 0),
                new Column("WORKERS", true, 2),
                new Column("ACTIVE", true, 0),
                new Column("", false, 1),
                new Column("FREE", true, 3),
                new Column("WAITING", true, 4)));
        state.slots().forEach((browser, slots) -> {
            if (slots.workers() > 0 || slots.queued() > 0) {
                table.add(row(browser, slots));
            }
        });
        table.add(row("all", state.total()));
        return table;
    }

    private static List<Cell> row(String name, GridState.SlotTotals slots) {
        var full = slots.active() * 100L >= (long) slots.slots() * NEARLY_FULL_PERCENT && slots.slots() > 0;
        return List.of(
                Cell.of(name),
                Cell.of(slots.workers()),
                Cell.of(slots.active() + "/" + slots.slots()),
                new Cell(
                        UsageBar.of(slots.active(), slots.slots(), BAR_COLUMNS),
                        full ? AnsiStyle.DOUBTFUL : AnsiStyle.GOOD),
                Cell.of(slots.available()),
                new Cell(Integer.toString(slots.queued()), slots.queued() > 0 ? AnsiStyle.DOUBTFUL : AnsiStyle.PLAIN));
    }

    private TextTable workers() {
        var table = new TextTable(List.of(
                new Column("WORKER", false, 0),
                new Column("STATUS", false, 8),
                new Column("ACTIVE", true, 9),
                new Column("LIFETIME", false, 7),
                new Column("", true, 6),
                new Column("AGE", true, 5),
                new Column("HEARTBEAT", true, 4),
                new Column("PLAYWRIGHT", false, 3),
                new Column("LIMITS FROM", false, 2),
                new Column("SOFTWARE", false, 1)));
        state.workers().forEach(worker -> table.add(row(worker)));
        return table;
    }

    private List<Cell> row(WorkerState worker) {
        var late = worker.heartbeatAgeSeconds() >= LATE_HEARTBEAT_SECONDS;
        return List.of(
                Cell.of(worker.id()),
                status(worker),
                Cell.of(worker.active() + "/" + worker.maxConcurrent()),
                new Cell(UsageBar.of(worker.lifetime(), worker.maxLifetime(), BAR_COLUMNS), AnsiStyle.GOOD),
                Cell.of(worker.lifetime() + "/" + worker.maxLifetime()),
                Cell.of(
                        worker.startedAt().equals(Instant.EPOCH)
                                ? "?"
                                : TimeText.of(Duration.between(worker.startedAt(), now))),
                new Cell(
                        TimeText.of(Duration.ofSeconds(worker.heartbeatAgeSeconds())),
                        late ? AnsiStyle.DOUBTFUL : AnsiStyle.PLAIN),
                Cell.of(worker.versions()),
                Cell.of(limitsFrom(worker)),
                Cell.of(worker.software()));
    }

    /// Who set the limits of a worker; empty from older proxies.
    private static String limitsFrom(WorkerState worker) {
        if (worker.slotLimitFrom().equals(worker.maxLifetimeFrom())) {
            return worker.slotLimitFrom();
        }
        return "slots: " + worker.slotLimitFrom() + ", lifetime: " + worker.maxLifetimeFrom();
    }

    private static Cell status(WorkerState worker) {
        if (worker.suspect()) {
            return new Cell("suspect", AnsiStyle.BAD);
        }
        return new Cell(worker.status(), worker.status().equals("available") ? AnsiStyle.GOOD : AnsiStyle.DOUBTFUL);
    }
}
