package dev.greenroom.cli.terminal;

import dev.greenroom.cli.terminal.Terminal.AnsiStyle;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/// A table with headings. On a narrow terminal, it omits the least important columns; picocli's table,
/// which wraps cells instead and cannot align numbers to the right, does not do that.
public final class TextTable {
    private static final String GAP = "  ";

    private final List<Column> columns;
    private final List<List<Cell>> rows = new ArrayList<>();

    /// One column.
    ///
    /// @param right whether it is aligned to the right, as for numbers
    /// @param worth columns with the lowest value are omitted first; 0 means never
    public record Column(String name, boolean right, int worth) {}

    /// One cell.
    public record Cell(String text, AnsiStyle ansiStyle) {
        /// A cell without a style.
        public static Cell of(Object text) {
            return new Cell(String.valueOf(text), AnsiStyle.PLAIN);
        }
    }

    public TextTable(List<Column> columns) {
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
                        .map(column -> new Cell(column.name(), AnsiStyle.FAINT))
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
            fields.add(terminal.ink(cell.ansiStyle(), fitting));
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

    /// Durations for people.
    public static final class TimeText {
        private static final long MINUTE = 60;
        private static final long HOUR = 60 * MINUTE;
        private static final long DAY = 24 * HOUR;

        private TimeText() {}

        /// The two largest units at most, for example `45s`, `12m`, `3h 20m` or `2d 4h`; nothing under 0.
        public static String of(Duration duration) {
            var seconds = Math.max(0, duration.toSeconds());
            if (seconds < MINUTE) {
                return seconds + "s";
            }
            if (seconds < HOUR) {
                return seconds / MINUTE + "m";
            }
            return seconds < DAY
                    ? twoUnits(seconds / HOUR, "h", seconds % HOUR / MINUTE, "m")
                    : twoUnits(seconds / DAY, "d", seconds % DAY / HOUR, "h");
        }

        private static String twoUnits(long large, String largeUnit, long small, String smallUnit) {
            return large + largeUnit + (small == 0 ? "" : " " + small + smallUnit);
        }
    }

    /// A progress bar.
    public static final class UsageBar {
        private static final String FULL = "█";
        private static final String EMPTY = "░";

        private UsageBar() {}

        /// A bar of a fixed width. A part over 0 is visible, and only the whole fills the bar.
        public static String of(long part, long whole, int width) {
            if (whole <= 0 || part <= 0) {
                return EMPTY.repeat(width);
            }
            var share = Math.ceilDiv(Math.min(part, whole) * width, whole);
            var filled = Math.toIntExact(part < whole ? Math.min(share, width - 1L) : share);
            return FULL.repeat(filled) + EMPTY.repeat(width - filled);
        }
    }
}
