package dev.greenroom.worker.driver;

import java.util.ArrayDeque;
import java.util.Deque;

/// The last lines that a child process printed.
final class OutputRing {
    private final int maxLines;
    private final Deque<String> lines = new ArrayDeque<>();

    OutputRing(int maxLines) {
        this.maxLines = maxLines;
    }

    synchronized void add(String line) {
        if (lines.size() == maxLines) {
            lines.removeFirst();
        }
        lines.addLast(line);
    }

    /// The last lines, oldest first.
    synchronized String tail() {
        return String.join("\n", lines);
    }
}
