package dev.greenroom.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.greenroom.e2e.grid.UpGrid;
import dev.greenroom.e2e.wire.HeldSession;
import dev.greenroom.e2e.wire.Http;
import dev.greenroom.e2e.wire.HttpAnswer;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class WireContractIT {
    private static final String UUID = "[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}";
    private static UpGrid grid;

    @BeforeAll
    static void open() {
        grid = UpGrid.start(Map.of(
                "MAX_CONCURRENT_SESSIONS", "1",
                "WARM_BROWSERS", "1",
                "MAX_LIFETIME_SESSIONS", "1000",
                "MAX_QUEUE_SIZE", "1",
                "WORKER_SELECT_TIMEOUT", "3",
                "PLAYWRIGHT_VERSIONS", "1.62"));
    }

    @AfterAll
    static void close() {
        grid.close();
    }

    @AfterEach
    void every_test_leaves_the_slot_free() {
        try (var session = HeldSession.open(grid.port())) {
            assertThat(session.isOpen()).isTrue();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/",
                "/?browser=chromium",
                "/playwright/chromium",
                "/playwright/chromium/1.62",
                "/chromium/playwright"
            })
    void an_upgrade_is_answered_with_101_the_key_s_answer_and_the_session_s_id(String path) {
        var answer = Http.connect(grid.port(), path, Http.PLAYWRIGHT);

        assertThat(answer.status()).isEqualTo(101);
        assertThat(answer.header("Upgrade"))
                .hasValueSatisfying(it -> assertThat(it).isEqualToIgnoringCase("websocket"));
        assertThat(answer.header("Connection"))
                .hasValueSatisfying(it -> assertThat(it).isEqualToIgnoringCase("Upgrade"));
        assertThat(answer.header("Sec-WebSocket-Accept")).hasValue(Http.ACCEPT);
        assertThat(answer.header("X-Request-Id"))
                .hasValueSatisfying(it -> assertThat(it).matches(UUID));
        assertThat(answer.header("Server")).isEmpty();
    }

    @Test
    void the_header_that_every_playwright_client_sends_names_the_browser() {
        var answer = Http.connect(grid.port(), "/", Http.PLAYWRIGHT, "x-playwright-browser: firefox");

        assertThat(answer.status()).isEqualTo(503);
        assertThat(answer.json().get("error").asString()).isEqualTo("no available servers");
        assertThat(answer.json().get("reason").asString()).isNotBlank();
        assertThat(answer.header("Retry-After")).isPresent();
    }

    @ParameterizedTest
    @ValueSource(strings = {"/?browser=lynx", "/playwright/lynx", "/lynx/playwright"})
    void another_browser_than_playwright_s_is_refused_with_those_that_are_allowed(String path) {
        var answer = Http.connect(grid.port(), path, Http.PLAYWRIGHT);

        assertRefused(answer, 400);
        assertThat(answer.body())
                .isEqualTo("{\"error\":\"invalid browser type\",\"allowed\":[\"chromium\",\"firefox\",\"webkit\"]}");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "Sec-WebSocket-Key: " + Http.KEY + " | Sec-WebSocket-Key: short",
                "Sec-WebSocket-Key: " + Http.KEY + " | X-Nothing: 1",
                "Sec-WebSocket-Version: 13 | Sec-WebSocket-Version: 8",
                "Sec-WebSocket-Version: 13 | X-Nothing: 1",
                "HTTP/1.1 | HTTP/1.0",
                "Upgrade: websocket | Upgrade: websocket\\r\\nHost: elsewhere",
                "Upgrade: websocket | Upgrade: websocket\\r\\nContent-Length: 3",
                "Upgrade: websocket | Upgrade: websocket\\r\\nTransfer-Encoding: chunked",
                "Upgrade: websocket | Upgrade: websocket\\r\\n folded",
                "Upgrade: websocket | Up grade: websocket"
            })
    void a_malformed_wish_is_refused_with_the_detail(String part, String malformed) {
        var head = Http.upgrade(grid.port(), "/", Http.PLAYWRIGHT).replace(part, malformed.replace("\\r\\n", "\r\n"));

        var answer = Http.send(grid.port(), head);

        assertRefused(answer, 400);
        assertThat(answer.json().get("error").asString()).isEqualTo("bad request");
        assertThat(answer.json().get("detail").asString()).isNotBlank();
    }

    @Test
    void a_request_line_over_eight_kilobytes_is_414_and_a_head_over_sixteen_is_431() {
        var longLine = Http.get(grid.port(), "/" + "x".repeat(8 * 1024));
        var longHead = Http.get(grid.port(), "/", "X-Long: " + "x".repeat(16 * 1024));

        assertThat(longLine.status()).isEqualTo(414);
        assertThat(longHead.status()).isEqualTo(431);
    }

    @Test
    void a_version_that_is_not_to_be_had_is_428_with_playwright_s_own_box_and_those_that_are() {
        var answer = Http.connect(grid.port(), "/", "User-Agent: Playwright/9.99.0 (x64; debian 12) node/24.0");

        assertThat(answer.status()).isEqualTo(428);
        assertThat(answer.body())
                .startsWith("╔")
                .endsWith("╝")
                .contains("Playwright version mismatch:", "server version: v1.62", "client version: v9.99");
        assertThat(answer.header("X-Request-Id")).isPresent();
    }

    @Test
    void without_a_free_slot_a_client_waits_and_is_then_told_that_there_are_no_available_servers() {
        try (var _ = HeldSession.open(grid.port())) {

            var answer = Http.connect(grid.port(), "/", Http.PLAYWRIGHT);

            assertRefused(answer, 503);
            assertThat(answer.json().get("error").asString()).isEqualTo("no available servers");
            assertThat(answer.json().get("reason").asString()).isNotBlank();
            assertThat(answer.header("Retry-After")).isPresent();
            assertThat(answer.took()).isBetween(Duration.ofMillis(2_900), Duration.ofMillis(5_500));
        }
    }

    @Test
    void a_waiting_client_gets_the_slot_as_soon_as_it_is_free() throws Exception {
        try (var first = HeldSession.open(grid.port());
                var waiters = Executors.newVirtualThreadPerTaskExecutor()) {
            var waiting = waiters.submit(() -> Http.connect(grid.port(), "/", Http.PLAYWRIGHT));

            first.leave();
            var answer = waiting.get(2_900, TimeUnit.MILLISECONDS);

            assertThat(answer.status()).isEqualTo(101);
        }
    }

    @Test
    void the_root_without_an_upgrade_is_426() {
        var answer = Http.get(grid.port(), "/");

        assertRefused(answer, 426);
        assertThat(answer.body()).isEqualTo("{\"message\":\"This endpoint is for WebSocket connections only.\"}");
    }

    @Test
    void the_probe_of_clients_with_an_http_address_names_the_path() {
        var answer = Http.get(grid.port(), "/json", Http.PLAYWRIGHT);

        assertOrdinary(answer, 200);
        assertThat(answer.body()).isEqualTo("{\"wsEndpointPath\":\"/\"}");
    }

    @Test
    void the_health_is_ok_as_long_as_the_process_serves() {
        var answer = Http.get(grid.port(), "/health");

        assertOrdinary(answer, 200);
        assertThat(answer.body()).isEqualTo("{\"status\":\"ok\"}");
        assertThat(Http.get(grid.port(), "/health/ready").status()).isEqualTo(200);
    }

    @Test
    void the_metrics_count_the_sessions() {
        try (var _ = HeldSession.open(grid.port())) {

            await().untilAsserted(() -> {
                var answer = Http.get(grid.port(), "/metrics", "User-Agent: curl/8.5.0", "Accept: */*");
                assertOrdinary(answer, 200);
                assertThat(answer.body()).isEqualToIgnoringWhitespace("{\"activeConnections\": 1}");
            });
        }
    }

    @Test
    void the_icon_that_browsers_ask_for_has_no_content() {
        var answer = Http.get(grid.port(), "/favicon.ico");

        assertThat(answer.status()).isEqualTo(204);
        assertThat(answer.body()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"/nothing", "/jsonlist", "/metrics/", "/playwright"})
    void anything_else_is_not_found(String path) {
        var answer = Http.get(grid.port(), path);

        assertRefused(answer, 404);
        assertThat(answer.body()).isEqualTo("{\"error\":\"not found\"}");
    }

    @Test
    void an_upgrade_on_another_path_is_not_found() {
        var answer = Http.connect(grid.port(), "/elsewhere", Http.PLAYWRIGHT);

        assertRefused(answer, 404);
    }

    private static void assertRefused(HttpAnswer answer, int status) {
        assertOrdinary(answer, status);
        assertThat(answer.json().isObject()).isTrue();
    }

    private static void assertOrdinary(HttpAnswer answer, int status) {
        assertThat(answer.status()).as(answer.body()).isEqualTo(status);
        assertThat(answer.header("Content-Type"))
                .hasValueSatisfying(it -> assertThat(it).startsWith("application/json"));
        assertThat(answer.header("X-Request-Id"))
                .hasValueSatisfying(it -> assertThat(it).matches(UUID));
        assertThat(answer.header("X-Content-Type-Options")).hasValue("nosniff");
        assertThat(answer.header("Cache-Control")).hasValue("no-store");
        assertThat(answer.header("Server")).isEmpty();
    }
}
