package dev.greenroom.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.greenroom.config.ProxySections.AccessSettings;
import dev.greenroom.config.RedisSettings.GridSecretSettings;
import dev.greenroom.ops.tracing.Tracing;
import dev.greenroom.testkit.Canary;
import dev.greenroom.testkit.FakeCollector;
import dev.greenroom.testkit.FakeWorker;
import dev.greenroom.testkit.LoggedLines;
import dev.greenroom.testkit.RawClient;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Who may use a proxy's port, over real sockets.
@Timeout(60)
final class ProxyAccessTest {
    private static final String CONNECT = Canary.secret("connect");
    private static final String READ = Canary.secret("read");
    private static final String ADMIN = Canary.secret("admin");
    private static final String TOKENS =
            "c:" + CONNECT + " scope=connect\nr:" + READ + " scope=read\na:" + ADMIN + " scope=admin";

    @Test
    void S1_S4_a_thousand_bad_tokens_do_not_reach_the_registry() throws Exception {
        try (var proxy = ClosedProxy.withTokens(TOKENS)) {
            var before = proxy.asked();

            var began = System.nanoTime();
            var first = proxy.upgrade("/", "").readAll();
            var unauthorized = 0;
            for (var n = 0; n < 1_000; n++) {
                try (var client = proxy.upgrade("/", "Authorization: Bearer guess-number-" + (n + 10_000) + "\r\n")) {
                    unauthorized += client.readAll().startsWith("HTTP/1.1 401 ") ? 1 : 0;
                }
            }

            assertThat(first)
                    .startsWith("HTTP/1.1 401 ")
                    .contains("WWW-Authenticate: Bearer")
                    .contains("{\"error\":\"unauthorized\",\"hint\":\"", "Authorization: Bearer");
            var tenths = Duration.ofNanos(System.nanoTime() - began).toSeconds() / 6;
            assertThat(unauthorized).as("ten, and ten a minute").isBetween(10, Math.toIntExact(11 + tenths));
            assertThat(proxy.asked() - before)
                    .as("what the proxy asks now and then")
                    .isLessThan(100);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"header", "query"})
    void S2_a_token_opens_a_session_and_does_not_reach_the_worker(String how) throws Exception {
        try (var proxy = ClosedProxy.withTokens(TOKENS)) {
            var worker = proxy.worker(FakeWorker.echo());

            var client = how.equals("query")
                    ? proxy.upgrade("/?token=" + CONNECT + "&other=" + Canary.secret("query"), "")
                    : proxy.upgrade(
                            "/",
                            "Authorization: Bearer " + CONNECT + "\r\nCookie: " + Canary.secret("cookie") + "\r\n");

            assertThat(client.readHead()).startsWith("HTTP/1.1 101 ").doesNotContain(CONNECT);
            assertThat(worker.nextHead()).doesNotContain(Canary.mark());
        }
    }

    @Test
    void S11_the_worker_is_told_the_tenant_whatever_the_client_says() throws Exception {
        try (var proxy = ClosedProxy.withTokens(TOKENS)) {
            var worker = proxy.worker(FakeWorker.echo());

            proxy.upgrade("/", "Authorization: Bearer " + CONNECT + "\r\nX-Greenroom-Tenant: another\r\n")
                    .readHead();

            assertThat(worker.nextHead())
                    .contains("\r\nX-Greenroom-Tenant: c\r\n")
                    .doesNotContain("another");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "GET,    /health,         200 200 200 200",
        "HEAD,   /health/ready,   200 200 200 200",
        "GET,    /json,           200 200 200 200",
        "GET,    /favicon.ico,    200 200 200 200",
        "GET,    /,               401 403 200 200",
        "GET,    /metrics,        401 403 200 200",
        "GET,    /v1/workers,     401 403 200 200",
        "GET,    /v1/events,      401 403 200 200",
        "GET,    /health/deep,    401 403 200 200",
        "GET,    /health/,        401 403 200 200",
        "GET,    //health,        401 403 200 200",
        "GET,    /unknown,        401 403 200 200",
        "POST,   /health,         401 403 403 200",
        "DELETE, /v1/sessions/1,  401 403 403 200",
        "POST,   /v1/workers/1/drain, 401 403 403 200",
        "PUT,    /v1/log/level,   401 403 403 200",
        "OPTIONS, /v1/workers,    401 403 403 200"
    })
    void S24_what_is_not_a_session_needs_its_scope(String method, String path, String expected) throws Exception {
        try (var proxy = ClosedProxy.withTokens(TOKENS)) {
            var statuses = List.of("", CONNECT, READ, ADMIN).stream()
                    .map(token -> status(proxy, method, path, token))
                    .toList();

            assertThat(String.join(" ", statuses)).isEqualTo(expected);
        }
    }

