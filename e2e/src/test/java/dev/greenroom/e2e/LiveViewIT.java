package dev.greenroom.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.e2e.client.NodeClient;
import dev.greenroom.e2e.grid.UpGrid;
import dev.greenroom.e2e.wire.HeldSession;
import dev.greenroom.e2e.wire.Http;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// People look at the pages of a session while its client, a stock one, works.
class LiveViewIT {
    private static final String OWN = "own-token-0123456789";
    private static final String COLLEAGUE = "colleague-token-0123";
    private static final String STRANGER = "stranger-token-01234";
    private static final String READER = "reader-token-0123456";
    private static final String ADMIN = "admin-token-01234567";
    private static final String GUARD = "guard-token-01234567";

    private static UpGrid grid;

    @BeforeAll
    static void open() {
        grid = UpGrid.start(Map.of(
                "AUTH_TOKENS",
                String.join(
                        ",",
                        "team:" + OWN + " scope=connect+read+view",
                        "team:" + COLLEAGUE + " scope=view",
                        "other:" + STRANGER + " scope=connect+read+view",
                        "team:" + READER,
                        "ops:" + ADMIN + " scope=admin",
                        "guard:" + GUARD + " scope=view+read-all")));
    }

    @AfterAll
    static void close() {
        grid.close();
    }

    @ParameterizedTest
    @CsvSource({"playwright, 1.40.0, ''", "playwright, 1.65.1, ''", "puppeteer, 25.16.0, /cdp"})
    void pages_are_seen_as_they_are_by_whoever_may_and_the_client_notices_nothing(
            String client, String version, String path) {
        var node = client.equals("puppeteer") ? NodeClient.puppeteer(version) : NodeClient.of(version);
        var address = "ws://127.0.0.1:" + grid.port() + path + "?name=watched&token=" + OWN;

        var seen = node.run(
                "view.mjs",
                address,
                Map.of(
                        "client",
                        client,
                        "api",
                        "http://127.0.0.1:" + grid.port(),
                        "tokens",
                        Map.of("own", OWN),
                        "ask",
                        Map.of(
                                "colleague", COLLEAGUE,
                                "stranger", STRANGER,
                                "reader", READER,
                                "admin", ADMIN,
                                "guard", GUARD)));

        if (client.equals("playwright")) {
            assertThat(seen.at("/before/error").asString()).isEqualTo("the session has no page now");
        }
        assertThat(seen.at("/pages/pages")
                        .valueStream()
                        .toList()
                        .getLast()
                        .at("/title")
                        .asString())
                .isEqualTo("Green");
        assertThat(seen.at("/type").asString()).isEqualTo("image/jpeg");
        assertThat(seen.at("/screenshot/colour").asString()).isEqualTo("0 2 0");
        assertThat(seen.at("/first").asString()).isEqualTo("0 2 0");
        assertThat(seen.at("/emulation").asString()).isEqualTo("400 300 2");
        assertThat(seen.at("/own/width").asInt()).isEqualTo(800);
        assertThat(seen.at("/last").asString()).isEqualTo("image/png");
        assertThat(seen.at("/after").asInt()).isEqualTo(404);
        assertThat(seen.at("/answers/colleague").asInt()).isEqualTo(200);
        assertThat(seen.at("/answers/guard").asInt()).isEqualTo(200);
        assertThat(seen.at("/answers/stranger").asInt()).isEqualTo(404);
        assertThat(seen.at("/answers/reader").asInt()).isEqualTo(403);
        assertThat(seen.at("/answers/admin").asInt()).isEqualTo(403);
    }

    @Test
    void nobody_sees_a_session_whose_client_does_not_want_it() {
        try (var session = HeldSession.open(grid.port(), "x-greenroom-view: off", "Authorization: Bearer " + OWN)) {
            var answer = Http.get(
                    grid.port(), "/v1/sessions/" + session.id() + "/screenshot", "Authorization: Bearer " + OWN);

            assertThat(answer.status()).isEqualTo(403);
            assertThat(answer.json().at("/error").asString()).contains("view=off");
        }
    }

    @Test
    void without_tokens_nobody_elsewhere_sees_anything() {
        try (var open = UpGrid.start(Map.of("BIND_ADDRESS", "0.0.0.0"));
                var session = HeldSession.open(open.port())) {
            var answer = Http.get(open.port(), "/v1/sessions/" + session.id() + "/screenshot");

            assertThat(answer.status()).isEqualTo(403);
            assertThat(answer.json().at("/error").asString()).contains("LIVE_VIEW");
        }
    }
}
