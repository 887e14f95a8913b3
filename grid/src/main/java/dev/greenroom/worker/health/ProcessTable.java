package dev.greenroom.worker.health;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// A snapshot of the processes of this machine and their memory. Linux only. Not safe for use by many
/// threads.
final class ProcessTable {
    private static final int KIB = 1024;

    private final Path proc;
    private final Map<Long, List<Long>> children;
    private final Map<Long, Long> bytes = new HashMap<>();

    private ProcessTable(Path proc, Map<Long, List<Long>> children) {
        this.proc = proc;
        this.children = children;
    }

    /// Reads all processes, which takes some milliseconds. Empty where the kernel does not tell.
    ///
    /// @param proc usually `/proc`
    static Optional<ProcessTable> read(Path proc) {
        var children = new HashMap<Long, List<Long>>();
        try (var folders = Files.newDirectoryStream(proc, "[0-9]*")) {
            for (var folder : folders) {
                parent(folder)
                        .ifPresent(parent -> children.computeIfAbsent(parent, _ -> new ArrayList<>())
                                .add(Long.parseLong(folder.getFileName().toString())));
            }
        } catch (IOException | NumberFormatException _) {
            return Optional.empty();
        }
        return children.isEmpty() ? Optional.empty() : Optional.of(new ProcessTable(proc, children));
    }

    /// The fourth field; read after the name in parentheses, which may contain anything.
    private static Optional<Long> parent(Path folder) {
        return text(folder.resolve("stat")).map(stat -> {
            var fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", 3);
            return Long.parseLong(fields[1]);
        });
    }

    /// Processes and all their descendants, each once.
    Set<Long> families(Collection<Long> roots) {
        var found = new LinkedHashSet<>(roots);
        var open = new ArrayList<>(found);
        for (var next = 0; next < open.size(); next++) {
            for (var child : children.getOrDefault(open.get(next), List.of())) {
                if (found.add(child)) {
                    open.add(child);
                }
            }
        }
        return found;
    }

    /// The memory of processes together; shared memory is divided between its users.
    long bytes(Collection<Long> processes) {
        return processes.stream()
                .mapToLong(process -> bytes.computeIfAbsent(process, this::proportional))
                .sum();
    }

    /// Zero for a process that has ended. Only the private memory where the kernel denies more: for
    /// sandboxed browsers and other users.
    private long proportional(long process) {
        var folder = proc.resolve(Long.toString(process));
        var bytes = sum(folder.resolve("smaps_rollup"), "Pss:");
        return bytes > 0 ? bytes : sum(folder.resolve("status"), "RssAnon:");
    }

    private static long sum(Path file, String name) {
        return text(file).stream()
                .flatMap(String::lines)
                .filter(line -> line.startsWith(name))
                .mapToLong(line -> KIB * Long.parseLong(line.replaceAll("\\D", "")))
                .sum();
    }

    private static Optional<String> text(Path file) {
        try {
            return Optional.of(Files.readString(file, StandardCharsets.ISO_8859_1));
        } catch (IOException _) {
            return Optional.empty();
        }
    }
}
