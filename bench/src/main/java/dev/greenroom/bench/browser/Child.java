package dev.greenroom.bench.browser;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/// A process of the benchmark that says on stdout when it is ready, and is read from then on.
///
/// @param said what it said when it was ready
/// @param readyNanos from its start to then
record Child(Process process, String said, long readyNanos) implements AutoCloseable {
    private static final long STOP_SECONDS = 15;

    /// Starts it and waits until it is ready.
    ///
    /// @param environment on top of our own
    /// @param ready what a line of its output says, if that is the one
    static Child start(List<String> line, Map<String, String> environment, Function<String, Optional<String>> ready)
            throws IOException {
        var began = System.nanoTime();
        var builder = new ProcessBuilder(line).redirectErrorStream(true);
        builder.environment().putAll(environment);
        var process = builder.start();
        var output = new BufferedReader(process.inputReader(StandardCharsets.UTF_8));
        var seen = new StringBuilder();
        for (var text = output.readLine(); text != null; text = output.readLine()) {
            seen.append(text).append('\n');
            var said = ready.apply(text);
            if (said.isPresent()) {
                var took = System.nanoTime() - began;
                // Reading a pipe holds a carrier for as long as nothing comes, and virtual threads stop where none is
                // left.
                Thread.ofPlatform().daemon().start(() -> discard(output));
                return new Child(process, said.get(), took);
            }
        }
        throw new IOException(String.join(" ", line) + " did not come up:\n" + seen);
    }

    private static void discard(BufferedReader output) {
        try {
            output.transferTo(Writer.nullWriter());
        } catch (IOException _) {
            // The process is gone, and its output with it.
        }
    }

    /// Memory of it and all below it, as the proportional set.
    long megabytes() {
        return Memory.proportionalMegabytes(process.toHandle());
    }

    @Override
    public void close() {
        try {
            process.getOutputStream().close();
        } catch (IOException _) {
            // It has ended already.
        }
        process.destroy();
        try {
            if (!process.waitFor(STOP_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException _) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
