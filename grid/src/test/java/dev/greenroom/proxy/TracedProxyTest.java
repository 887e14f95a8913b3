package dev.greenroom.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.greenroom.net.http.HttpResponse;
import dev.greenroom.net.relay.RelayStarter.RelayTotals;
import dev.greenroom.net.server.Transport;
import dev.greenroom.ops.tracing.Tracing;
import dev.greenroom.proxy.client.SessionObserver;
import dev.greenroom.registry.Registry.RegistryLimits;
import dev.greenroom.registry.memory.MemoryRegistry;
import dev.greenroom.session.PlaywrightVersion.SupportedVersions;
import dev.greenroom.session.SessionId.SessionIdGenerator;
import dev.greenroom.testkit.Canary;
import dev.greenroom.testkit.FakeCollector;
import dev.greenroom.testkit.FakeWorker;
import dev.greenroom.testkit.LoggedLines;
import dev.greenroom.testkit.RawClient;
import io.netty.channel.EventLoopGroup;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// A proxy whose traces go to a collector, over real sockets.
@Timeout(60)
final class TracedProxyTest {
    private static final Duration BOUND = Duration.ofSeconds(20);
    private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
    private static final String PARENT = "00-" + TRACE + "-00f067aa0ba902b7-01";
    private static final String TRACED = "traceparent: " + PARENT + "\r\ntracestate: vendor=1\r\n";

    private final Transport transport = Transport.best();
    private final MemoryRegistry registry = new MemoryRegistry(
            new RegistryLimits(2, 1_000, Duration.ofSeconds(15), Duration.ofSeconds(60)),
            InstantSource.system(),
            System::nanoTime);
    private final EventLoopGroup loops = transport.newLoops("test", 1);
    private final Deque<AutoCloseable> open = new ArrayDeque<>();
    private int port;

    @AfterEach
    void end() throws Exception {
        for (var each : open) {
            each.close();
        }
        registry.close();
        loops.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }

    private <T extends AutoCloseable> T closedLater(T part) {
        open.push(part);
        return part;
    }

    private void proxy(Map<String, String> environment) throws Exception {
        var tracing = closedLater(Tracing.from(environment));
        var proxy = closedLater(new ProxyServer(
                ProxyFixture.settings(Duration.ofSeconds(1)),
                registry,
                new SessionIdGenerator(InstantSource.system(), new SecureRandom()),
                transport,
                loops,
                System::nanoTime,
                tracing.observer().orElse(SessionObserver.NONE),
                new RelayTotals()));
        port = proxy.start(connection -> connection.answer(HttpResponse.empty(404)));
    }

    private FakeCollector collected(String... more) throws Exception {
        var collector = closedLater(FakeCollector.start(200));
        proxy(sentTo(collector.endpoint(), more));
        return collector;
    }

