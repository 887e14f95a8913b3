package dev.greenroom.ops.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.greenroom.registry.Registry.Acquisition;
import dev.greenroom.registry.Registry.Heartbeat.HeartbeatReply;
import dev.greenroom.registry.Registry.SlotRequest;
import dev.greenroom.registry.RegistryFixtures;
import dev.greenroom.registry.SessionList.EndedSession;
import dev.greenroom.registry.SessionList.LiveSession;
import dev.greenroom.registry.WorkerRecord.WorkerStatus;
import dev.greenroom.session.BrowserType;
import dev.greenroom.session.ClientProtocol;
import dev.greenroom.session.PlaywrightVersion;
import dev.greenroom.session.SessionId;
import dev.greenroom.session.SessionLabels;
import dev.greenroom.session.WorkerId;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What the API lists, and what it changes.
final class CallsTest {
    private static final WorkerId WORKER = new WorkerId(BrowserType.CHROMIUM, "a");

    private OpsFixture grid;

    @BeforeEach
    void open() throws Exception {
        grid = new OpsFixture();
        grid.beat(BrowserType.CHROMIUM, "a", WorkerStatus.AVAILABLE);
    }

    @AfterEach
    void close() {
        grid.close();
    }

    @Test
    void sessions_are_listed_with_everything_that_is_known_of_them() throws Exception {
        var session = running();

        var one = grid.json("/v1/sessions").at("/sessions/0");

        assertThat(one.at("/id").asString()).isEqualTo(session.toString());
        assertThat(one.at("/name").asString()).isEmpty();
        assertThat(one.at("/labels").isEmpty()).isTrue();
        assertThat(one.at("/protocol").asString()).isEqualTo("playwright");
        assertThat(one.at("/browser").asString()).isEqualTo("chromium");
        assertThat(one.at("/worker").asString()).isEqualTo("chromium:a");
        assertThat(one.at("/proxy").asString()).isEqualTo("proxy-1:8080");
        assertThat(one.at("/playwright").asString()).isEqualTo("1.62");
        assertThat(one.at("/remote").asString()).isEqualTo("10.0.0.9");
        assertThat(one.at("/startedAt").asString()).isEqualTo(session.madeAt().toString());
        assertThat(one.at("/ageSeconds").asLong()).isNotNegative();
        assertThat(one.at("/idleSeconds").isNull()).isTrue();
        assertThat(grid.json("/v1/sessions/" + session)).isEqualTo(one);
    }

    @Test
    void ended_sessions_are_listed_newest_first_and_found_by_id_and_by_their_clients_request() throws Exception {
        var running = running();
        var first = ended("build-7", "");
        var second = ended("build-8", "ci");

        var all = grid.json("/v1/sessions?state=ended");
        var page = grid.json("/v1/sessions?state=ended&limit=1");
        var one = grid.json("/v1/sessions/" + first);

        assertThat(all.at("/sessions/0/id").asString()).isEqualTo(second.toString());
        assertThat(all.at("/sessions").size()).isEqualTo(2);
        assertThat(all.at("/next").asString()).isEmpty();
        assertThat(page.at("/sessions").size()).isEqualTo(1);
        assertThat(grid.json("/v1/sessions?state=ended&limit=1&after="
                                + page.at("/next").asString())
                        .at("/sessions/0"))
                .isEqualTo(one);
        assertThat(one.at("/state").asString()).isEqualTo("ended");
        assertThat(one.at("/ending").asString()).isEqualTo("client lost");
        assertThat(one.at("/closeReason").asString()).isEqualTo("gone");
        assertThat(one.at("/queueMillis").asLong()).isEqualTo(12);
        assertThat(one.at("/bytesFromWorker").asLong()).isEqualTo(7);
        assertThat(grid.json("/v1/sessions?state=ended&request=build-7").at("/sessions"))
                .hasSize(1)
                .first()
                .isEqualTo(one);
        assertThat(grid.json("/v1/sessions?state=ended&tenant=ci")
                        .at("/sessions/0/id")
                        .asString())
                .isEqualTo(second.toString());
        assertThat(grid.json("/v1/sessions/" + running).at("/state").asString()).isEqualTo("running");
    }

