package dev.greenroom.cli.terminal;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/// Rows under headings. Where the terminal is too narrow, the columns that matter least are left out.
public final class Table {
    private static final String GAP = "  ";

    private final List<Column> columns;
    private final List<List<Cell>> rows = new ArrayList<>();

    /// One column.
    ///
    /// @param right whether it is aligned to the right, as numbers are
    /// @param worth the lowest is left out first; 0 never is
    public record Column(String name, boolean right, int worth) {}

    /// One field.
    public record Cell(String text, Ink ink) {
        /// A field without a colour.
        public static Cell of(Object text) {
            return new Cell(String.valueOf(text), Ink.PLAIN);
        }
    }

    public Table(List<Column> columns) {
        this.columns = List.copyOf(columns);
    }

    /// Adds a row with a cell for each column.
    public void add(List<Cell> cells) {
        rows.add(List.copyOf(cells));
    }

    /// The lines, none wider than the terminal.
    public List<String> lines(Terminal terminal) {
        var shown = shown(terminal.columns());
        var lines = new ArrayList<String>();
        lines.add(line(
                columns.stream()
                        .map(column -> new Cell(column.name(), Ink.FAINT))
                        .toList(),
                shown,
                terminal));
        rows.forEach(row -> lines.add(line(row, shown, terminal)));
        return lines;
    }

    private List<Integer> shown(int width) {
        var shown = new ArrayList<>(IntStream.range(0, columns.size()).boxed().toList());
        while (width(shown) > width) {
            var least = shown.stream()
                    .filter(index -> columns.get(index).worth() > 0)
                    .min(Comparator.comparingInt(index -> columns.get(index).worth()));
            if (least.isEmpty()) {
                break;
            }
            shown.removeIf(least.get()::equals);
        }
        return shown;
    }

    private int width(List<Integer> shown) {
        return shown.stream().mapToInt(this::width).sum() + (GAP.length() * (shown.size() - 1));
    }

    private int width(int index) {
        var heading = columns.get(index).name().length();
        return rows.stream().mapToInt(row -> row.get(index).text().length()).reduce(heading, Math::max);
    }

    private String line(List<Cell> row, List<Integer> shown, Terminal terminal) {
        var left = terminal.columns();
        var fields = new ArrayList<String>();
        for (var index : shown) {
            var cell = row.get(index);
            var padded = padded(cell.text(), width(index), columns.get(index).right());
            var fitting = padded.length() <= left ? padded : cut(padded, left);
            left = Math.max(0, left - fitting.length() - GAP.length());
            fields.add(terminal.ink(cell.ink(), fitting));
        }
        return fields.stream().collect(Collectors.joining(GAP)).stripTrailing();
    }

    private static String cut(String text, int width) {
        return width < 2 ? "" : text.substring(0, width - 1) + "…";
    }

    private static String padded(String text, int width, boolean right) {
        var blank = " ".repeat(width - text.length());
        return right ? blank + text : text + blank;
    }
}
