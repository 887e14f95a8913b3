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

    /// Of the program itself, its drivers, and the browsers.
    record Split(long program, long drivers, long browsers) {
        long sum() {
            return program + drivers + browsers;
        }
    }

    static Split split(ProcessHandle root) {
        var drivers = 0L;
        var browsers = 0L;
        for (var process : root.descendants().toList()) {
            if (commandLine(process).contains("host.js")) {
                drivers += proportionalKilobytes(process);
            } else {
                browsers += proportionalKilobytes(process);
            }
        }
        return new Split(proportionalKilobytes(root) / 1024, drivers / 1024, browsers / 1024);
    }

    private static String commandLine(ProcessHandle process) {
        try {
            return Files.readString(Path.of("/proc", Long.toString(process.pid()), "cmdline"));
        } catch (IOException _) {
            return "";
        }
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
