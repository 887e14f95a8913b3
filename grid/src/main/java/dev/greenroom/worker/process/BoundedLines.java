package dev.greenroom.worker.process;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

/// Splits the output of a child process into lines of bounded length; the rest of a longer line is dropped.
final class BoundedLines {
    private final int maxChars;
    private final Consumer<String> sink;
    private final StringBuilder line = new StringBuilder();

    BoundedLines(int maxChars, Consumer<String> sink) {
        this.maxChars = maxChars;
        this.sink = sink;
    }

    /// Reads until the stream ends or breaks.
    void drain(InputStream stream) {
        try (Reader reader = new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8))) {
            for (int next = reader.read(); next >= 0; next = reader.read()) {
                accept((char) next);
            }
        } catch (IOException _) {
            // The process was killed while it printed; what it printed before is there.
        }
        if (!line.isEmpty()) {
            flush();
        }
    }

    private void accept(char next) {
        if (next == '\n') {
            flush();
        } else if (line.length() < maxChars) {
            line.append(next);
        }
    }

    private void flush() {
        var complete = line.toString();
        line.setLength(0);
        sink.accept(complete);
    }
}
