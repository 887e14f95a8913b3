package dev.greenroom.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.e2e.client.NodeClient;
import dev.greenroom.e2e.grid.UpGrid;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Messages of Playwright's protocol with anything in them, to the driver process that also serves somebody
/// else: for some seconds, or for `greenroom.fuzz.seconds`.
class ProtocolFuzzIT {
    private static final int SECONDS = Integer.getInteger("greenroom.fuzz.seconds", 20);
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @TempDir
    private Path folder;

    @ParameterizedTest
    @Timeout(3_700)
    @ValueSource(strings = {"1.52.0", "1.65.1"})
    void whatever_a_client_sends_its_neighbour_is_served_as_ever(String version) throws Exception {
        var client = NodeClient.of(version);
        var seed = System.nanoTime();
        var until = folder.resolve("until");
        Map<String, Object> input = Map.of("version", version, "seed", seed, "seconds", SECONDS / 2);
        try (var grid = UpGrid.start(Map.of("WORKER_SELECT_TIMEOUT", "12"))) {
            var victim = client.start("victim.mjs", grid.url(), Map.of("until", until.toString()));
            var fuzzer = client.start("fuzz.mjs", grid.url(), input);

            var seen = NodeClient.answer(fuzzer, PATIENCE.plusSeconds(SECONDS));

            Files.createFile(until);
            assertThat(NodeClient.answer(victim, PATIENCE).get("rounds").asInt())
                    .as("rounds of the victim, with seed %s: %s", seed, seen)
                    .isPositive();
            assertThat(seen.get("sessions").asInt()).as(seen.toString()).isPositive();
            assertThat(seen.get("answers").asInt()).as(seen.toString()).isPositive();
        }
    }
}
