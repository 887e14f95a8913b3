package dev.greenroom.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import dev.greenroom.e2e.client.ClientFailedException;
import dev.greenroom.e2e.client.NodeClient;
import dev.greenroom.e2e.grid.TestSite;
import dev.greenroom.e2e.grid.UpGrid;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/// Browsers other than the headless shell, through the whole grid.
class BrowsersIT {
    /// The version for which browsers are launched and waiting.
    private static final String BUNDLED = "1.62.1";

    private static final Duration END = Duration.ofSeconds(20);
    private static final Duration GONE = Duration.ofSeconds(5);

    private static JsonNode visit(UpGrid grid, String browser) {
        try (var site = TestSite.open()) {
            return NodeClient.of(BUNDLED)
                    .run("browser.mjs", grid.url(), Map.of("site", site.url(), "browser", browser));
        }
    }

    private static void assertWorks(JsonNode seen) {
        assertThat(seen.get("pressed").asString()).isEqualTo("pressed 1");
        assertThat(seen.get("routed").asString()).isEqualTo("sunshine");
        assertThat(seen.get("cookies").toString()).isEqualTo("[1,0]");
        assertThat(seen.get("screenshot").asInt()).isGreaterThan(1_000);
    }

    @Test
    void a_firefox_that_nobody_changed_serves_a_stock_client() {
        try (var grid =
                UpGrid.start(Map.of("BROWSER_TYPE", "firefox", "WARM_BROWSERS", "1", "WORKER_SELECT_TIMEOUT", "12"))) {
            var seen = visit(grid, "firefox");

            assertWorks(seen);
            assertThat(seen.get("agent").asString()).contains("Firefox/");
        }
    }

    @Test
    void a_browser_with_a_window_gets_a_display_of_the_worker_s_own() {
        var screens = displays();
        var grid = UpGrid.start(Map.of("HEADLESS", "false", "WARM_BROWSERS", "1", "WORKER_SELECT_TIMEOUT", "12"));
        try {
            var seen = visit(grid, "chromium");

            assertWorks(seen);
            assertThat(seen.get("agent").asString()).contains("Chrome/").doesNotContain("Headless");
            assertThat(displays()).isGreaterThan(screens);

            grid.program().kill();

            await("the display ends with a worker that was killed").atMost(GONE).until(() -> displays() == screens);
        } finally {
            grid.program().close();
            grid.family().delete();
        }
    }

    private static long displays() {
        return ProcessHandle.allProcesses()
                .filter(process -> process.info().command().orElse("").endsWith("/Xvfb"))
                .count();
    }

    @Test
    void a_worker_without_a_webkit_says_how_to_get_one() {
        var grid = UpGrid.launch(Map.of("BROWSER_TYPE", "webkit"));

        var code = grid.program().awaitExit(END);

        assertThat(code).isEqualTo(1);
        assertThat(grid.program().err().text() + grid.program().out().text())
                .contains("No WebKit was found", "npx playwright install --with-deps webkit");
        grid.family().delete();
    }

    @Test
    void a_client_that_wants_a_browser_that_nobody_serves_is_told_so() {
        try (var grid = UpGrid.start(Map.of("WORKER_SELECT_TIMEOUT", "1"))) {
            var failure = catchThrowableOfType(ClientFailedException.class, () -> visit(grid, "webkit"));

            assertThat(failure).hasMessageContaining("503").hasMessageContaining("no worker serves this browser");
        }
    }
}
