package dev.greenroom.deploy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// A command of the machine, run to its end.
///
/// @param output of both streams
record Tool(int code, String output) {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    /// Runs one in the clone's folder.
    ///
    /// @param remedy what to install, when there is no such command
    static Tool run(String remedy, String... command) {
        try {
            var process = new ProcessBuilder(List.of(command))
                    .directory(Path.of(Clone.path("").toString()).toFile())
                    .redirectErrorStream(true)
                    .start();
            process.getOutputStream().close();
            var output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (!process.waitFor(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
                process.destroyForcibly();
                throw new IllegalStateException(List.of(command) + " still runs after " + PATIENCE);
            }
            return new Tool(process.exitValue(), output);
        } catch (IOException e) {
            throw new UncheckedIOException(command[0] + " is needed; " + remedy, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
