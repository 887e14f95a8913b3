package dev.greenroom.e2e.wishes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.greenroom.e2e.client.NodeClient;
import dev.greenroom.e2e.grid.LogLine;
import dev.greenroom.e2e.grid.UpGrid;
import dev.greenroom.e2e.wire.HeldSession;
import dev.greenroom.e2e.wire.Http;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

class LaunchOptionsIT {
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final Pattern ID = Pattern.compile("greenroom: session ([0-9a-f-]{36}) on worker");

    private static UpGrid grid;

    @BeforeAll
    static void open() {
        grid = UpGrid.start(Map.of("MAX_CONCURRENT_SESSIONS", "1", "LOG_LEVEL", "debug"));
    }

    @AfterAll
    static void close() {
        grid.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"1.40.0", "1.58.2", "1.65.1"})
    void harmless_arguments_reach_the_browser_and_some_others_are_refused_by_name(String version) {
        var rounds = List.of(
                Map.of("args", List.of("--user-agent=Mine/1")),
                Map.of("args", List.of("--remote-debugging-port=9222")),
                Map.of("proxy", Map.of("server", "file:///x")));

        var seen = NodeClient.of(version).run("options.mjs", grid.url(), Map.of("rounds", rounds));

        assertThat(seen.get(0).path("agent").asString()).startsWith("Mine/1");
        assertThat(seen.get(1).path("refused").asString())
                .contains("400", "args", "--remote-debugging-port", "greenroom: session ", " refused");
        assertThat(seen.get(2).path("refused").asString()).contains("400", "proxy.server");
    }

    @ParameterizedTest
    @ValueSource(strings = {"1.40.0", "1.58.2", "1.65.1"})
    void what_makes_no_difference_keeps_the_warm_browser_and_is_named(String version) {
        var options = Map.<String, Object>of(
                "executablePath",
                "/usr/bin/id",
                "env",
                Map.of("A", "b"),
                "chromiumSandbox",
                true,
                "ignoreDefaultArgs",
                List.of("--mute-audio"),
                "args",
                List.of("--no-sandbox", "--disable-dev-shm-usage", "--of-a-version-to-come"),
                "channel",
                "chrome",
                "headless",
                true,
                "ofAVersionToCome",
                1);
        var client = NodeClient.of(version);

        // The first sessions of a version launch its browsers; one that needs another browser than others is never
        // warm.
        var seen = await().atMost(PATIENCE).until(() -> session(client, options), LaunchOptionsIT::wasWarm);

        assertThat(seen.path("agent").asString()).contains("HeadlessChrome");
        assertThat(log(seen))
                .containsPattern("greenroom: session [0-9a-f-]{36} on worker chromium:[a-z0-9]+")
                .contains("greenroom: ignored launch options: ", "channel chrome")
                .contains("executablePath", "env", "chromiumSandbox", "ignoreDefaultArgs", "ofAVersionToCome")
                .contains("args --no-sandbox", "args --disable-dev-shm-usage", "args --of-a-version-to-come")
                .doesNotContain("headless", "/usr/bin/id");
    }

    private static JsonNode session(NodeClient client, Map<String, Object> options) {
        var debugging = client.with("DEBUG", "pw:browser");
        return debugging
                .run("options.mjs", grid.url(), Map.of("rounds", List.of(options)))
                .get(0);
    }

    private static String log(JsonNode seen) {
        return seen.path("log").asString("");
    }

    private static boolean wasWarm(JsonNode seen) {
        var id = ID.matcher(log(seen));
        assertThat(id.find()).as(log(seen)).isTrue();
        var end = grid.program()
                .out()
                .await(
                        "end of the session",
                        line -> line.contains("code=WORKER_SESSION_ENDED") && line.contains(id.group(1)),
                        PATIENCE);
        return LogLine.ofText(end).get("warm").equals("true");
    }

    @ParameterizedTest
    @ValueSource(strings = {"1.40.0", "1.58.2", "1.65.1"})
    void a_suite_of_playwright_test_runs_as_it_is(String version) {
        var runner = NodeClient.withTestRunner(version)
                .with("PW_TEST_CONNECT_WS_ENDPOINT", grid.url())
                .with("DEBUG", "pw:browser");

        var suite = runner.runSuite("suite");

        assertThat(suite.out().text()).contains("1 passed");
        assertThat(suite.out().text() + suite.err().text())
                .contains("greenroom: ignored launch options: ", "handleSIGINT", "tracesDir")
                .contains("executablePath", "args --no-sandbox, args --disable-dev-shm-usage", "env", "chromiumSandbox")
                .contains("devtools", "ignoreDefaultArgs", "downloadsPath")
                .contains("channel chrome", "headless false", "firefoxUserPrefs")
                .doesNotContain("no-first-run");
    }

    @ParameterizedTest
    @ValueSource(strings = {"1.40.0", "1.65.1"})
    void sessions_of_playwright_test_are_named_after_project_and_worker(String version) {
        var suite =
                NodeClient.withTestRunner(version).with("GRID_URL", grid.url()).runSuite("named-suite");

        assertThat(suite.out().text()).contains("1 passed");
        await().untilAsserted(() -> assertThat(grid.program().out().containing("code=SESSION_ENDED"))
                .anySatisfy(line -> assertThat(line).contains("name=\"shop #0\"", "playwright=" + minor(version))));
    }

    private static String minor(String version) {
        return version.substring(0, version.lastIndexOf('.'));
    }

    @Test
    void python_s_spelling_of_slow_motion_slows_the_client_down() {
        var rounds = List.of(Map.of("slow_mo", 1500));

        var seen = NodeClient.of("1.65.1").run("options.mjs", grid.url(), Map.of("rounds", rounds));

        assertThat(seen.get(0).path("millis").asInt(0)).isGreaterThanOrEqualTo(1500);
    }

    @Test
    void a_refusal_is_a_400_with_the_option_in_a_json_body() {
        var options = "x-playwright-launch-options: {\"headless\":\"no\"}";

        assertThatThrownBy(() -> HeldSession.open(grid.port(), Http.PLAYWRIGHT, options))
                .hasMessageContaining("400")
                .hasMessageContaining("{\"error\":\"launch option refused\",\"option\":\"headless\"");
    }
}
