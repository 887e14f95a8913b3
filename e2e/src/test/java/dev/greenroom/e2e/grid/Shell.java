package dev.greenroom.e2e.grid;

import dev.greenroom.e2e.process.Installation;
import dev.greenroom.e2e.process.Program;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/// Command lines as they are written in documents.
public final class Shell {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private Shell() {}

    /// Runs one with `bash`.
    ///
    /// @return what it printed
    /// @throws AssertionError when it fails
    public static String run(String line) {
        var program = Program.start(
                "bash", List.of("bash", "-c", line), Installation.environment(Map.of()), Installation.home());
        var code = program.awaitExit(PATIENCE);
        if (code != 0) {
            throw new AssertionError(
                    line + " ended with " + code + ": " + program.err().text());
        }
        return program.out().text().strip();
    }
}
