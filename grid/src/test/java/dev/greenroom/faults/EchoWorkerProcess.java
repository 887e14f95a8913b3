package dev.greenroom.faults;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/// An [EchoWorkerProgram].
///
/// @param id such as `chromium:abc`
record EchoWorkerProcess(Process process, String id, int port) implements AutoCloseable {
    static EchoWorkerProcess start(int redisPort) throws IOException {
        var java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        var process = new ProcessBuilder(
                        java,
                        "-cp",
                        System.getProperty("java.class.path"),
                        EchoWorkerProgram.class.getName(),
                        Integer.toString(redisPort))
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        var words = process.inputReader()
                .lines()
                .filter(line -> line.startsWith("worker "))
                .findFirst()
                .orElseThrow(() -> new AssertionError("the worker ended at once"))
                .split(" ", 3);
        return new EchoWorkerProcess(process, words[1], Integer.parseInt(words[2]));
    }

    /// Sends it a signal, as `kill` names it.
    void signal(String name) {
        try {
            new ProcessBuilder("kill", "-" + name, Long.toString(process.pid()))
                    .start()
                    .waitFor();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        process.destroyForcibly();
        try {
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                throw new IllegalStateException("a worker that was killed still runs");
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }
}
