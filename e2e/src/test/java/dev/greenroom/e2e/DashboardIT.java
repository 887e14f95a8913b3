package dev.greenroom.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.e2e.client.NodeClient;
import dev.greenroom.e2e.grid.UpGrid;
import dev.greenroom.e2e.process.Installation;
import dev.greenroom.testkit.Canary;
import java.nio.file.Files;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/// The dashboard in a real browser, one of the grid's own.
class DashboardIT {
    private static final String CLIENT = Canary.secret("client");
    private static final String READER = Canary.secret("reader");

    @Test
    void where_tokens_are_needed_a_browser_asks_for_one_and_the_dashboard_lives_on_it() throws Exception {
        var picture = Installation.cache("pictures").resolve("dashboard.png");
        var tokens = "ci:%s scope=connect,eyes:%s scope=read".formatted(CLIENT, READER);
        try (var grid = UpGrid.start(Map.of("AUTH_TOKENS", tokens, "WORKER_SELECT_TIMEOUT", "12"))) {
            var input = new TreeMap<String, Object>(Map.of("token", CLIENT, "right", READER, "wrong", "no-" + READER));
            input.put("address", "http://localhost:" + grid.port() + "/");
            input.put("picture", picture.toString());

            var seen = NodeClient.of("1.62.0").run("dashboard.mjs", grid.url(), input);

            assertThat(seen.path("none").asInt()).isEqualTo(401);
            assertThat(seen.path("refused").asInt()).isEqualTo(401);
            assertThat(seen.path("opened").asInt()).isEqualTo(200);
            assertThat(seen.path("events").asInt()).isEqualTo(200);
            assertThat(seen.path("failed").valueStream()).isEmpty();
            assertThat(seen.path("link").asString())
                    .as("the title of a page that was opened with ?token=")
                    .isEqualTo("Greenroom");
            assertThat(seen.path("text").asString())
                    .contains("Sessions", "ci", "127.0.0.1", "process.env.GREENROOM_TOKEN");
        }
        assertThat(Files.size(picture)).isGreaterThan(10_000);
    }
}
