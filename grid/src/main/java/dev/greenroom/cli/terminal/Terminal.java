package dev.greenroom.cli.terminal;

import dev.greenroom.worker.process.ExternalCommand;
import java.io.Console;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

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
    public String ink(AnsiStyle ansiStyle, String text) {
        return colour ? ansiStyle.on(text) : text;
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
}