    @Test
    void S24_a_token_counts_where_a_client_of_cdp_appends_its_path_behind_it() throws Exception {
        try (var proxy = ClosedProxy.withTokens(TOKENS)) {
            var statuses = List.of(CONNECT, READ, "wrong", "").stream()
                    .map(token -> status(proxy, "GET", "/?token=" + token + "/json/version/", ""))
                    .toList();

            assertThat(statuses).containsExactly("200", "403", "401", "401");
        }
    }

    @Test
    void S24_an_upgrade_on_another_path_is_no_way_around() throws Exception {
        try (var proxy = ClosedProxy.withTokens(TOKENS)) {
            assertThat(proxy.upgrade("/v1/workers", "").readAll()).startsWith("HTTP/1.1 401 ");
        }
    }

    @Test
    void S13_a_name_that_is_not_ours_gets_nothing_but_health() throws Exception {
        var access = new AccessSettings(Optional.empty(), List.of("https://ci.example"), List.of());
        try (var proxy = ClosedProxy.with(access, GridSecretSettings.none(), List.of())) {
            proxy.worker(FakeWorker.echo());
            var before = proxy.asked();

            assertThat(send(proxy, "/v1/workers", "Host: evil.example\r\n")).startsWith("HTTP/1.1 403 ");
            assertThat(send(proxy, "/json", "Host: evil.example\r\n"))
                    .startsWith("HTTP/1.1 403 ")
                    .contains("{\"error\":\"host not allowed\",\"host\":\"evil.example\"");
            assertThat(send(proxy, "/health", "Host: evil.example\r\n")).startsWith("HTTP/1.1 200 ");
            assertThat(send(proxy, "/health", "")).as("absent").startsWith("HTTP/1.1 400 ");
            assertThat(send(proxy, "/health", "Host: a\r\nHost: a\r\n"))
                    .as("two")
                    .startsWith("HTTP/1.1 400 ");
            assertThat(proxy.send("GET http://evil.example/v1/workers HTTP/1.1\r\nHost: localhost\r\n\r\n")
                            .readAll())
                    .as("absolute form, whose host counts")
                    .startsWith("HTTP/1.1 403 ");
            assertThat(proxy.send("GET http://localhost/json HTTP/1.1\r\nHost: evil.example\r\n\r\n")
                            .readAll())
                    .as("absolute form, beside which Host is ignored")
                    .startsWith("HTTP/1.1 200 ");
            var rebound = RawClient.upgrade("/", "").replace("Host: grid:8080", "Host: evil.example:8080");
            assertThat(proxy.send(rebound).readAll()).startsWith("HTTP/1.1 403 ");
            assertThat(proxy.asked()).isEqualTo(before);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "https://evil.example, 403, 403",
        "null, 403, 403",
        "https://ci.example, 101, 200",
        "HTTPS://CI.example:443, 101, 200",
        "https://ci.example:444, 403, 403",
        "https://user@ci.example, 403, 403",
        "http://grid:8080, 403, 200"
    })
    void S13_a_page_that_was_not_named_gets_nothing(String origin, String session, String api) throws Exception {
        var access = new AccessSettings(Optional.empty(), List.of("https://ci.example"), List.of());
        try (var proxy = ClosedProxy.with(access, GridSecretSettings.none(), List.of())) {
            proxy.worker(FakeWorker.echo());

            assertThat(proxy.upgrade("/", "Origin: " + origin + "\r\n").readHead())
                    .startsWith("HTTP/1.1 " + session);
            assertThat(send(proxy, "/v1/workers", "Host: grid:8080\r\nOrigin: " + origin + "\r\n"))
                    .startsWith("HTTP/1.1 " + api);
        }
    }

