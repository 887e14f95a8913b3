package dev.greenroom.worker.process;

import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A child process that exchanges lines with us over stdin and stdout. The last lines of its stderr are
/// kept. It is asked to end by closing its stdin, then killed with all its descendants. Safe for use by
/// many threads.
public final class ChildProcess {
    private static final Logger LOG = LoggerFactory.getLogger(ChildProcess.class);

    /// A line may hold a picture in base64; `view.js` knows how large one may be.
    private static final int MAX_LINE_CHARS = 4 * 1024 * 1024;

    private static final int MAX_ERROR_CHARS = 2000;
    private static final int MAX_WAITING_LINES = 4096;
    private static final int MAX_TAIL_LINES = 40;
    private static final Duration STDERR_TIMEOUT = Duration.ofMillis(100);

    /// After stdin was closed, which is the only way to ask: signals also come from others.
    private static final Duration EXIT_TIMEOUT = Duration.ofSeconds(2);

    /// After SIGKILL of the whole tree.
    private static final Duration KILL_TIMEOUT = Duration.ofSeconds(2);

    private static final String END = "";

    private final String id;
    private final Process process;
    private final RecentOutput errors = new RecentOutput(MAX_TAIL_LINES);
    private final BlockingQueue<String> outbox = new ArrayBlockingQueue<>(MAX_WAITING_LINES);

    private ChildProcess(String id, Process process) {
        this.id = id;
        this.process = process;
    }

    /// Starts the process; nothing is read from it before [#listen].
    ///
    /// @param id for log lines and thread names
    /// @param folder its working directory
    public static ChildProcess start(String id, ExternalCommand command, Optional<Path> folder) throws IOException {
        return new ChildProcess(id, command.start(folder));
    }

    /// Starts the threads that read and write. They are platform threads: reading a pipe pins a virtual
    /// thread to its carrier.
    ///
    /// @param lines receives each line of stdout, on one thread; must not block
    /// @param exited receives the exit code, once, on a thread of its own
    public void listen(Consumer<String> lines, Consumer<Integer> exited) {
        var out = new BoundedLines(MAX_LINE_CHARS, lines);
        var err = new BoundedLines(MAX_ERROR_CHARS, this::remember);
        var _ = thread("stdout", () -> out.drain(process.getInputStream()));
        var stderr = thread("stderr", () -> err.drain(process.getErrorStream()));
        var _ = thread("stdin", this::write);
        var _ = process.onExit()
                .thenAcceptAsync(
                        ended -> {
                            await(stderr);
                            outbox.clear();
                            outbox.add(END);
                            exited.accept(ended.exitValue());
                        },
                        Thread::startVirtualThread);
    }

    /// For a moment only: a child of the process may hold its stderr open.
    private static void await(Thread stderr) {
        try {
            stderr.join(STDERR_TIMEOUT);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    private Thread thread(String stream, Runnable work) {
        return Thread.ofPlatform()
                .daemon()
                .name(id + "-" + process.pid() + "-" + stream)
                .start(work);
    }

    private void remember(String line) {
        errors.add(line);
        LOG.atDebug()
                .addKeyValue("process", id)
                .addKeyValue("line", line)
                .addKeyValue("code", "process-wrote-to-stderr")
                .log("Process wrote to stderr");
    }

    private void write() {
        try (BufferedWriter writer = process.outputWriter()) {
            for (String line = outbox.take(); !line.equals(END); line = outbox.take()) {
                writer.write(line);
                writer.newLine();
                writer.flush();
            }
        } catch (IOException _) {
            // It ended; the exit is reported separately.
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    /// Queues a line for its stdin; false when the queue is full, because the process does not read.
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

    /// Closes stdin, then kills the process and its descendants. Blocks until all of them are gone, for
    /// 4 seconds at most.
    public void kill() {
        // Before the first step: the children of a parent that ends can no longer be found.
        var tree = ProcessTree.of(handle());
        try {
            var _ = outbox.offer(END) && exited(EXIT_TIMEOUT);
            kill(tree);
            awaitGone(tree);
        } catch (InterruptedException _) {
            kill(tree);
            Thread.currentThread().interrupt();
        }
    }

    private void awaitGone(ProcessTree tree) {
        try {
            if (!tree.awaitGone(KILL_TIMEOUT)) {
                LOG.atError()
                        .addKeyValue("process", id)
                        .addKeyValue("pid", process.pid())
                        .addKeyValue("code", "process-cannot-be-killed")
                        .log("Process not killed");
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    /// Kills the process and its descendants at once. Blocks until all of them are gone, for 2 seconds at
    /// most.
    public void killNow() {
        outbox.clear();
        var _ = outbox.offer(END);
        var tree = ProcessTree.of(handle());
        kill(tree);
        awaitGone(tree);
    }

    private void kill(ProcessTree before) {
        ProcessTree.of(handle()).kill(); // children that started since
        before.kill();
    }

    private boolean exited(Duration timeout) throws InterruptedException {
        return process.waitFor(timeout.toMillis(), TimeUnit.MILLISECONDS);
    }

    /// The last lines of an output.
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

    /// A snapshot of a process and its descendants. The children of a dead process cannot be found, so the
    /// tree is taken before anything is killed.
    public record ProcessTree(List<ProcessHandle> processes) {
        private static final long POLL_NANOS = Duration.ofMillis(5).toNanos();

        public static ProcessTree of(ProcessHandle root) {
            var processes = new ArrayList<ProcessHandle>();
            root.descendants().forEach(processes::add);
            processes.add(root);
            return new ProcessTree(List.copyOf(processes));
        }

        /// Kills all processes that still run.
        public void kill() {
            processes.forEach(ProcessHandle::destroyForcibly);
        }

        /// Waits until all processes have ended; false when that took longer than `patience`.
        boolean awaitGone(Duration patience) throws InterruptedException {
            var deadline = System.nanoTime() + patience.toNanos();
            while (processes.stream().anyMatch(ProcessTree::runs)) {
                if (System.nanoTime() > deadline) {
                    return false;
                }
                LockSupport.parkNanos(
                        POLL_NANOS); // the system reports the end of children only, not of their descendants
                if (Thread.interrupted()) {
                    throw new InterruptedException();
                }
            }
            return true;
        }

        /// Whether a process runs. The JDK counts a zombie as alive, in a container without an init for
        /// ever; this does not.
        public static boolean runs(ProcessHandle process) {
            if (!process.isAlive()) {
                return false;
            }
            try {
                var stat = Files.readString(Path.of("/proc", Long.toString(process.pid()), "stat"));
                var state = stat.charAt(stat.lastIndexOf(')') + 2);
                return state != 'Z' && state != 'X';
            } catch (IOException _) {
                return process.isAlive(); // gone meanwhile, or not Linux
            }
        }
    }
}
