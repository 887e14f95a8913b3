package dev.greenroom.worker.process;

import dev.greenroom.worker.process.ChildProcess.ProcessTree;
import dev.greenroom.worker.process.ChildProcess.RecentOutput;
import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/// A program with its arguments and environment: the one way to run programs. [#run] runs it to its end
/// within a time limit; [#start] starts it, and [ChildProcess] talks to it.
///
/// @param line the program and its arguments
/// @param environment its variables, or those added to the ones of this process
/// @param alone whether these are all its variables, and it inherits none
public record ExternalCommand(List<String> line, Map<String, String> environment, boolean alone) {
    private static final int MAX_LINE_CHARS = 4000;
    private static final int MAX_TAIL_LINES = 200;

    /// The exit code and the output of a program that ended in time.
    ///
    /// @param exitCode 0 for success
    /// @param output the last lines of stdout (and of stderr, where that is merged), without the last line
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

    /// Inherits the environment of this process, and adds these variables.
    public ExternalCommand(List<String> line, Map<String, String> environment) {
        this(line, environment, false);
    }

    public static ExternalCommand of(String... line) {
        return new ExternalCommand(List.of(line), Map.of());
    }

    /// Starts it, with pipes for stdin, stdout and stderr. The caller ends it.
    ///
    /// @param folder its working directory; empty for that of this process
    public Process start(Optional<Path> folder) throws IOException {
        var builder = builder();
        folder.map(Path::toFile).ifPresent(builder::directory);
        return builder.start();
    }

    private ProcessBuilder builder() {
        var builder = new ProcessBuilder(line);
        if (alone) {
            builder.environment().clear();
        }
        builder.environment().putAll(environment);
        return builder;
    }

    /// Runs it, collects its stdout and drops its stderr. Empty when it does not start, or does not end in
    /// time; then it is killed.
    public Optional<CommandResult> run(Duration timeout) throws InterruptedException {
        var builder = builder().redirectInput(nothing()).redirectError(ProcessBuilder.Redirect.DISCARD);
        return run(builder, timeout, _ -> {});
    }

    /// The same, and the program has the stdin of this process: for programs that ask for the terminal.
    public Optional<CommandResult> runOnTerminal(Duration timeout) throws InterruptedException {
        var builder =
                builder().redirectInput(ProcessBuilder.Redirect.INHERIT).redirectError(ProcessBuilder.Redirect.DISCARD);
        return run(builder, timeout, _ -> {});
    }

    /// Runs it and passes on each line of its stdout and stderr at once. Empty as in [#run(Duration)].
    ///
    /// @param progress on a thread of its own
    public Optional<CommandResult> run(Duration timeout, Consumer<String> progress) throws InterruptedException {
        return run(builder().redirectInput(nothing()).redirectErrorStream(true), timeout, progress);
    }

    private static Optional<CommandResult> run(ProcessBuilder builder, Duration timeout, Consumer<String> progress)
            throws InterruptedException {
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
            if (!process.waitFor(timeout.toMillis(), TimeUnit.MILLISECONDS)) {
                return Optional.empty();
            }
            reader.join(Duration.ofSeconds(1)); // a grandchild may hold the stream open
            return Optional.of(new CommandResult(process.exitValue(), ring.tail()));
        } finally {
            ProcessTree.of(process.toHandle()).kill();
        }
    }

    private static ProcessBuilder.Redirect nothing() {
        return ProcessBuilder.Redirect.from(new File(File.separatorChar == '\\' ? "NUL" : "/dev/null"));
    }
}
