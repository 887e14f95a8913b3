package dev.greenroom.worker.health;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.stream.Stream;

/// The memory usage of the container (cgroups v1 or v2) or of the machine. Linux only.
///
/// @param proc usually `/proc`
/// @param groups usually `/sys/fs/cgroup`
record MemoryPressure(Path proc, Path groups) {
    static final MemoryPressure HERE = new MemoryPressure(Path.of("/proc"), Path.of("/sys/fs/cgroup"));

    /// What the files of one version of control groups are called.
    private record CgroupFiles(String limit, String current, String droppable) {
        static final CgroupFiles FIRST =
                new CgroupFiles("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file");
        static final CgroupFiles SECOND = new CgroupFiles("memory.max", "memory.current", "inactive_file");
    }

    /// The share in use, 0 to 1: the highest of all groups that limit this process, and of the machine.
    /// Empty where the system does not tell.
    OptionalDouble used() {
        return Stream.concat(ofTheGroups(), Stream.of(ofTheMachine()))
                .flatMapToDouble(OptionalDouble::stream)
                .max();
    }

    /// The groups of this process and their parents; each may have a limit.
    private Stream<OptionalDouble> ofTheGroups() {
        return lines(proc.resolve("self").resolve("cgroup"))
                .map(line -> line.split(":", 3))
                .filter(fields -> fields.length == 3)
                .flatMap(fields -> switch (fields[1]) {
                    case "" -> around(groups, fields[2]).map(folder -> ofTheGroup(folder, CgroupFiles.SECOND));
                    case "memory" ->
                        around(groups.resolve("memory"), fields[2])
                                .map(folder -> ofTheGroup(folder, CgroupFiles.FIRST));
                    default -> Stream.empty();
                });
    }

    /// From the innermost group outwards. A container may see its own group as the root, with a path from
    /// outside of it: then only the root exists.
    private static Stream<Path> around(Path root, String path) {
        return Stream.iterate(
                root.resolve(path.substring(1)).normalize(), folder -> folder.startsWith(root), Path::getParent);
    }

    /// Page cache that can be dropped at any time does not count.
    private static OptionalDouble ofTheGroup(Path folder, CgroupFiles names) {
        var limit = number(folder.resolve(names.limit()));
        var current = number(folder.resolve(names.current()));
        if (limit.isEmpty() || current.isEmpty() || limit.getAsLong() == 0) {
            return OptionalDouble.empty();
        }
        var files = field(folder.resolve("memory.stat"), names.droppable()).orElse(0);
        return OptionalDouble.of((double) Math.max(0, current.getAsLong() - files) / limit.getAsLong());
    }

    private OptionalDouble ofTheMachine() {
        var all = field(proc.resolve("meminfo"), "MemTotal:");
        var available = field(proc.resolve("meminfo"), "MemAvailable:");
        return all.isEmpty() || available.isEmpty() || all.getAsLong() == 0
                ? OptionalDouble.empty()
                : OptionalDouble.of(1 - (double) available.getAsLong() / all.getAsLong());
    }

    /// The word `max` is no number, and no limit; nor is the number of 19 digits that the first version
    /// writes then.
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
