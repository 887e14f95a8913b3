package dev.greenroom.e2e.process;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;

/// A control group with little memory, of either version: when its processes use more, the kernel kills one
/// of them. Needs root and the right to make groups, as CI has.
///
/// @param folder its own
/// @param names of its files
public record MemoryGroup(Path folder, Names names) implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final Duration LOOK = Duration.ofMillis(5);
    private static final String PROCESSES = "cgroup.procs";
    private static final Path MOUNTS = Path.of("/proc/self/mounts");
    private static final String WHAT_IT_NEEDS =
            "; this test needs root and a memory controller of control groups that may be written to, as CI has";

    /// What one version of control groups calls its files.
    ///
    /// @param limit of memory
    /// @param swapLimit of swapped memory, alone or with the other; not every kernel counts it
    /// @param kills in which a line counts them
    record Names(String limit, String swapLimit, String kills) {
        static final Names FIRST =
                new Names("memory.limit_in_bytes", "memory.memsw.limit_in_bytes", "memory.oom_control");
        static final Names SECOND = new Names("memory.max", "memory.swap.max", "memory.events");
    }

    /// Makes one.
    ///
    /// @param bytes what its processes may use from when they are in it
    public static MemoryGroup open(long bytes) {
        var name = "greenroom-" + ProcessHandle.current().pid() + "-" + Long.toHexString(System.nanoTime());
        try {
            var first = mountOf("cgroup", "memory");
            if (!first.isEmpty()) {
                return make(Path.of(first), name, Names.FIRST, bytes, bytes);
            }
            var root = Path.of(mountOf("cgroup2", ""));
            handOnMemory(root);
            return make(root, name, Names.SECOND, bytes, 0);
        } catch (IOException | UncheckedIOException e) {
            throw new AssertionError("no control group could be made: " + e + WHAT_IT_NEEDS, e);
        }
    }

    private static MemoryGroup make(Path root, String name, Names names, long bytes, long swapBytes)
            throws IOException {
        var group = new MemoryGroup(Files.createDirectory(root.resolve(name)), names);
        write(group.folder.resolve(names.limit()), Long.toString(bytes));
        if (Files.exists(group.folder.resolve(names.swapLimit()))) {
            write(group.folder.resolve(names.swapLimit()), Long.toString(swapBytes));
        }
        return group;
    }

    /// Where file systems of a kind are mounted that have this option; nothing when there is none.
    private static String mountOf(String kind, String option) throws IOException {
        try (var lines = Files.lines(MOUNTS)) {
            return lines.map(line -> line.split(" "))
                    .filter(mount -> mount[2].equals(kind))
                    .filter(mount ->
                            option.isEmpty() || List.of(mount[3].split(",")).contains(option))
                    .map(mount -> mount[1])
                    .findFirst()
                    .orElse("");
        }
    }

    /// A group of the second version hands its controllers on only if no process is in it itself, unless it
    /// is that of the whole machine. So the processes of a container move to a group of their own first.
    private static void handOnMemory(Path root) throws IOException {
        var handedOn = root.resolve("cgroup.subtree_control");
        if (Files.readString(handedOn).contains("memory")) {
            return;
        }
        try {
            write(handedOn, "+memory");
        } catch (IOException _) {
            var all = Files.createDirectories(root.resolve("all"));
            for (var pid : Files.readAllLines(root.resolve(PROCESSES))) {
                move(pid, all);
            }
            write(handedOn, "+memory");
        }
    }

    /// Takes a process and all that descend from it. What they start from now on is in it, too; what they
    /// used before does not count.
    public void take(ProcessHandle process) {
        Stream.concat(process.descendants(), Stream.of(process)).forEach(one -> move(Long.toString(one.pid()), folder));
    }

    /// Makes the kernel choose this one of its processes before others, as if it used as much more as all
    /// may.
    public void killFirst(ProcessHandle process) {
        try {
            for (var pid : Files.readAllLines(folder.resolve(PROCESSES))) {
                write(Path.of("/proc", pid, "oom_score_adj"), "0");
            }
            write(Path.of("/proc", Long.toString(process.pid()), "oom_score_adj"), "1000");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// When it is first seen that the kernel has killed one of its processes, by [System#nanoTime()].
    public CompletableFuture<Long> firstKill() {
        var seen = new CompletableFuture<Long>();
        Thread.ofVirtual().name("first-kill").start(() -> {
            try {
                await("a process that the kernel kills")
                        .atMost(PATIENCE)
                        .pollInterval(LOOK)
                        .until(() -> kills() > 0);
                seen.complete(System.nanoTime());
            } catch (RuntimeException e) {
                seen.completeExceptionally(e);
            }
        });
        return seen;
    }

    private int kills() {
        try (var lines = Files.lines(folder.resolve(names.kills()))) {
            return lines.filter(line -> line.startsWith("oom_kill "))
                    .mapToInt(line -> Integer.parseInt(line.substring("oom_kill ".length())))
                    .sum();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// One that ended meanwhile needs no place.
    private static void move(String pid, Path group) {
        try {
            write(group.resolve(PROCESSES), pid);
        } catch (IOException e) {
            if (ProcessHandle.of(Long.parseLong(pid)).isPresent()) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private static void write(Path file, String text) throws IOException {
        try (var out = Files.newOutputStream(file)) {
            out.write(text.getBytes(StandardCharsets.US_ASCII));
        }
    }

    /// Waits until all of its processes have ended, and removes it.
    @Override
    public void close() {
        await("the end of all processes of a control group").atMost(PATIENCE).until(() -> {
            try {
                return Files.deleteIfExists(folder) || Files.notExists(folder);
            } catch (IOException _) {
                return false;
            }
        });
    }
}
