package dev.greenroom.e2e.grid;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.greenroom.e2e.process.Family;
import dev.greenroom.e2e.process.FreePort;
import dev.greenroom.e2e.process.Installation;
import dev.greenroom.e2e.process.Program;
import dev.greenroom.e2e.wire.Http;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// A grid started with `greenroom up`.
public final class UpGrid implements AutoCloseable {
    private static final Duration START_PATIENCE = Duration.ofSeconds(60);
    private static final Duration STOP_PATIENCE = Duration.ofSeconds(20);
    private static final String SHORT_DRAIN_SECONDS = "5";

    private final int port;
    private final String scheme;
    private final Family family;
    private final Program program;

    private UpGrid(Map<String, String> settings, Family family, Program program) {
        this.port = port(settings);
        this.scheme = settings.containsKey("TLS_CERT_FILE") ? "wss" : "ws";
        this.family = family;
        this.program = program;
    }

    /// Starts one and waits until it has printed its connect string.
    public static UpGrid start(Map<String, String> settings) {
        var grid = launch(settings);
        try {
            grid.awaitReady();
            return grid;
        } catch (AssertionError | RuntimeException e) {
            grid.program.close();
            grid.family.delete();
            throw e;
        }
    }

    /// Starts one and does not wait. The port is a free one unless the settings name it.
    public static UpGrid launch(Map<String, String> settings) {
        var family = Family.create();
        var all = settings(settings);
        var program = Program.start(
                "up", Installation.program(family.folder(), "up"), Installation.environment(all), Installation.home());
        return new UpGrid(all, family, program);
    }

    /// Starts one as users do, with the launcher, and waits until it is ready.
    public static UpGrid startWithLauncher(Map<String, String> settings) {
        var family = Family.create();
        var all = settings(settings);
        var environment = Installation.environment(all);
        environment.put("GREENROOM_JAVA_OPTS", "-Djava.io.tmpdir=" + family.folder());
        var command = List.of(Installation.launcher().toString(), "up");
        var grid = new UpGrid(all, family, Program.start("./greenroom up", command, environment, Path.of("/")));
        grid.awaitReady();
        return grid;
    }

    private static Map<String, String> settings(Map<String, String> given) {
        var all = new TreeMap<String, String>();
        all.put("PORT", Integer.toString(FreePort.find()));
        all.put("DRAIN_TIMEOUT", SHORT_DRAIN_SECONDS);
        all.put("SHUTDOWN_GRACE_PERIOD", SHORT_DRAIN_SECONDS + "s");
        all.putAll(given);
        return all;
    }

    private static int port(Map<String, String> settings) {
        return Integer.parseInt(settings.getOrDefault("PORT", "8080"));
    }

    private void awaitReady() {
        var connectString = url();
        program.out().await("the line " + connectString, line -> line.contains(connectString), START_PATIENCE);
    }

    /// Waits until no session is counted.
    ///
    /// @param query of the request, with a question mark; for a token
    public void awaitNothingHeld(String query) {
        await().untilAsserted(
                        () -> assertThat(Http.get(port(), "/metrics" + query).body())
                                .isEqualToIgnoringWhitespace("{\"activeConnections\": 0}"));
    }

    /// The public port.
    public int port() {
        return port;
    }

    /// The connect string.
    public String url() {
        return scheme + "://localhost:" + port;
    }

    /// The process.
    public Program program() {
        return program;
    }

    /// The drivers and browsers.
    public Family family() {
        return family;
    }

    /// Asks it to end (SIGTERM), unless it has ended, and asserts that it ended well and left nothing
    /// behind.
    @Override
    public void close() {
        try (program) {
            if (program.isAlive()) {
                assertThat(program.stop(STOP_PATIENCE)).as("exit code of up").isZero();
            }
            assertThat(program.out().errors()).as("errors of up").isEmpty();
            assertThat(program.out().records()).as("values of no words of up").isEmpty();
            family.assertGone();
            family.assertTidy();
        } finally {
            family.delete();
        }
    }
}
