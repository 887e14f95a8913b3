package dev.greenroom.ops.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.registry.WorkerRecord.WorkerStatus;
import dev.greenroom.session.BrowserType;
import dev.greenroom.session.SessionId;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class OpsRoutesTest {
    private OpsFixture grid;

    @BeforeEach
    void open() throws Exception {
        grid = new OpsFixture();
    }

    @AfterEach
    void close() {
        grid.close();
    }

    @Test
    void a_person_with_a_web_browser_gets_the_dashboard() throws Exception {
        var accept = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

        var answer = grid.get("/", "Accept", accept);

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.headers().firstValue("Content-Type")).contains("text/html; charset=utf-8");
        assertThat(answer.body()).startsWith("<!doctype html>");
    }

    @ParameterizedTest
    @ValueSource(strings = {"*/*", "application/json", "text/plain, application/json", "text/htmlx"})
    void a_program_that_asks_for_the_front_page_learns_that_it_is_for_websockets(String accept) throws Exception {
        var answer = grid.get("/", "Accept", accept);

        assertThat(answer.statusCode()).isEqualTo(426);
        assertThat(answer.body()).isEqualTo("{\"message\":\"This endpoint is for WebSocket connections only.\"}");
        assertThat(answer.headers().firstValue("Upgrade")).contains("websocket");
    }

    @Test
    void the_probe_of_playwright_for_http_addresses_leads_to_the_root() throws Exception {
        var answer = grid.get("/json");

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.body()).isEqualTo("{\"wsEndpointPath\":\"/\"}");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/json/version",
                "/json/version/",
                "//json/version",
                "//json/version/",
                "/cdp/json/version",
                "/chromium/json/version/",
                "/playwright/chromium/json/version"
            })
    void a_client_of_cdp_with_an_http_address_is_given_a_browser_of_its_own(String path) throws Exception {
        var browser = "://127.0.0.1:" + grid.port + "/devtools/browser/[0-9a-f]{32}";

        var first =
                grid.json(path + "?token=a%2Fb&x=1").at("/webSocketDebuggerUrl").asString();

        assertThat(first).matches("ws" + browser + "\\?token=a%2Fb&x=1");
        assertThat(grid.json(path + "?token=a%2Fb&x=1")
                        .at("/webSocketDebuggerUrl")
                        .asString())
                .matches("ws" + browser + "\\?token=a%2Fb&x=1")
                .isNotEqualTo(first);
        assertThat(grid.json(path).at("/Protocol-Version").asString()).isEqualTo("1.3");
    }

    @ParameterizedTest
    @CsvSource({
        "/?token=a%2Fb,          /json/version,  ?token=a%2Fb",
        "/cdp?token=a%2Fb&x=1,   /json/version/, ?token=a%2Fb&x=1",
        "/chromium/?token=a%2Fb, /json/version/, ?token=a%2Fb",
    })
    void a_client_that_appends_to_an_address_with_a_query_is_given_a_browser_too(
            String address, String appended, String query) throws Exception {
        assertThat(grid.json(address + appended).at("/webSocketDebuggerUrl").asString())
                .matches("ws://127.0.0.1:" + grid.port + "/devtools/browser/[0-9a-f]{32}" + Pattern.quote(query));
        assertThat(grid.get("/v1/capacity?x=/json/version").body()).contains("\"total\"");
    }

    @Test
    void only_a_trusted_load_balancer_says_how_clients_reach_the_grid() throws Exception {
        String[] forwarded = {"X-Forwarded-Proto", "https", "X-Forwarded-Prefix", "/team/grid"};
        var own = "127.0.0.1:" + grid.port;

        assertThat(grid.get("/json/version", forwarded).body()).contains("\"ws://" + own + "/devtools/");
        grid.trustsLoadBalancers = true;
        assertThat(grid.get("/json/version", forwarded).body()).contains("\"wss://" + own + "/team/grid/devtools/");
        assertThat(grid.get("/json/version", "X-Forwarded-Prefix", "//evil.example")
                        .body())
                .contains("\"ws://" + own + "/devtools/");
    }

    @Test
    void what_needs_a_browser_is_answered_honestly_before_there_is_one() throws Exception {
        assertThat(grid.get("/json/list").body()).isEqualTo("[]");
        for (var request : List.of("PUT /json/new?about:blank", "GET /json/protocol", "GET /json/close/1")) {
            var words = request.split(" ", -1);
            assertThat(grid.raw(words[0], words[1])).startsWith("HTTP/1.1 501 ").contains("webSocketDebuggerUrl");
        }
    }

    @Test
    void a_method_in_lower_case_is_taken() throws Exception {
        assertThat(grid.raw("get", "/json/version")).startsWith("HTTP/1.1 200 ");
    }

    @Test
    void there_is_no_favicon_but_no_error_either() throws Exception {
        var answer = grid.raw("GET", "/favicon.ico");

        assertThat(answer).startsWith("HTTP/1.1 204 No Content\r\n").endsWith("\r\n\r\n");
        assertThat(answer.toLowerCase(Locale.ROOT)).doesNotContain("\r\ncontent-type:", "\r\ncontent-length:");
    }

    @Test
    void metrics_count_the_sessions_of_the_whole_grid_in_the_documented_words() throws Exception {
        grid.beat(BrowserType.CHROMIUM, "a", WorkerStatus.AVAILABLE);
        grid.beat(BrowserType.FIREFOX, "b", WorkerStatus.AVAILABLE);
        grid.lease(BrowserType.CHROMIUM);
        grid.lease(BrowserType.CHROMIUM);
        grid.lease(BrowserType.FIREFOX);

        var answer = grid.get("/metrics");

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.headers().firstValue("Content-Type")).contains("application/json");
        assertThat(answer.body()).isEqualTo("{\"activeConnections\": 3}");
    }

    @Test
    void metrics_never_count_less_than_this_proxy_relays_itself() throws Exception {
        grid.beat(BrowserType.CHROMIUM, "a", WorkerStatus.AVAILABLE);
        grid.liveSessions.set(2);

        var answer = grid.get("/metrics");

        assertThat(answer.body()).isEqualTo("{\"activeConnections\": 2}");
    }

    @Test
    void health_does_not_touch_the_registry() throws Exception {
        grid.registry.goDown();

        var answer = grid.get("/health");

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.body()).isEqualTo("{\"status\":\"ok\"}");
        assertThat(grid.registry.timesAsked()).isZero();
    }

    @Test
    void capacity_tells_free_slots_from_those_that_nobody_can_get() throws Exception {
        grid.beat(BrowserType.CHROMIUM, "a", WorkerStatus.AVAILABLE);
        grid.lease(BrowserType.CHROMIUM);
        grid.beat(BrowserType.CHROMIUM, "b", WorkerStatus.DRAINING);
        grid.waiting.put(BrowserType.CHROMIUM, 7);

        var capacity = grid.json("/v1/capacity");

        var expected = "{\"workers\":2,\"slots\":10,\"active\":1,\"available\":4,\"queued\":7}";
        assertThat(capacity.at("/browsers/chromium")).hasToString(expected);
        assertThat(capacity.at("/total")).hasToString(expected);
        assertThat(capacity.at("/browsers/webkit/workers").asInt()).isZero();
        assertThat(capacity.at("/registry/answering").asBoolean()).isTrue();
    }

    @Test
    void workers_are_listed_without_their_secret_path() throws Exception {
        grid.beat(BrowserType.CHROMIUM, "a", WorkerStatus.AVAILABLE);
        grid.lease(BrowserType.CHROMIUM);

        var worker = grid.json("/v1/workers").at("/workers/0");

        assertThat(worker.at("/id").asString()).isEqualTo("chromium:a");
        assertThat(worker.at("/address").asString()).isEqualTo("10.1.2.3:3131");
        assertThat(worker.at("/status").asString()).isEqualTo("available");
        assertThat(worker.at("/active").asInt()).isEqualTo(1);
        assertThat(worker.at("/lifetime").asInt()).isEqualTo(1);
        assertThat(worker.at("/maxLifetime").asInt()).isEqualTo(OpsFixture.MAX_LIFETIME);
        assertThat(worker.at("/lastHeartbeat").asString()).isEqualTo("2026-11-20T10:00:00Z");
        for (var path : List.of("/v1/workers", "/v1/overview", "/v1/capacity", "/pressure")) {
            assertThat(grid.get(path).body()).doesNotContain("unguessable");
        }
    }

    @Test
    void pressure_is_told_in_the_words_of_other_grids() throws Exception {
        grid.beat(BrowserType.CHROMIUM, "a", WorkerStatus.AVAILABLE);
        grid.lease(BrowserType.CHROMIUM);

        var answer = grid.get("/pressure");

        assertThat(answer.body())
                .isEqualTo("{\"pressure\":{\"running\":1,\"queued\":0,\"maxConcurrent\":5,\"maxQueued\":1000,"
                        + "\"isAvailable\":true,\"reason\":\"\"}}");
    }

    @Test
    void an_unknown_path_is_not_found() throws Exception {
        var answer = grid.get("/wp-login.php?x=1");

        assertThat(answer.statusCode()).isEqualTo(404);
        assertThat(answer.body()).isEqualTo("{\"error\":\"not found\"}");
    }

    @ParameterizedTest
    @ValueSource(strings = {"POST", "PUT", "DELETE", "OPTIONS"})
    void nothing_here_can_be_changed(String method) throws Exception {
        var answer = grid.raw(method, "/v1/workers");

        assertThat(answer).startsWith("HTTP/1.1 405 Method Not Allowed\r\n").contains("Allow: GET, HEAD\r\n");
    }

    @Test
    void a_head_request_gets_the_head_of_the_answer_and_nothing_more() throws Exception {
        var answer = grid.raw("HEAD", "/health");

        assertThat(answer)
                .startsWith("HTTP/1.1 200 OK\r\n")
                .contains("Content-Length: 15\r\n")
                .endsWith("\r\n\r\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/", "/json", "/favicon.ico", "/metrics", "/health", "/health/ready", "/v1/workers", "/no"})
    void every_answer_carries_an_id_of_its_own(String path) throws Exception {
        var first = grid.get(path, "X-Request-Id", "mine").headers();
        var second = grid.get(path, "X-Request-Id", "mine").headers();

        assertThat(first.firstValue("X-Request-Id").flatMap(SessionId::of)).isPresent();
        assertThat(second.firstValue("X-Request-Id")).isNotEqualTo(first.firstValue("X-Request-Id"));
        assertThat(first.firstValue("X-Content-Type-Options")).contains("nosniff");
        assertThat(first.firstValue("Cache-Control")).contains("no-store");
    }
}