    @Test
    void S29_a_tenant_that_has_all_its_sessions_is_told_so() throws Exception {
        try (var log = LoggedLines.of("dev.greenroom.proxy.client");
                var proxy = ClosedProxy.withTokens("a:" + CONNECT + " sessions=1")) {
            proxy.worker(FakeWorker.echo());
            var first = proxy.upgrade("/?token=" + CONNECT, "");
            assertThat(first.readHead()).startsWith("HTTP/1.1 101 ");

            assertThat(proxy.upgrade("/?token=" + CONNECT, "").readAll())
                    .startsWith("HTTP/1.1 429 ")
                    .contains("Retry-After: 1\r\n")
                    .endsWith("{\"error\":\"quota exceeded\"}");

            first.close();
            await().until(() -> {
                try (var again = proxy.upgrade("/?token=" + CONNECT, "")) {
                    return again.readHead().startsWith("HTTP/1.1 101 ");
                }
            });
            assertThat(log.withCode("SESSION_ENDED")).anyMatch(line -> line.contains("tenant=\"a\""));
            assertThat(log.withCode("SESSION_REFUSED"))
                    .anySatisfy(line -> assertThat(line)
                            .contains("tenant=\"a\"", "status=\"429\"", "refusal=\"quota-exceeded\"", "detail=\"for "));
            assertThat(log.withCode("SESSION_ENDED").toString() + log.withCode("SESSION_REFUSED"))
                    .doesNotContain(CONNECT);
        }
    }

    @Test
    void a_trace_names_the_tenant_and_not_its_token() throws Exception {
        try (var collector = FakeCollector.start(200);
                var tracing = Tracing.from(Map.of("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint()));
                var proxy = ClosedProxy.withTokens(
                        "ci:" + CONNECT, tracing.observer().orElseThrow())) {
            proxy.worker(FakeWorker.echo());

            proxy.upgrade("/?token=" + CONNECT, "").readHead();
            proxy.upgrade("/?token=" + Canary.secret("guess"), "").readAll();

            await().until(() -> collector.spans("connect").size() == 2);
            assertThat(collector.spans("connect").stream()
                            .map(span -> span.attributes().getOrDefault("greenroom.tenant", "-")))
                    .containsExactlyInAnyOrder("ci", "-");
            assertThat(collector.spans().toString()).doesNotContain(Canary.mark());
        }
    }

    @Test
    void S28_one_request_asks_the_registry_twice_at_most() throws Exception {
        try (var proxy = ClosedProxy.withTokens(TOKENS)) {
            proxy.worker(FakeWorker.echo());
            for (var target : List.of("/?browser=lynx&", "/?browser=webkit&", "/?launch-options=no&", "/?")) {
                var before = proxy.asked();

                var head = proxy.upgrade(target + "token=" + CONNECT, "").readHead();

                // The first look at the workers, and the wish itself; waiting in line is bounded by MAX_QUEUE_SIZE.
                if (!head.startsWith("HTTP/1.1 503 ")) {
                    assertThat(proxy.asked() - before).as(target).isLessThanOrEqualTo(2);
                }
            }
        }
    }

    private static String status(ClosedProxy proxy, String method, String path, String token) {
        try {
            var line = token.isEmpty() ? "" : "Authorization: Bearer " + token + "\r\n";
            return proxy.ask(method, path, line).split(" ", 3)[1];
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static String send(ClosedProxy proxy, String path, String lines) throws Exception {
        return proxy.send("GET " + path + " HTTP/1.1\r\n" + lines + "\r\n").readAll();
    }
}
