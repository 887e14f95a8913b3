package dev.greenroom.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.e2e.client.JavaClient;
import dev.greenroom.e2e.client.NodeClient;
import dev.greenroom.e2e.grid.Cluster;
import dev.greenroom.e2e.grid.UpGrid;
import dev.greenroom.e2e.process.Installation;
import dev.greenroom.testkit.Canary;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/// The dashboard in a real browser, one of the grid's own.
class DashboardIT {
    private static final String CLIENT = Canary.secret("client");
    private static final String READER = Canary.secret("reader");

    @Test
    void where_tokens_are_needed_a_browser_asks_for_one_and_the_dashboard_lives_on_it() throws Exception {
        var picture = Installation.cache("pictures").resolve("dashboard.png");
        var tokens = "ci:%s scope=connect,eyes:%s scope=read+read-all".formatted(CLIENT, READER);
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

    /// The browser that shows the dashboard, and the sessions that it shows, are of one grid.
    @Test
    void a_session_is_found_watched_seen_to_hang_and_ended_and_its_worker_is_drained() {
        try (var grid = UpGrid.start(Map.of())) {
            var input = new TreeMap<String, Object>();
            input.put("address", "http://localhost:" + grid.port() + "/");
            input.put("pictures", Installation.cache("pictures").toString());
            input.put("axe", NodeClient.axe("4.14.1").toString());

            var seen = NodeClient.of("1.62.0").run("dashboard-session.mjs", grid.url(), input);

            assertThat(texts(seen, "listed")).as("with a filter").containsExactly("shop pays");
            assertThat(seen.path("facts").asString()).contains("build:7", "Chromium", "Playwright 1.62");
            assertThat(seen.path("red").asBoolean() && seen.path("green").asBoolean())
                    .as("its colours were seen")
                    .isTrue();
            assertThat(seen.path("waiting").asString()).matches("waiting \\d+ s in Frame\\.click");
            assertThat(seen.path("reason").asString()).contains("ended by operator");
            assertThat(seen.path("ended").asString()).contains("Ended: operator");
            assertThat(seen.path("outcome").asString()).contains("operator", "build:7");
            assertThat(seen.path("scrollsSideways").asBoolean())
                    .as("at 400 pixels")
                    .isFalse();
            assertThat(texts(seen, "serious")).as("what axe-core finds").isEmpty();
            assertThat(texts(seen, "errors")).isEmpty();
        }
    }

    @Test
    void a_page_that_is_open_says_when_redis_is_gone_and_when_it_is_back() throws Exception {
        try (var eyes = UpGrid.start(Map.of());
                var client = JavaClient.start();
                var browser = client.connect(eyes.url());
                var watched = Cluster.start(1, Map.of(), Map.of())) {
            var page = browser.newPage();
            page.navigate("http://localhost:" + watched.port() + "/");
            page.getByText("Ready").waitFor();

            watched.redis().pause();
            page.getByText("The registry does not answer.").waitFor();

            watched.redis().resume();
            page.getByText("Ready").waitFor();
        }
    }

    private static List<String> texts(JsonNode seen, String list) {
        return seen.path(list).valueStream().map(JsonNode::asString).toList();
    }
}
