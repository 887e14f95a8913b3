package dev.greenroom.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.e2e.client.NodeClient;
import dev.greenroom.e2e.grid.UpGrid;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/// People see what a session calls, and what it waits for, while its client, a stock one, hangs.
class TimelineIT {
    private static UpGrid grid;

    @BeforeAll
    static void open() {
        grid = UpGrid.start(Map.of());
    }

    @AfterAll
    static void close() {
        grid.close();
    }

    @ParameterizedTest
    @CsvSource({"1.40.0", "1.65.1"})
    void a_session_that_hangs_shows_where_and_quotes_nothing(String version) {
        var seen = seen("playwright", NodeClient.of(version), "");

        assertThat(seen.at("/waiting").asString()).matches("waiting \\d s in Page.waitForEvent");
        assertThat(texts(seen.at("/running"))).containsExactly("Page.waitForEvent", "Frame.evaluateExpression");
        assertThat(texts(seen.at("/ended")))
                .contains("Frame.goto", "BrowserContext.newPage", "Frame.click TimeoutError")
                .contains("Frame.evaluateExpression Error");
        checkCommon(seen);
    }

    @ParameterizedTest
    @CsvSource("25.16.0")
    void a_session_of_cdp_that_hangs_shows_where_and_quotes_nothing(String version) {
        var seen = seen("puppeteer", NodeClient.puppeteer(version), "/cdp");

        assertThat(seen.at("/waiting").asString()).matches("waiting \\d s in Runtime.callFunctionOn");
        assertThat(texts(seen.at("/running"))).containsExactly("Runtime.callFunctionOn");
        assertThat(texts(seen.at("/ended"))).contains("Page.navigate", "Target.createTarget");
        checkCommon(seen);
    }

    @ParameterizedTest
    @CsvSource({"playwright, 1.65.1, ''", "puppeteer, 25.16.0, /cdp"})
    void a_client_that_waits_for_an_answer_is_not_idle(String client, String version, String path) {
        try (var strict = UpGrid.start(Map.of("IDLE_TIMEOUT", "1s"))) {
            var node = client.equals("puppeteer") ? NodeClient.puppeteer(version) : NodeClient.of(version);

            var seen = node.run(
                    "timeline-wait.mjs",
                    "ws://127.0.0.1:" + strict.port() + path,
                    Map.of("client", client, "millis", 3500));

            assertThat(seen.at("/answer").asInt()).isEqualTo(42);
            assertThat(seen.at("/disconnected").asBoolean()).isTrue();
        }
    }

    private static void checkCommon(JsonNode seen) {
        assertThat(seen.at("/ids").asInt()).as("calls without an id").isZero();
        assertThat(seen.at("/page").asBoolean())
                .as("names the page as /pages does")
                .isTrue();
        assertThat(texts(seen.at("/stream"))).containsExactly("timeline", "ended");
        assertThat(seen.at("/quotes").asBoolean()).isFalse();
        assertThat(seen.at("/after").asInt()).isEqualTo(404);
    }

    private static JsonNode seen(String client, NodeClient node, String path) {
        var address = "ws://127.0.0.1:" + grid.port();
        return node.run(
                "timeline.mjs",
                address + path + "?name=hangs",
                Map.of("client", client, "api", "http://127.0.0.1:" + grid.port()));
    }

    private static List<String> texts(JsonNode list) {
        return list.valueStream().map(JsonNode::asString).toList();
    }
}
