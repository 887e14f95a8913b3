package dev.greenroom.worker.process;

import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A child process that is spoken to in lines. Its stderr is drained into a ring; it is asked to end, then
/// killed.
public final class ChildProcess {
    private static final Logger LOG = LoggerFactory.getLogger(ChildProcess.class);
    private static final int MAX_LINE_CHARS = 64 * 1024;
    private static final int MAX_ERROR_CHARS = 2000;
    private static final int MAX_WAITING_LINES = 4096;
    private static final int MAX_TAIL_LINES = 40;
    private static final Duration LAST_WORDS = Duration.ofMillis(100);
    private static final String END = "";

    private final Spec spec;
    private final Process process;
    private final RecentOutput errors = new RecentOutput(MAX_TAIL_LINES);
    private final BlockingQueue<String> outbox = new ArrayBlockingQueue<>(MAX_WAITING_LINES);

    /// What is started.
    ///
    /// @param id tags log lines and threads
    /// @param environment all of it; nothing is inherited
    public record Spec(String id, List<String> command, Map<String, String> environment, Path folder) {
        public Spec {
            command = List.copyOf(command);
            environment = Map.copyOf(environment);
        }
    }

    /// How long each step of the way out may take.
    ///
    /// @param ask after its stdin was closed, which is the one way to ask: a signal reaches it from others,
    ///     too
    /// @param reap after SIGKILL of the whole tree
    public record KillSteps(Duration ask, Duration reap) {
        public static final KillSteps USUAL = new KillSteps(Duration.ofSeconds(2), Duration.ofSeconds(2));
    }

    private ChildProcess(Spec spec, Process process) {
        this.spec = spec;
        this.process = process;
    }

    /// Starts the process; nothing is read from it before [#listen].
    public static ChildProcess start(Spec spec) throws IOException {
        var builder = new ProcessBuilder(spec.command()).directory(spec.folder().toFile());
        builder.environment().clear();
        builder.environment().putAll(spec.environment());
        return new ChildProcess(spec, builder.start());
    }

    /// Starts the threads that read and write. Reading a pipe pins a virtual thread to its carrier for as
    /// long as nothing comes, so these are platform threads.
    ///
    /// @param lines takes each line of stdout, on one thread; must not block
    /// @param exited takes the exit code, once, on a thread of its own
    public void listen(Consumer<String> lines, Consumer<Integer> exited) {
        var out = new BoundedLines(MAX_LINE_CHARS, lines);
        var err = new BoundedLines(MAX_ERROR_CHARS, this::remember);
        var _ = thread("stdout", () -> out.drain(process.getInputStream()));
        var lastWords = thread("stderr", () -> err.drain(process.getErrorStream()));
        var _ = thread("stdin", this::write);
        var _ = process.onExit()
                .thenAcceptAsync(
                        ended -> {
                            await(lastWords);
                            outbox.clear();
                            outbox.add(END);
                            exited.accept(ended.exitValue());
                        },
                        Thread::startVirtualThread);
    }

    /// For a moment: a child of the process may hold its stderr open.
    private static void await(Thread lastWords) {
        try {
            lastWords.join(LAST_WORDS);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    private Thread thread(String stream, Runnable work) {
        return Thread.ofPlatform()
                .daemon()
                .name(spec.id() + "-" + process.pid() + "-" + stream)
                .start(work);
    }

    private void remember(String line) {
        errors.add(line);
        LOG.atDebug()
                .addKeyValue("process", spec.id())
                .addKeyValue("line", line)
                .addKeyValue("code", "process-wrote-to-stderr").log("Process wrote to stderr");
    }

    private void write() {
        try (BufferedWriter writer = process.outputWriter()) {
            for (String line = outbox.take(); !line.equals(END); line = outbox.take()) {
                writer.write(line);
                writer.newLine();
                writer.flush();
            }
        } catch (IOException _) {
            // It died; its exit is told on another way.
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    /// Queues a line for its stdin; false when so many wait that it must be stuck.
    public boolean send(String line) {
        return outbox.offer(line);
    }

    public ProcessHandle handle() {
        return process.toHandle();
    }

    /// The last lines of stderr.
    public String errorTail() {
        return errors.tail();
    }

    /// Asks, then kills. The tree is taken before the first step: a parent that ends in between takes the
    /// way to its children with it. Blocks until all of it is gone, or the steps' time is over.
    public void kill(KillSteps steps) {
        var tree = ProcessTree.of(handle());
        try {
            var _ = outbox.offer(END) && exited(steps.ask());
            kill(tree);
            if (!tree.awaitGone(steps.reap())) {
                LOG.atError()
                        .addKeyValue("process", spec.id())
                        .addKeyValue("pid", process.pid())
                        .addKeyValue("code", "process-cannot-be-killed").log("Process not killed");
            }
        } catch (InterruptedException _) {
            kill(tree); // there is no time for being polite
            Thread.currentThread().interrupt();
        }
    }

    private void kill(ProcessTree before) {
        ProcessTree.of(handle()).kill(); // it may have had more children since
        before.kill();
    }

    private boolean exited(Duration patience) throws InterruptedException {
        return process.waitFor(patience.toMillis(), TimeUnit.MILLISECONDS);
    }

    /// The last lines that a child process printed.
    static final class RecentOutput {
        private final int maxLines;
        private final Deque<String> lines = new ArrayDeque<>();

        RecentOutput(int maxLines) {
            this.maxLines = maxLines;
        }

        synchronized void add(String line) {
            if (lines.size() == maxLines) {
                lines.removeFirst();
            }
            lines.addLast(line);
        }

        /// The last lines, oldest first.
        synchronized String tail() {
            return String.join("\n", lines);
        }
    }
}
