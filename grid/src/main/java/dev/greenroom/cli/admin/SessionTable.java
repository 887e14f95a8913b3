package dev.greenroom.cli.admin;

import dev.greenroom.cli.api.GridApi.GridState.SessionState;
import dev.greenroom.cli.terminal.Terminal;
import dev.greenroom.cli.terminal.Terminal.TextTable;
import dev.greenroom.cli.terminal.Terminal.TextTable.Cell;
import dev.greenroom.cli.terminal.Terminal.TextTable.Column;
import dev.greenroom.cli.terminal.Terminal.TextTable.TimeText;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/// The table of the sessions of a grid, oldest first.
final class SessionTable {
    private SessionTable() {}

    static List<String> lines(SessionState.SessionStatePage page, Terminal terminal) {
        if (page.sessions().isEmpty()) {
            return List.of("No sessions.");
        }
        var table = new TextTable(List.of(
                new Column("SESSION", false, 0),
                new Column("NAME", false, 4),
                new Column("AGE", true, 6),
                new Column("IDLE", true, 6),
                new Column("WORKER", false, 5),
                new Column("TENANT", false, 4),
                new Column("CLIENT", false, 3),
                new Column("PLAYWRIGHT", false, 2),
                new Column("PROXY", false, 1)));
        page.sessions().forEach(session -> table.add(row(session)));
        var lines = new ArrayList<>(table.lines(terminal));
        if (page.more()) {
            lines.add("and more recent ones");
        }
        return lines;
    }

    private static List<Cell> row(SessionState session) {
        return List.of(
                Cell.of(session.id()),
                Cell.of(session.name()),
                Cell.of(TimeText.of(Duration.ofSeconds(session.ageSeconds()))),
                Cell.of(session.idleSeconds()
                        .map(idle -> TimeText.of(Duration.ofSeconds(idle)))
                        .orElse("")),
                Cell.of(session.worker()),
                Cell.of(session.tenant()),
                Cell.of(session.remote()),
                Cell.of(session.playwright()),
                Cell.of(session.proxy()));
    }
}
