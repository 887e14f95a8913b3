package dev.greenroom.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.greenroom.e2e.client.CdpVisit;
import dev.greenroom.e2e.client.ClientFailedException;
import dev.greenroom.e2e.client.NodeClient;
import dev.greenroom.e2e.grid.TestSite;
import dev.greenroom.e2e.grid.UpGrid;
import dev.greenroom.e2e.wire.Http;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/// Stock clients of the Chrome DevTools Protocol at the address of a grid, and in its queue, as those of
/// Playwright are.
class CdpClientsIT {
    private static final String TOKEN = "cdp-token-0123456789";

    private static UpGrid grid;
    private static TestSite site;

    @BeforeAll
    static void open() {
        site = TestSite.open();
        grid = UpGrid.start(Map.of("AUTH_TOKENS", "ci:" + TOKEN));
    }

    @AfterAll
    static void close() {
        grid.close();
        site.close();
    }

    @ParameterizedTest
    @CsvSource({
        "puppeteer,  25.16.0, http, ''",
        "puppeteer,  24.43.1, ws,   ''",
        "puppeteer,  24.43.1, ws,   /cdp",
        "playwright, 1.40.0,  ws,   /cdp",
        "playwright, 1.58.2,  ws,   ''",
        "playwright, 1.65.1,  http, /cdp",
        "playwright, 1.65.1,  ws,   /chromium",
    })
    void a_stock_client_does_in_its_browser_what_people_do(String client, String version, String scheme, String path) {
        var address = scheme + "://127.0.0.1:" + grid.port() + path + "?token=" + TOKEN;

        CdpVisit.assertThatItDidEverything(visit(client, version, address, Map.of()));

        assertThat(grid.program().out().containing("code=SESSION_ENDED").getLast())
                .contains("protocol=cdp", "ending=\"client closed\"")
                .doesNotContain(TOKEN);
        grid.awaitNothingHeld("?token=" + TOKEN);
    }

    @ParameterizedTest
    @CsvSource({"puppeteer, 25.16.0", "playwright, 1.65.1"})
    void a_token_in_a_header_is_enough_for_discovery_and_session(String client, String version) {
        var address = "http://127.0.0.1:" + grid.port();

        CdpVisit.assertThatItDidEverything(visit(client, version, address, Map.of("Authorization", "Bearer " + TOKEN)));

        assertThatThrownBy(() -> visit(client, version, address, Map.of("Authorization", "Bearer wrong")))
                .isInstanceOf(ClientFailedException.class);
        assertThat(Http.get(grid.port(), "/json/version").status()).isEqualTo(401);
    }

    @Test
    void more_connections_join_the_browser_by_its_secret_address_and_end_with_its_first_one() {
        try (var open = UpGrid.start(Map.of())) {
            var answer = NodeClient.puppeteer("24.43.1").run("cdp-join.mjs", open.url(), Map.of());

            assertThat(CdpVisit.texts(answer.get("second"))).contains("shared");
            assertThat(CdpVisit.texts(answer.get("stranger"))).doesNotContain("shared");
            assertThat(answer.get("late").asString()).contains("410");
            assertThat(CdpVisit.texts(answer.get("alive"))).isEqualTo(CdpVisit.texts(answer.get("stranger")));
            assertThat(open.program().out().containing("code=SESSION_ENDED"))
                    .as("joining is no session of its own")
                    .hasSize(2);
        }
    }

    private static JsonNode visit(String client, String version, String address, Map<String, String> headers) {
        var node = client.equals("puppeteer") ? NodeClient.puppeteer(version) : NodeClient.of(version);
        return node.run("cdp.mjs", address, Map.of("client", client, "site", site.url(), "headers", headers));
    }
}