    private static Map<String, String> sentTo(String endpoint, String... more) {
        var environment = new HashMap<String, String>();
        environment.put("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint);
        environment.put("OTEL_BSP_SCHEDULE_DELAY", "50");
        environment.put("OTEL_EXPORTER_OTLP_HEADERS", "x-key=" + Canary.secret("collector"));
        for (var i = 0; i < more.length; i += 2) {
            environment.put(more[i], more[i + 1]);
        }
        return environment;
    }

    private FakeWorker worker() throws IOException {
        var worker = closedLater(FakeWorker.start(FakeWorker.echo()));
        registry.heartbeat(ProxyFixture.heartbeat("one", worker.port(), new SupportedVersions.Any()));
        return worker;
    }

    private String session(String moreLines) throws IOException {
        try (var client = RawClient.connect(port).send(RawClient.upgrade("/", moreLines))) {
            var head = client.readHead();
            assertThat(head).startsWith("HTTP/1.1 101 ");
            client.send(RawClient.masked(8, RawClient.close(1000, "")));
            client.readFrame();
            return head.replaceAll("(?s).*X-Request-Id: (\\S+).*", "$1");
        }
    }

    private static FakeCollector.Span one(FakeCollector collector, String name) {
        await(name).atMost(BOUND).until(() -> collector.spans(name).size() == 1);
        return collector.spans(name).getFirst();
    }

    @Test
    void a_connect_is_one_trace_with_a_span_for_each_phase() throws Exception {
        var collector = collected();
        worker();

        var id = session("User-Agent: Playwright/1.62.0 (x64; debian 12) node/22\r\n");

        var relay = one(collector, "relay");
        var connect = one(collector, "connect");
        assertThat(connect.parent()).isEmpty();
        assertThat(connect.attributes())
                .containsEntry("greenroom.session.id", id)
                .containsEntry("greenroom.outcome", "connected")
                .containsEntry("greenroom.worker", "chromium:one")
                .containsEntry("greenroom.browser", "chromium")
                .containsEntry("greenroom.protocol", "playwright")
                .containsEntry("playwright.version", "1.62")
                .containsEntry("greenroom.tries", "1");
        assertThat(relay.attributes())
                .containsEntry("greenroom.ending", "client_closed")
                .containsEntry("greenroom.close.code", "1000");
        assertThat(collector.spans())
                .hasSize(6)
                .allMatch(span -> span.trace().equals(connect.trace()))
                .allMatch(span -> id.equals(span.attributes().get("greenroom.session.id")))
                .allMatch(span -> span.beganNanos() >= connect.beganNanos() && span.endedNanos() >= span.beganNanos())
                .allMatch(span -> span.status() != 2)
                .filteredOn(span -> span.parent().equals(connect.id()))
                .extracting(FakeCollector.Span::name)
                .containsExactlyInAnyOrder("queue", "select", "dial", "upgrade", "relay");
        assertThat(one(collector, "upgrade").beganNanos())
                .isEqualTo(one(collector, "dial").endedNanos());
    }

    @Test
    void a_trace_of_the_client_is_continued_and_sent_to_the_worker() throws Exception {
        var collector = collected();
        var worker = worker();

        session(TRACED);

        var connect = one(collector, "connect");
        assertThat(connect.trace()).isEqualTo(TRACE);
        assertThat(connect.parent()).isEqualTo("00f067aa0ba902b7");
        assertThat(worker.nextHead())
                .contains("\r\ntraceparent: 00-" + TRACE + "-"
                        + one(collector, "dial").id() + "-01\r\n")
                .contains("\r\ntracestate: vendor=1\r\n");
    }

    @Test
    void a_malformed_trace_is_not_continued() throws Exception {
        var collector = collected();
        var worker = worker();

        session("traceparent: 00-" + "0".repeat(32) + "-00f067aa0ba902b7-01\r\n");

        var connect = one(collector, "connect");
        assertThat(connect.parent()).isEmpty();
        assertThat(worker.nextHead()).contains("\r\ntraceparent: 00-" + connect.trace() + "-");
    }

    @Test
    void a_proxy_without_tracing_forwards_the_clients_trace() throws Exception {
        proxy(sentTo("http://127.0.0.1:9", "OTEL_SDK_DISABLED", "true"));
        var worker = worker();

        session(TRACED);
        session("traceparent: malformed\r\n");

        assertThat(worker.nextHead()).contains("\r\n" + TRACED);
        assertThat(worker.nextHead()).doesNotContain("traceparent");
    }

    @Test
    void the_trace_of_a_refused_client_says_why() throws Exception {
        var collector = collected();

        try (var client = RawClient.connect(port).send(RawClient.upgrade("/", ""))) {
            assertThat(client.readAll()).startsWith("HTTP/1.1 503 ");
        }

        var connect = one(collector, "connect");
        assertThat(connect.status()).isEqualTo(2);
        assertThat(connect.attributes())
                .containsEntry("greenroom.outcome", "no_workers")
                .containsEntry("http.response.status_code", "503");
        assertThat(one(collector, "queue").parent()).isEqualTo(connect.id());
    }

    @Test
    void each_worker_that_failed_is_a_span_with_an_error() throws Exception {
        var collector = collected();
        try (var closed = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            registry.heartbeat(ProxyFixture.heartbeat("dead", closed.getLocalPort(), new SupportedVersions.Any()));
        }

        try (var client = RawClient.connect(port).send(RawClient.upgrade("/", ""))) {
            assertThat(client.readAll()).startsWith("HTTP/1.1 503 ");
        }

        assertThat(one(collector, "connect").attributes()).containsEntry("greenroom.outcome", "unreachable");
        assertThat(one(collector, "dial").status()).isEqualTo(2);
    }

    @Test
    void sessions_do_not_notice_a_collector_that_is_down() throws Exception {
        String closed;
        try (var unused = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            closed = "http://127.0.0.1:" + unused.getLocalPort();
        }
        try (var lines = LoggedLines.of("dev.greenroom.ops.tracing")) {
            proxy(sentTo(
                    closed,
                    "OTEL_BSP_MAX_QUEUE_SIZE",
                    "8",
                    "OTEL_BSP_MAX_EXPORT_BATCH_SIZE",
                    "8",
                    "OTEL_EXPORTER_OTLP_TIMEOUT",
                    "500"));
            worker();

            for (var i = 0; i < 10; i++) {
                session("");
            }

            await("what is lost is said")
                    .atMost(BOUND)
                    .until(() -> !lines.withCode("TRACES_LOST").isEmpty());
        }
    }

    @Test
    void spans_that_a_collector_refuses_are_counted() throws Exception {
        var collector = closedLater(FakeCollector.start(400));
        try (var lines = LoggedLines.of("dev.greenroom.ops.tracing")) {
            proxy(sentTo(collector.endpoint()));
            worker();

            session("");

            await("what is lost is said")
                    .atMost(BOUND)
                    .until(() -> !lines.withCode("TRACES_LOST").isEmpty());
            assertThat(lines.withCode("TRACES_LOST")).hasSize(1);
        }
    }

    @Test
    void an_unsupported_option_is_logged_and_the_proxy_serves_without_it() throws Exception {
        try (var lines = LoggedLines.of("dev.greenroom.ops.tracing")) {
            proxy(sentTo("http://127.0.0.1:9", "OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"));
            try (var other = Tracing.from(Map.of("OTEL_TRACES_EXPORTER", "zipkin"));
                    var odd = Tracing.from(sentTo("no address"))) {
                assertThat(other.observer()).isEmpty();
                assertThat(odd.observer()).isEmpty();
            }
            worker();

            session("");

            assertThat(lines.withCode("TRACING_OFF"))
                    .satisfiesExactly(
                            line -> assertThat(line).contains("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc", "4318"),
                            line -> assertThat(line).contains("OTEL_TRACES_EXPORTER", "zipkin"),
                            line -> assertThat(line).contains("no address"));
        }
    }

    @Test
    void tracing_is_off_by_default() {
        try (var none = Tracing.from(Map.of());
                var off = Tracing.from(sentTo("http://127.0.0.1:9", "OTEL_TRACES_EXPORTER", "none"));
                var on = Tracing.from(Map.of("OTEL_TRACES_EXPORTER", "otlp"))) {
            assertThat(none.observer()).isEmpty();
            assertThat(off.observer()).isEmpty();
            assertThat(on.observer()).isPresent();
        }
    }
}
