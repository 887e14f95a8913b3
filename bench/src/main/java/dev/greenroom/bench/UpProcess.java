package dev.greenroom.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/// A `greenroom up` of this checkout, as a user starts it.
///
/// @param connect what clients are given
/// @param readyNanos from the start of the process to its banner
record UpProcess(Process process, String connect, long readyNanos) implements AutoCloseable {
    private static final long STOP_SECONDS = 15;

    static UpProcess start(Path checkout, int port) throws IOException {
        var began = System.nanoTime();
        var builder = new ProcessBuilder(checkout.resolve("greenroom").toString(), "up");
        builder.environment().put("PORT", Integer.toString(port));
        builder.environment().put("LOG_LEVEL", "warn");
        builder.environment().put("MAX_LIFETIME_SESSIONS", "100000");
        var process = builder.redirectErrorStream(true).start();
        var output = new BufferedReader(process.inputReader(StandardCharsets.UTF_8));
        var seen = new StringBuilder();
        for (var line = output.readLine(); line != null; line = output.readLine()) {
            seen.append(line).append('\n');
            if (line.contains("await chromium.connect(")) {
                var ready = System.nanoTime() - began;
                Thread.ofVirtual().start(() -> output.lines().forEach(_ -> {}));
                return new UpProcess(process, "ws://localhost:" + port, ready);
            }
        }
        throw new IOException("greenroom up did not come up:\n" + seen);
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(STOP_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            process.destroyForcibly();
        }
    }
}
