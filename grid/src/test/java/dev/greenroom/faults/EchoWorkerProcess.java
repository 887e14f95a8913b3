package dev.greenroom.faults;

import dev.greenroom.testkit.Outputs;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// An [EchoWorkerProgram].
///
/// @param id such as `chromium:abc`
record EchoWorkerProcess(Process process, String id, int port) implements AutoCloseable {
    static EchoWorkerProcess start(int redisPort) throws IOException {
        return start(List.of(), "127.0.0.1", redisPort, "127.0.0.1");
    }

    /// @param prefix a command that starts it
    /// @param redisHost where it finds Redis
    /// @param address its own
    static EchoWorkerProcess start(List<String> prefix, String redisHost, int redisPort, String address)
            throws IOException {
        var command = new ArrayList<>(prefix);
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of(
                Outputs.SAME_TEMPORARY_FOLDER,
                "-cp",
                System.getProperty("java.class.path"),
                EchoWorkerProgram.class.getName()));
        command.addAll(List.of(redisHost, Integer.toString(redisPort), address));
        var process = new ProcessBuilder(command)
                .redirectError(Outputs.file("echo-worker").toFile())
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
