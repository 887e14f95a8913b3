package dev.greenroom.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.greenroom.e2e.client.NodeClient;
import dev.greenroom.e2e.grid.UpGrid;
import dev.greenroom.e2e.wire.Http;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Clients of the Chrome DevTools Protocol, which a grid does not speak yet.
class DevToolsClientsIT {
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
    @ValueSource(strings = {"1.58.2", "1.65.1"})
    void who_calls_connect_over_cdp_is_told_to_call_connect_and_uses_no_session(String version) {
        var before = grid.program().out().containing("code=SESSION_ENDED").size();

        assertThat(heard(NodeClient.of(version), "playwright"))
                .hasSize(2)
                .allSatisfy(message -> assertThat(message).contains("use connect(\\\"" + grid.url() + "\\\")"));

        assertThat(grid.program().out().containing("code=SESSION_ENDED")).hasSize(before);
    }

    @Test
    void an_old_playwright_that_calls_connect_over_cdp_is_told_by_its_driver() {
        assertThat(heard(NodeClient.of("1.40.0"), "playwright")).hasSize(2).allSatisfy(DevToolsClientsIT::saysConnect);
        assertNothingHeld();
    }

    @Test
    void puppeteer_is_told_to_use_playwright_and_its_connections_are_closed() {
        assertThat(heard(NodeClient.puppeteer("24.43.1"), "puppeteer"))
                .hasSize(2)
                .allSatisfy(DevToolsClientsIT::saysConnect);
        assertNothingHeld();
    }

    private static List<String> heard(NodeClient client, String kind) {
        var heard = new ArrayList<String>();
        client.run("devtools.mjs", grid.url(), Map.of("client", kind))
                .forEach(message -> heard.add(message.asString()));
        return heard;
    }

    private static void saysConnect(String message) {
        assertThat(message).contains("use connect() of Playwright with the same address");
    }

    private static void assertNothingHeld() {
        await().atMost(Duration.ofSeconds(5))
                .untilAsserted(
                        () -> assertThat(Http.get(grid.port(), "/metrics").body())
                                .isEqualToIgnoringWhitespace("{\"activeConnections\": 0}"));
    }
}
