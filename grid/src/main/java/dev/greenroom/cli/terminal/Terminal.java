package dev.greenroom.cli.terminal;

import dev.greenroom.worker.process.ExternalCommand;
import java.io.Console;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/// Where output goes.
///
/// @param interactive whether a person sits in front of it, so that lines may be drawn over
/// @param colour whether it shows colours and wants them
/// @param columns how wide it is
/// @param rows how high it is
public record Terminal(boolean interactive, boolean colour, int columns, int rows) {
    private static final int USUAL_COLUMNS = 120;

    /// Of a file or a pipe, into which everything goes.
    private static final int ALL_COLUMNS = 9_999;

    private static final int USUAL_ROWS = 24;
    private static final int FEWEST_COLUMNS = 20;
    private static final Duration STTY_TIMEOUT = Duration.ofMillis(500);
    private static final Pattern SIZE = Pattern.compile("(\\d{1,4}) (\\d{1,4})");

    /// Looks at the terminal of this process, as it is now.
    public static Terminal of(Map<String, String> environment) {
        var interactive = isInteractive();
        var wished = environment.getOrDefault("NO_COLOR", "").isEmpty()
                && !environment.getOrDefault("TERM", "").equals("dumb");
        var size = interactive ? size() : Optional.<Matcher>empty();
        var columns = size.map(match -> Integer.parseInt(match.group(2)))
                .filter(count -> count > 0)
                .orElseGet(() -> columns(environment, interactive));
        var rows = size.map(match -> Integer.parseInt(match.group(1)))
                .filter(count -> count > 0)
                .orElse(USUAL_ROWS);
        return new Terminal(interactive, interactive && wished, Math.max(FEWEST_COLUMNS, columns), rows);
    }

    /// Whether standard output is an interactive terminal.
    public static boolean isInteractive() {
        return Optional.ofNullable(System.console()).filter(Console::isTerminal).isPresent();
    }

    static int columns(Map<String, String> environment, boolean interactive) {
        var text = environment.getOrDefault("COLUMNS", "");
        var usual = interactive ? USUAL_COLUMNS : ALL_COLUMNS;
        return text.matches("[1-9]\\d{0,3}") ? Integer.parseInt(text) : usual;
    }

    /// Asks `stty`, since Java does not know the size.
    private static Optional<Matcher> size() {
        try {
            return ExternalCommand.of("stty", "size")
                    .runOnTerminal(STTY_TIMEOUT)
                    .map(result -> SIZE.matcher(result.output().strip()))
                    .filter(Matcher::matches);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        }
    }

    /// A text in a style, if the terminal has colours.
    public String ink(AnsiStyle style, String text) {
        return colour ? style.on(text) : text;
    }

    /// Lines that are redrawn in place. Only for an interactive terminal; not thread-safe.
    public static final class LiveRegion {
        private static final String CLEAR_BELOW = "\u001b[J";
        private static final String CLEAR_LINE = "\u001b[K";

        private final PrintWriter out;
        private int drawn;

        public LiveRegion(PrintWriter out) {
            this.out = out;
        }

        /// Replaces the lines of the last call; draws as many as fit the height of the terminal.
        public void draw(List<String> lines, Terminal terminal) {
            var screen = new StringBuilder();
            if (drawn > 0) {
                screen.append("\u001b[").append(drawn).append("A\r");
            }
            var fitting = lines.subList(0, Math.min(lines.size(), Math.max(1, terminal.rows() - 1)));
            fitting.forEach(line -> screen.append(line).append(CLEAR_LINE).append('\n'));
            drawn = fitting.size();
            out.print(screen.append(CLEAR_BELOW));
            out.flush();
        }
    }

    /// The style of a text.
    public enum AnsiStyle {
        PLAIN(""),
        BOLD("1"),
        FAINT("2"),
        GOOD("32"),
        DOUBTFUL("33"),
        BAD("31");

        private final String code;

        AnsiStyle(String code) {
            this.code = code;
        }

        String on(String text) {
            return code.isEmpty() || text.isBlank() ? text : "\u001b[" + code + "m" + text + "\u001b[0m";
        }
    }

    /// A table with headings. On a narrow terminal, it omits the least important columns; picocli's table,
    /// which wraps cells instead and cannot align numbers to the right, does not do that.
    public static final class TextTable {
        private static final String GAP = "  ";

        private final List<Column> columns;
        private final List<List<Cell>> rows = new ArrayList<>();

        /// One column.
        ///
        /// @param right whether it is aligned to the right, as for numbers
        /// @param worth columns with the lowest value are omitted first; 0 means never
        public record Column(String name, boolean right, int worth) {}

        /// One cell.
        public record Cell(String text, AnsiStyle style) {
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
            var shown =
                    new ArrayList<>(IntStream.range(0, columns.size()).boxed().toList());
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
                var padded =
                        padded(cell.text(), width(index), columns.get(index).right());
                var fitting = padded.length() <= left ? padded : cut(padded, left);
                left = Math.max(0, left - fitting.length() - GAP.length());
                fields.add(terminal.ink(cell.style(), fitting));
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

            /// The two largest units at most, for example `45s`, `12m`, `3h 20m` or `2d 4h`.
            /// Nothing under 0.
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
}
