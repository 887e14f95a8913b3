package dev.greenroom.e2e.grid;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.e2e.process.Family;
import dev.greenroom.e2e.process.Installation;
import dev.greenroom.e2e.process.Program;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;

/// One process of a cluster.
///
/// @param port where it listens
/// @param family the drivers and browsers that it started
public record Member(int port, Program program, Family family) {
    private static final Duration STOP_PATIENCE = Duration.ofSeconds(20);

    static Member start(String name, String command, int port, Map<String, String> settings) {
        return start(name, command, port, settings, line -> line);
    }

    /// @param place answers the line that runs another one where it is to run
    static Member start(
            String name, String command, int port, Map<String, String> settings, UnaryOperator<List<String>> place) {
        var family = Family.create();
        var all = new TreeMap<>(settings);
        all.put("PORT", Integer.toString(port));
        var program = Program.start(
                name,
                place.apply(Installation.program(family.folder(), command)),
                Installation.environment(all),
                Installation.home());
        return new Member(port, program, family);
    }

    /// Whether its process runs.
    public boolean isAlive() {
        return program.isAlive();
    }

    /// Asks it to end (SIGTERM). Once only: a second signal would force it.
    void askToStop() {
        program.askToStop();
    }

    /// Waits for its end and asserts that it ended well and left nothing behind.
    void assertStopped() {
        assertThat(program.awaitExit(STOP_PATIENCE))
                .as("exit code of " + program.name())
                .isZero();
        assertThat(program.out().errors()).as("errors of " + program.name()).isEmpty();
        assertThat(program.out().records())
                .as("values of no words of " + program.name())
                .isEmpty();
        family.assertGone();
        family.assertTidy();
    }

    /// Ends it as a crash does (SIGKILL), and asserts that what it started does not outlive it for long.
    public void kill() {
        program.close();
        family.delete();
    }
}
