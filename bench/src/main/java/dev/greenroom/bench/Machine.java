package dev.greenroom.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// The machine that a benchmark ran on.
public final class Machine {
    private Machine() {}

    /// Cores, processor and kernel, as they are written above a result.
    public static String described() throws IOException {
        try (var facts = Files.lines(Path.of("/proc/cpuinfo"))) {
            var model = facts.filter(line -> line.startsWith("model name"))
                    .map(line -> line.replaceFirst(".*: *", ""))
                    .findFirst()
                    .orElse(System.getProperty("os.arch"));
            return Runtime.getRuntime().availableProcessors() + " cores of " + model + ", "
                    + System.getProperty("os.name") + " " + System.getProperty("os.version");
        }
    }
}
