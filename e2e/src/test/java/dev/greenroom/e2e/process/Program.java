package dev.greenroom.e2e.process;

import dev.greenroom.testkit.Outputs;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/// A child process whose output is kept, bounded, and which ends with the test.
public final class Program implements AutoCloseable {
    private static final Duration KILL_PATIENCE = Duration.ofSeconds(10);

    /// Who runs tests in the background of a script has Ctrl-C ignored, and all that is started from there
    /// inherits it.
    private static final List<String> DEAF_TO_NOTHING = List.of("env", "--default-signal=INT,HUP");

    private final String name;
    private final Process process;
    private final OutputLines out = new OutputLines();
    private final OutputLines err = new OutputLines();

    private Program(String name, Process process) {
        this.name = name;
        this.process = process;
    }

    /// Starts a program with exactly this environment.
    ///
    /// @param name for messages
    public static Program start(String name, List<String> command, Map<String, String> environment, Path folder) {
        var builder = new ProcessBuilder(new ArrayList<>(DEAF_TO_NOTHING)).directory(folder.toFile());
        builder.command().addAll(command);
        builder.environment().clear();
        builder.environment().putAll(environment);
        try {
            var process = builder.start();
            process.getOutputStream().close();
            var program = new Program(name, process);
            var out = Outputs.file(name);
            var err = Outputs.file(name + "-err");
            read(name + "-out", () -> program.out.drain(process.getInputStream(), out));
            read(name + "-err", () -> program.err.drain(process.getErrorStream(), err));
            ProgramOutputs.remember(program);
            return program;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// On a platform thread: reading a pipe holds a virtual thread's carrier for as long as nothing comes,
    /// and virtual threads stop where none is left.
    private static void read(String thread, Runnable reading) {
        Thread.ofPlatform().daemon().name(thread).start(reading);
    }

    /// For messages.
    public String name() {
        return name;
    }

    /// What it wrote to standard output.
    public OutputLines out() {
        return out;
    }

    /// What it wrote to standard error.
    public OutputLines err() {
        return err;
    }

    /// The process.
    public ProcessHandle handle() {
        return process.toHandle();
    }

    /// Whether it runs.
    public boolean isAlive() {
        return process.isAlive();
    }

    /// Sends a signal.
    ///
    /// @param signal as `kill` names it, for example `INT`
    public void signal(String signal) {
        try {
            var kill = new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid())).start();
            if (kill.waitFor() != 0) {
                throw new IllegalStateException("no signal " + signal + " could be sent to " + name);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    /// Waits for its end, and for all of its output.
    ///
    /// @return its exit code
    /// @throws AssertionError when it still runs then
    public int awaitExit(Duration patience) {
        try {
            if (!process.waitFor(patience.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new AssertionError(name + " still runs after " + patience);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
        out.awaitEnd(KILL_PATIENCE);
        err.awaitEnd(KILL_PATIENCE);
        return process.exitValue();
    }

    /// Asks it to end (SIGTERM) and does not wait.
    public void askToStop() {
        // Process.destroy would close the streams, and what the program says at its end would be lost.
        process.toHandle().destroy();
    }

    /// Asks it to end (SIGTERM).
    ///
    /// @return its exit code
    public int stop(Duration patience) {
        askToStop();
        return awaitExit(patience);
    }

    /// Ends it as a crash does (SIGKILL); what it started is left to itself.
    public void kill() {
        process.toHandle().destroyForcibly();
        awaitExit(KILL_PATIENCE);
    }

    @Override
    public void close() {
        if (process.isAlive()) {
            kill();
        }
    }
}
