package dev.greenroom.worker.process;

import dev.greenroom.worker.process.ChildProcess.RecentOutput;
import java.io.File;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/// A program that is run to its end, within a bounded time.
///
/// @param line the program and its arguments
/// @param environment variables on top of this process' own
/// @param alone whether they are all, and none of this process' own is handed on
public record ExternalCommand(List<String> line, Map<String, String> environment, boolean alone) {
    private static final int MAX_LINE_CHARS = 4000;
    private static final int MAX_TAIL_LINES = 200;

    /// How it ended.
    ///
    /// @param exitCode 0 for success
    /// @param output the last lines on stdout (and on stderr, where that is merged), without the last line
    ///     break
    public record CommandResult(int exitCode, String output) {
        public boolean succeeded() {
            return exitCode == 0;
        }
    }

    public ExternalCommand {
        line = List.copyOf(line);
        environment = Map.copyOf(environment);
    }

    /// With this process' own environment, and these.
    public ExternalCommand(List<String> line, Map<String, String> environment) {
        this(line, environment, false);
    }

    public static ExternalCommand of(String... line) {
        return new ExternalCommand(List.of(line), Map.of());
    }

    /// Runs it and keeps what it says on stdout; what it says on stderr is dropped. Empty when it cannot be
    /// started or is not done in time; then it is killed.
    public Optional<CommandResult> run(Duration patience) throws InterruptedException {
        return run(patience, builder -> builder.redirectError(ProcessBuilder.Redirect.DISCARD), _ -> {});
    }

    /// Runs it and hands on every line of stdout and stderr as it comes. Empty as above.
    public Optional<CommandResult> run(Duration patience, Consumer<String> progress) throws InterruptedException {
        return run(patience, builder -> builder.redirectErrorStream(true), progress);
    }

    private Optional<CommandResult> run(Duration patience, Consumer<ProcessBuilder> errors, Consumer<String> progress)
            throws InterruptedException {
        var builder = new ProcessBuilder(line);
        if (alone) {
            builder.environment().clear();
        }
        builder.environment().putAll(environment);
        builder.redirectInput(ProcessBuilder.Redirect.from(new File(isWindows() ? "NUL" : "/dev/null")));
        errors.accept(builder);
        Process process;
        try {
            process = builder.start();
        } catch (IOException _) {
            return Optional.empty();
        }
        var ring = new RecentOutput(MAX_TAIL_LINES);
        var lines = new BoundedLines(MAX_LINE_CHARS, text -> {
            ring.add(text);
            progress.accept(text);
        });
        var reader =
                Thread.ofPlatform().daemon().name("command-output").start(() -> lines.drain(process.getInputStream()));
        try {
            if (!process.waitFor(patience.toMillis(), TimeUnit.MILLISECONDS)) {
                return Optional.empty();
            }
            reader.join(Duration.ofSeconds(1)); // a grandchild may hold the stream open
            return Optional.of(new CommandResult(process.exitValue(), ring.tail()));
        } finally {
            ProcessTree.of(process.toHandle()).kill();
        }
    }

    private static boolean isWindows() {
        return File.separatorChar == '\\';
    }
}
