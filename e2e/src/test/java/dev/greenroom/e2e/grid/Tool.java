package dev.greenroom.e2e.grid;

import dev.greenroom.e2e.process.Family;
import dev.greenroom.e2e.process.Installation;
import dev.greenroom.e2e.process.Program;
import java.time.Duration;
import java.util.Map;

/// A command that looks at a grid or tells it something, as a person calls it.
public record Tool(Program program, Family family) implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    /// What came of it.
    public record Result(int code, String out, String err) {}

    /// Starts one and does not wait.
    ///
    /// @param settings in its environment
    public static Tool start(Map<String, String> settings, String... line) {
        var family = Family.create();
        var command = Installation.program(family.folder(), line);
        // It lives for a second or two, so the best code would come too late.
        command.add(1, "-XX:TieredStopAtLevel=1");
        return new Tool(
                Program.start(String.join(" ", line), command, Installation.environment(settings), Installation.home()),
                family);
    }

    /// Waits for its end, and that it leaves nothing behind.
    public Result result() {
        try (this) {
            var code = program.awaitExit(PATIENCE);
            return new Result(code, program.out().text(), program.err().text());
        }
    }

    @Override
    public void close() {
        program.close();
        family.delete();
    }
}
