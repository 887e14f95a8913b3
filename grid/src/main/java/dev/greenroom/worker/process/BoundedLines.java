package dev.greenroom.worker.process;

import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

/// Splits the output of a child process into lines of bounded length; the rest of a longer line is dropped.
final class BoundedLines {
    private static final int BLOCK_CHARS = 8192;
    private static final int MAX_KEPT_CHARS = 1 << 18;

    private final int maxChars;
    private final Consumer<String> sink;
    private final StringBuilder line = new StringBuilder();

    BoundedLines(int maxChars, Consumer<String> sink) {
        this.maxChars = maxChars;
        this.sink = sink;
    }

    /// Reads until the stream ends or breaks.
    void drain(InputStream stream) {
        try (Reader reader = new InputStreamReader(stream, StandardCharsets.UTF_8)) {
            var block = new char[BLOCK_CHARS];
            for (int length = reader.read(block); length >= 0; length = reader.read(block)) {
                accept(block, length);
            }
        } catch (IOException _) {
            // The process was killed while it printed; what it printed before is there.
        }
        if (!line.isEmpty()) {
            flush();
        }
    }

    private void accept(char[] block, int length) {
        var start = 0;
        for (var at = 0; at < length; at++) {
            if (block[at] == '\n') {
                append(block, start, at);
                flush();
                start = at + 1;
            }
        }
        append(block, start, length);
    }

    private void append(char[] block, int start, int end) {
        line.append(block, start, Math.min(end - start, maxChars - line.length()));
    }

    private void flush() {
        var complete = line.toString();
        line.setLength(0);
        if (line.capacity() > MAX_KEPT_CHARS) {
            line.trimToSize();
        }
        sink.accept(complete);
    }
}