    private SessionId ended(String request, String tenant) {
        var session = RegistryFixtures.session();
        grid.registry
                .sessions()
                .keepEnded(
                        List.of(new EndedSession(
                                new LiveSession(
                                        session,
                                        WORKER,
                                        "proxy-1:8080",
                                        new LiveSession.Client(Optional.empty(), "10.0.0.9", tenant)),
                                request,
                                session.madeAt().plusSeconds(3),
                                "client lost",
                                "gone",
                                Duration.ofMillis(12),
                                Duration.ofMillis(34),
                                6,
                                7)),
                        Duration.ofHours(1),
                        10);
        return session;
    }

    @Test
    void a_long_list_is_read_page_by_page() throws Exception {
        var first = running();
        var second = running();

        var page = grid.json("/v1/sessions?limit=1");
        var next = grid.json("/v1/sessions?limit=1&after=" + page.at("/next").asString());

        assertThat(page.at("/sessions").size()).isEqualTo(1);
        assertThat(List.of(
                        page.at("/sessions/0/id").asString(),
                        next.at("/sessions/0/id").asString()))
                .containsExactlyInAnyOrder(first.toString(), second.toString());
        assertThat(grid.json("/v1/sessions").at("/next").asString()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                /v1/sessions?limit=0       | limit must be a whole number, 1 to 500
                /v1/sessions?limit=501     | limit must be a whole number, 1 to 500
                /v1/sessions?state=all     | state must be running or ended
                /v1/sessions?request=x     | request finds sessions that have ended: add state=ended
                /v1/sessions?limit=many    | limit must be a whole number, 1 to 500
                /v1/sessions?labels=x      | a session's labels are written as key:value,key:value, with keys of at most 40 letters, digits and ._/-, and \\"x\\" is not
                /v1/sessions?browser=lynx  | browser must be one of chromium, firefox, webkit, and \\"lynx\\" is not
                /v1/sessions?protocol=bidi | protocol must be one of playwright, cdp, and \\"bidi\\" is not
                /v1/sessions?after=x       | after must be the id of a session: the \\"next\\" of the page before
                """)
    void a_parameter_that_is_wrong_is_told_with_its_rule(String path, String rule) throws Exception {
        var answer = grid.get(path);

        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(answer.body()).isEqualTo("{\"error\":\"" + rule + "\"}");
    }

    @Test
    void a_session_that_an_operator_ends_is_told_to_whichever_proxy_has_it() throws Exception {
        var ended = new CopyOnWriteArrayList<SessionId>();
        grid.registry.sessions().onEnd(ended::add);
        var session = running();

        var answer = grid.send("DELETE", "/v1/sessions/" + session);

        assertThat(answer.statusCode()).isEqualTo(202);
        assertThat(answer.body()).isEqualTo("{\"id\":\"" + session + "\",\"status\":\"ending\"}");
        await().untilAsserted(() -> assertThat(ended).containsExactly(session));
    }

    @ParameterizedTest
    @CsvSource({
        "GET, /v1/sessions/01920000-0000-7000-8000-000000000001, no such session",
        "GET, /v1/sessions/%0d%0aX, no such session",
        "DELETE, /v1/sessions/01920000-0000-7000-8000-000000000001, no such session",
        "DELETE, /v1/sessions/x, no such session",
        "POST, /v1/workers/chromium:nobody/drain, no such worker",
        "POST, /v1/workers/safari:a/drain, no such worker",
        "GET, /v1/sessions/, not found",
        "POST, /v1/workers//drain, not found"
    })
    void who_is_not_there_is_not_found(String method, String path, String words) throws Exception {
        var answer = grid.send(method, path);

        assertThat(answer.statusCode()).isEqualTo(404);
        assertThat(answer.body()).isEqualTo("{\"error\":\"" + words + "\"}");
    }

    @ParameterizedTest
    @ValueSource(strings = {"chromium:a", "chromium%3Aa"})
    void a_worker_that_is_drained_hears_of_it_with_its_heartbeat(String id) throws Exception {
        var answer = grid.send("POST", "/v1/workers/" + id + "/drain");

        assertThat(answer.statusCode()).isEqualTo(202);
        assertThat(answer.body()).isEqualTo("{\"id\":\"chromium:a\",\"status\":\"draining\"}");
        assertThat(grid.beat(BrowserType.CHROMIUM, "a", WorkerStatus.AVAILABLE))
                .isInstanceOf(HeartbeatReply.Shutdown.class);
    }

    @ParameterizedTest
    @CsvSource({
        "DELETE, /v1/sessions/01920000-0000-7000-8000-000000000001",
        "POST, /v1/workers/chromium:a/drain",
        "PUT, /v1/log-level?level=debug"
    })
    void nothing_can_be_changed_by_a_web_page(String method, String path) throws Exception {
        var page = grid.send(method, path, "Origin", "http://127.0.0.1:8080");
        var rebound = grid.rawAs("grid.attacker.example", method, path);

        assertThat(page.statusCode()).isEqualTo(403);
        assertThat(page.body())
                .startsWith(
                        "{\"error\":\"origin not allowed\",\"origin\":\"http://127.0.0.1:8080\",\"hint\":\"web pages may not")
                .contains("ALLOWED_ORIGINS of the proxy has its origin, http://127.0.0.1:8080\"}");
        assertThat(rebound)
                .startsWith("HTTP/1.1 403 Forbidden\r\n")
                .contains("{\"error\":\"host not allowed\",\"host\":\"grid.attacker.example\",\"hint\":\"put"
                        + " grid.attacker.example into ALLOWED_HOSTS of the proxy, or give it AUTH_TOKENS\"}");
        assertThat(grid.beat(BrowserType.CHROMIUM, "a", WorkerStatus.AVAILABLE))
                .isInstanceOf(HeartbeatReply.Continue.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"localhost:8080", "proxy", "proxy:80", "[::1]:8080", "10.0.0.1:8080", "a.localhost"})
    void a_program_that_calls_the_grid_by_an_address_or_a_plain_name_may(String host) throws Exception {
        assertThat(grid.rawAs(host, "POST", "/v1/workers/chromium:a/drain")).startsWith("HTTP/1.1 202 Accepted\r\n");
    }

    @ParameterizedTest
    @CsvSource({
        "PUT, /v1/sessions, 'GET, HEAD'",
        "POST, /v1/sessions/x, 'DELETE, GET, HEAD'",
        "GET, /v1/workers/chromium:a/drain, POST",
        "DELETE, /v1/log-level, 'GET, HEAD, PUT'",
        "PATCH, /health, 'GET, HEAD'"
    })
    void a_method_that_a_path_does_not_have_is_answered_with_those_that_it_has(String method, String path, String allow)
            throws Exception {
        assertThat(grid.raw(method, path))
                .startsWith("HTTP/1.1 405 Method Not Allowed\r\n")
                .contains("\r\nAllow: " + allow + "\r\n");
    }

    @ParameterizedTest
    @CsvSource({
        "GET, /v1/sessions",
        "DELETE, /v1/sessions/01920000-0000-7000-8000-000000000001",
        "POST, /v1/workers/chromium:a/drain"
    })
    void a_registry_that_is_silent_is_said_to_be(String method, String path) throws Exception {
        grid.registry.goDown();

        var answer = grid.send(method, path);

        assertThat(answer.statusCode()).isEqualTo(503);
        assertThat(answer.body()).startsWith("{\"error\":\"registry unavailable\",\"hint\":\"Redis does not answer");
        assertThat(answer.headers().firstValue("Retry-After")).contains("1");
    }

    @Test
    void a_session_says_how_long_ago_its_client_sent_the_last_call() throws Exception {
        var session = running();

        grid.registry.sessions().called(Map.of(session, Duration.ofSeconds(90)));

        assertThat(grid.json("/v1/sessions/" + session).at("/idleSeconds").asLong())
                .isGreaterThanOrEqualTo(90);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            name=PAYS                | shop pays
            labels=build:7           | shop pays
            labels=build:7,os:mac    | ''
            tenant=ci&name=s         | shop pays, shop search
            protocol=cdp             | shop search
            worker=nobody            | ''
            worker=a&labels=build:8  | shop search
            browser=firefox          | ''
            """)
    void sessions_are_found_by_what_is_known_of_them(String query, String names) throws Exception {
        named("shop pays", "build:7", ClientProtocol.PLAYWRIGHT);
        named("shop search", "build:8", ClientProtocol.CDP);
        running();

        var found = grid.json("/v1/sessions?" + query).at("/sessions").findValuesAsString("name");

        // Sessions of the same millisecond are in any order.
        assertThat(found.stream().sorted().collect(Collectors.joining(", "))).isEqualTo(names);
    }

    @Test
    void a_list_that_is_filtered_is_read_page_by_page_too() throws Exception {
        for (var n = 0; n < 3; n++) {
            named("wanted", "n:" + n, ClientProtocol.PLAYWRIGHT);
            running();
        }

        var first = grid.json("/v1/sessions?name=wanted&limit=2");
        var second = grid.json(
                "/v1/sessions?name=wanted&limit=2&after=" + first.at("/next").asString());

        assertThat(first.at("/sessions")).hasSize(2);
        assertThat(second.at("/sessions")).hasSize(1);
        assertThat(second.at("/next").asString()).isEmpty();
        assertThat(Stream.of(first, second).flatMap(page -> page.at("/sessions").findValuesAsString("n").stream()))
                .containsExactlyInAnyOrder("0", "1", "2");
    }

    @Test
    void a_request_with_a_filter_reads_no_more_than_10_000_sessions() throws Exception {
        var client = new LiveSession.Client(Optional.empty(), "10.0.0.9", "ci");
        for (var n = 0; n < 2_000; n++) {
            grid.beat(BrowserType.CHROMIUM, "more-" + n, WorkerStatus.AVAILABLE);
        }
        // Each of the 2,001 workers has 5 slots.
        for (var n = 0; n <= 10_000; n++) {
            var request = new SlotRequest(grid.ids.next(), BrowserType.CHROMIUM, Optional.empty(), Set.of());
            var slot = (Acquisition.Granted) grid.registry.acquire(request);
            grid.registry
                    .sessions()
                    .describe(List.of(new LiveSession(slot.session(), slot.worker(), "proxy-1:8080", client)));
        }

        var first = grid.json("/v1/sessions?name=nobody-s");
        var next = first.at("/next").asString();

        assertThat(first.at("/sessions")).isEmpty();
        assertThat(next).isNotEmpty();
        assertThat(grid.json("/v1/sessions?name=nobody-s&after=" + next)
                        .at("/next")
                        .asString())
                .isEmpty();
    }

    private void named(String name, String labels, ClientProtocol protocol) {
        var labelled = SessionLabels.of(name, labels);
        describe(new LiveSession.Client(Optional.empty(), "10.0.0.9", "ci", protocol, labelled));
    }

    private SessionId describe(LiveSession.Client client) {
        var session = grid.lease(BrowserType.CHROMIUM);
        grid.registry.sessions().describe(List.of(new LiveSession(session, WORKER, "proxy-1:8080", client)));
        return session;
    }

    private SessionId running() {
        return describe(new LiveSession.Client(Optional.of(new PlaywrightVersion(1, 62)), "10.0.0.9", "ci"));
    }
}
