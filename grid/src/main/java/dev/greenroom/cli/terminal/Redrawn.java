package dev.greenroom.cli.terminal;

import java.io.PrintWriter;
import java.util.List;

/// Lines that are drawn over by the next ones, on the spot. Only for an interactive terminal; not safe for many
/// threads.
public final class Redrawn {
    private static final String CLEAR_BELOW = "\u001b[J";
    private static final String CLEAR_LINE = "\u001b[K";

    private final PrintWriter out;
    private int drawn;

    public Redrawn(PrintWriter out) {
        this.out = out;
    }

    /// Draws lines in the place of the last ones; as many as the terminal is high, less one for the cursor.
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
