package dev.greenroom.bench.browser;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;

/// Processor time of a process and of all that it starts, ended ones included: a cgroup of its own. Needs root and a
/// mounted cgroup2; elsewhere nothing is known.
record CpuGroup(Optional<Path> folder) implements AutoCloseable {
    private static final AtomicInteger CREATED = new AtomicInteger();
    private static final String PROCESSES = "cgroup.procs";

    static CpuGroup create() {
        try (var mounts = Files.lines(Path.of("/proc/mounts"))) {
            var mount = mounts.map(line -> line.split(" "))
                    .filter(fields -> fields.length > 2 && fields[2].equals("cgroup2"))
                    .findFirst();
            if (mount.isPresent()) {
                var name = "greenroom-bench-" + ProcessHandle.current().pid() + "-" + CREATED.incrementAndGet();
                return new CpuGroup(Optional.of(Files.createDirectory(Path.of(mount.get()[1], name))));
            }
        } catch (IOException _) {
            // Not allowed here.
        }
        return new CpuGroup(Optional.empty());
    }

    /// The command line that starts the process in this group.
    List<String> within(List<String> line) {
        if (folder.isEmpty()) {
            return line;
        }
        var all = new ArrayList<>(List.of(
                "sh",
                "-c",
                "echo $$ >\"$0\"; exec \"$@\"",
                folder.get().resolve(PROCESSES).toString()));
        all.addAll(line);
        return all;
    }

    /// NaN when it is not known.
    double millis() throws IOException {
        if (folder.isEmpty()) {
            return Double.NaN;
        }
        try (var lines = Files.lines(folder.get().resolve("cpu.stat"))) {
            return lines.filter(line -> line.startsWith("usage_usec "))
                            .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                            .sum()
                    / 1e3;
        }
    }

    /// What still ends goes back to the parent, since a cgroup with processes cannot be removed.
    @Override
    public void close() {
        if (folder.isEmpty()) {
            return;
        }
        try {
            var parent = folder.get().resolveSibling(PROCESSES);
            for (var process : Files.readAllLines(folder.get().resolve(PROCESSES))) {
                leave(parent, process);
            }
            Files.deleteIfExists(folder.get());
        } catch (IOException _) {
            // An empty folder of the kernel's remains.
        }
    }

    private static void leave(Path parent, String process) {
        try {
            Files.writeString(parent, process);
        } catch (IOException _) {
            // It has ended.
        }
    }
}
