package dev.greenroom.e2e.ssrf;

import dev.greenroom.e2e.process.Family;
import dev.greenroom.e2e.process.Installation;
import dev.greenroom.e2e.process.Program;
import java.time.Duration;
import java.util.Map;

/// `greenroom up` on an island.
final class IslandGrid implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final String PORT = "8080";

    private final Family family = Family.create();
    private final Program program;

    IslandGrid(Island island) {
        var environment = Installation.environment(Map.of("PORT", PORT, "BIND_ADDRESS", "127.0.0.1"));
        program = island.start("up", Installation.program(family.folder(), "up"), environment, Installation.home());
        program.out().await("ready", said -> said.contains(url().replace("127.0.0.1", "localhost")), PATIENCE);
    }

    String url() {
        return "ws://127.0.0.1:" + PORT;
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
