package dev.greenroom.e2e.ssrf;

import dev.greenroom.e2e.process.Family;
import dev.greenroom.e2e.process.Installation;
import dev.greenroom.e2e.process.Program;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;

/// `greenroom up` on an island.
final class IslandGrid implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final Family family = Family.create();
    private final int port;
    private final Program program;

    /// Starts one and does not wait.
    IslandGrid(Island island, int port, Map<String, String> settings) {
        this.port = port;
        var all = new TreeMap<>(settings);
        all.put("PORT", Integer.toString(port));
        all.put("BIND_ADDRESS", "127.0.0.1");
        var line = Installation.program(family.folder(), "up");
        program = island.start("up " + settings, line, Installation.environment(all), Installation.home());
    }

    void awaitReady() {
        program.out().await("ready", said -> said.contains(url().replace("127.0.0.1", "localhost")), PATIENCE);
    }

    String url() {
        return "ws://127.0.0.1:" + port;
    }

    @Override
    public void close() {
        try (program) {
            program.stop(PATIENCE);
        } finally {
            family.delete();
        }
    }
}
