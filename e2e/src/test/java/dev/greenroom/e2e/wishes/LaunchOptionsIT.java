package dev.greenroom.e2e.wishes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.greenroom.e2e.client.NodeClient;
import dev.greenroom.e2e.grid.UpGrid;
import dev.greenroom.e2e.wire.HeldSession;
import dev.greenroom.e2e.wire.Http;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LaunchOptionsIT {
    private static UpGrid grid;

    @BeforeAll
    static void open() {
        grid = UpGrid.start(Map.of("WORKER_SELECT_TIMEOUT", "12", "MAX_CONCURRENT_SESSIONS", "1"));
    }

    @AfterAll
    static void close() {
        grid.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"1.40.0", "1.52.0", "1.62.0", "1.65.1"})
    void harmless_arguments_reach_the_browser_and_others_are_refused_by_name(String version) {
        var client = NodeClient.of(version);
        var rounds = List.of(
                Map.of("args", List.of("--user-agent=Mine/1")),
                Map.of("executablePath", "/usr/bin/id"),
                Map.of("args", List.of("--no-sandbox")),
                Map.of("headless", false),
                Map.of("headless", true, "handleSIGINT", false, "tracesDir", "/tmp/x"));

        var seen = client.run("options.mjs", grid.url(), Map.of("rounds", rounds));

        assertThat(seen.get(0).asString()).startsWith("Mine/1");
        assertThat(seen.get(1).asString()).contains("400", "executablePath");
        assertThat(seen.get(2).asString()).contains("400", "args", "--no-sandbox");
        assertThat(seen.get(3).asString()).contains("400", "headless");
        assertThat(seen.get(4).asString()).contains("HeadlessChrome");
    }

    @Test
    void a_refusal_is_a_400_with_the_option_in_a_json_body() {
        var options = "x-playwright-launch-options: {\"executablePath\":\"/bin/sh\"}";

        assertThatThrownBy(() -> HeldSession.open(grid.port(), Http.PLAYWRIGHT, options))
                .hasMessageContaining("400")
                .hasMessageContaining("{\"error\":\"launch option refused\",\"option\":\"executablePath\"");
    }
}
