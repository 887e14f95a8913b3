package dev.greenroom.bench.browser;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.stream.Stream;

/// Memory of process trees on Linux, as the proportional set: pages that processes share are counted once
/// in all.
final class ProcessMemory {
    private ProcessMemory() {}

    static long proportionalMegabytes(ProcessHandle root) {
        return Stream.concat(Stream.of(root), root.descendants())
                        .mapToLong(ProcessMemory::proportionalKilobytes)
                        .sum()
                / 1024;
    }

    private static long proportionalKilobytes(ProcessHandle process) {
        try (var lines = Files.lines(Path.of("/proc", Long.toString(process.pid()), "smaps_rollup"))) {
            return lines.filter(line -> line.startsWith("Pss:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                    .sum();
        } catch (NoSuchFileException _) {
            return 0;
        } catch (IOException | UncheckedIOException _) {
            return 0;
        }
    }
}
