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

/// A process of the benchmark. It prints a line when it is ready; later output is discarded.
///
/// @param cpu of it and all that it starts
/// @param said what it printed when it was ready, for example its address
/// @param readyNanos the time from its start until then
record BenchProcess(Process process, CpuGroup cpu, String said, long readyNanos) implements AutoCloseable {
    private static final long STOP_SECONDS = 15;

    /// Starts it and waits until it is ready.
    ///
    /// @param environment on top of our own
    /// @param ready maps each line of output to `said`; empty for lines before it is ready
    static BenchProcess start(
            List<String> line, Map<String, String> environment, Function<String, Optional<String>> ready)
            throws IOException {
        var began = System.nanoTime();
        var cpu = CpuGroup.create();
        var builder = new ProcessBuilder(cpu.within(line)).redirectErrorStream(true);
        builder.environment().putAll(environment);
        var process = builder.start();
        var output = new BufferedReader(process.inputReader(StandardCharsets.UTF_8));
        var seen = new StringBuilder();
        for (var text = output.readLine(); text != null; text = output.readLine()) {
            seen.append(text).append('\n');
            var said = ready.apply(text);
            if (said.isPresent()) {
                var took = System.nanoTime() - began;
                // Reading a pipe pins a virtual thread to its carrier, so this is a platform thread.
                Thread.ofPlatform().daemon().start(() -> discard(output));
                return new BenchProcess(process, cpu, said.get(), took);
            }
        }
        cpu.close();
        throw new IOException(String.join(" ", line) + " did not start:\n" + seen);
    }

    private static void discard(BufferedReader output) {
        try {
            output.transferTo(Writer.nullWriter());
        } catch (IOException _) {
            // The process is gone, and its output with it.
        }
    }

    /// Proportional memory of the process and its descendants.
    long megabytes() {
        return ProcessMemory.proportionalMegabytes(process.toHandle());
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
        cpu.close();
    }
}
