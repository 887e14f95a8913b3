package dev.greenroom.worker.health;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.stream.Stream;

/// How short of memory the container is (control groups, version 2), or else the machine. Linux only.
///
/// @param proc usually `/proc`
/// @param groups usually `/sys/fs/cgroup`
record MemoryPressure(Path proc, Path groups) {
    static final MemoryPressure HERE = new MemoryPressure(Path.of("/proc"), Path.of("/sys/fs/cgroup"));

    /// The share that is in use, 0 to 1; the larger one of the two. Empty where nobody tells.
    OptionalDouble used() {
        return Stream.of(ofTheGroup(), ofTheMachine())
                .flatMapToDouble(OptionalDouble::stream)
                .max();
    }

    /// Files that were read and can be dropped at any time do not count.
    private OptionalDouble ofTheGroup() {
        var folder = group();
        var limit = number(folder.resolve("memory.max"));
        var current = number(folder.resolve("memory.current"));
        if (limit.isEmpty() || current.isEmpty() || limit.getAsLong() == 0) {
            return OptionalDouble.empty();
        }
        var files = field(folder.resolve("memory.stat"), "inactive_file").orElse(0);
        return OptionalDouble.of((double) Math.max(0, current.getAsLong() - files) / limit.getAsLong());
    }

    private Path group() {
        return lines(proc.resolve("self").resolve("cgroup"))
                .filter(line -> line.startsWith("0::/"))
                .map(line -> groups.resolve(line.substring("0::/".length())))
                .filter(Files::isDirectory)
                .findFirst()
                .orElse(groups);
    }

    private OptionalDouble ofTheMachine() {
        var all = field(proc.resolve("meminfo"), "MemTotal:");
        var available = field(proc.resolve("meminfo"), "MemAvailable:");
        return all.isEmpty() || available.isEmpty() || all.getAsLong() == 0
                ? OptionalDouble.empty()
                : OptionalDouble.of(1 - (double) available.getAsLong() / all.getAsLong());
    }

    /// The word `max` is no number, and no limit.
    private static OptionalLong number(Path file) {
        return lines(file)
                .filter(line -> line.matches("\\d{1,18}"))
                .mapToLong(Long::parseLong)
                .findFirst();
    }

    private static OptionalLong field(Path file, String name) {
        return lines(file)
                .filter(line -> line.startsWith(name + " "))
                .map(line -> line.replaceAll("\\D", ""))
                .filter(digits -> !digits.isEmpty())
                .mapToLong(Long::parseLong)
                .findFirst();
    }

    private static Stream<String> lines(Path file) {
        try {
            return Optional.of(Files.readString(file)).stream().flatMap(String::lines);
        } catch (IOException _) {
            return Stream.empty();
        }
    }
}
