package dev.greenroom.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.greenroom.net.http.HttpResponse;
import dev.greenroom.net.relay.RelayStarter.RelayTotals;
import dev.greenroom.net.server.Transport;
import dev.greenroom.proxy.client.SessionObserver;
import dev.greenroom.registry.Registry;
import dev.greenroom.registry.Registry.RegistryLimits;
import dev.greenroom.registry.WorkerRecord;
import dev.greenroom.registry.memory.MemoryRegistry;
import dev.greenroom.session.BrowserType;
import dev.greenroom.session.PlaywrightVersion;
import dev.greenroom.session.PlaywrightVersion.SupportedVersions;
import dev.greenroom.session.Refusal.NoSlotReason;
import dev.greenroom.session.SessionId;
import dev.greenroom.session.SessionId.SessionIdGenerator;
import dev.greenroom.session.SessionLabels;
import dev.greenroom.session.WorkerId;
import dev.greenroom.testkit.FakeWorker;
import dev.greenroom.testkit.LoggedLines;
import dev.greenroom.testkit.RawClient;
import io.netty.channel.EventLoopGroup;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// A proxy between raw clients and fake workers, over real sockets, with the registry in memory.
@Timeout(60)
class ProxyServerTest {
    private static final Duration SELECT_TIMEOUT = Duration.ofSeconds(2);
    private static final String OLD = "User-Agent: Playwright/1.20.2 (x64; debian 12) node/20.20\r\n";
    private static final String CURRENT = "User-Agent: Playwright/1.62.0 (x64; debian 12) node/20.20\r\n";

    private final Transport transport = Transport.best();
    private final MemoryRegistry registry = new MemoryRegistry(
            new RegistryLimits(2, 1_000, Duration.ofSeconds(15), Duration.ofSeconds(60)),
            InstantSource.system(),
            System::nanoTime);
    private final List<AutoCloseable> open = new ArrayList<>();
    private EventLoopGroup loops;
    private ProxyServer proxy;
    private int port;

    @BeforeEach
    void begin() throws Exception {
        loops = transport.newLoops("test", 1);
        proxy = new ProxyServer(
                ProxyFixture.settings(SELECT_TIMEOUT),
                registry,
                new SessionIdGenerator(InstantSource.system(), new SecureRandom()),
                transport,
                loops,
                System::nanoTime,
                SessionObserver.NONE,
                new RelayTotals());
        port = proxy.start(connection -> connection.answer(HttpResponse.json(404, "{\"error\":\"not found\"}")));
    }

    @AfterEach
    void end() throws Exception {
        for (var each : open) {
            each.close();
        }
        proxy.close();
        assertThat(registry.workers())
                .allSatisfy(worker -> assertThat(worker.active()).isZero());
        registry.close();
        loops.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }

    private WorkerId register(String name, int workerPort) {
        return register(name, workerPort, new SupportedVersions.Any());
    }

    private WorkerId register(String name, int workerPort, SupportedVersions versions) {
        var heartbeat = ProxyFixture.heartbeat(name, workerPort, versions);
        registry.heartbeat(heartbeat);
        return heartbeat.worker();
    }

    private FakeWorker worker(FakeWorker.Script script) throws IOException {
        var worker = FakeWorker.start(script);
        open.add(worker);
        return worker;
    }

    private RawClient client(String target, String moreLines) throws IOException {
        var client = RawClient.connect(port).send(RawClient.upgrade(target, moreLines));
        open.add(client);
        return client;
    }

    private RawClient session() throws IOException {
        var client = client("/", "");
        assertThat(client.readHead()).startsWith("HTTP/1.1 101 ");
        return client;
    }

    private int leased() {
        return registry.workers().stream().mapToInt(worker -> worker.active()).sum();
    }

    @Test
    void a_session_holds_a_slot_for_exactly_as_long_as_it_lasts() throws Exception {
        register("one", worker(FakeWorker.echo()).port());

        var client = session();
        var during = leased();
        client.send(RawClient.masked(8, RawClient.close(1000, "")));
        client.readFrame();
        client.socket().close();

        assertThat(during).isEqualTo(1);
        await().until(() -> leased() == 0);
    }

    @Test
    void what_became_of_a_session_is_kept_behind_its_end() throws Exception {
        register("one", worker(FakeWorker.echo()).port());

        var client = client("/?name=pays&labels=build:7", "X-Request-Id: build-7\r\n");
        client.readHead();
        client.send(RawClient.masked(8, RawClient.close(4001, "enough")));
        client.readFrame();
        client.socket().close();
        await().until(() ->
                !registry.sessions().endedPage(1, Optional.empty()).sessions().isEmpty());

        var ended =
                registry.sessions().endedPage(1, Optional.empty()).sessions().getFirst();
        assertThat(ended.request()).isEqualTo("build-7");
        assertThat(ended.ending()).isEqualTo("client closed");
        assertThat(ended.closeReason()).isEqualTo("enough");
        assertThat(ended.session().client().labels().name()).isEqualTo("pays");
        assertThat(ended.session().worker().name()).isEqualTo("one");
        assertThat(ended.connecting()).isPositive();
    }

    @Test
    void an_unknown_browser_type_is_refused_with_the_known_ones() throws Exception {
        var answer = client("/?browser=lynx", "").readAll();

        assertThat(answer)
                .startsWith("HTTP/1.1 400 Bad Request\r\nX-Request-Id: ")
                .endsWith("{\"error\":\"invalid browser type\",\"allowed\":[\"chromium\",\"firefox\",\"webkit\"]}");
    }

    @Test
    void the_clients_log_names_its_session_its_worker_and_ignored_launch_options() throws Exception {
        register(
                "one",
                worker(peer -> {
                            peer.accept("X-Greenroom-Ignored-Options: channel chrome, <\tb>\r\nX-Other: x\r\n");
                            peer.readToEnd();
                        })
                        .port());
        try (var log = LoggedLines.of("dev.greenroom.proxy.SessionRunner")) {
            var options = "{\"env\": {\"KEY\": \"secret\"}, \"args\": [\"--no-sandbox\"], \"a\\r\\nX-Bad: 1\": 1}";

            var head = client("/", "x-playwright-launch-options: " + options + "\r\n")
                    .readHead();

            var names = "env, args --no-sandbox, a??X-Bad??1, channel chrome, ??b?";
            assertThat(head)
                    .startsWith("HTTP/1.1 101 ")
                    .contains("\r\nx-playwright-debug-log: greenroom: session " + requestId(head)
                            + " on worker chromium:one\r\n")
                    .contains("\r\nx-playwright-debug-log: greenroom: ignored launch options: " + names + "\r\n")
                    .doesNotContain("X-Other", "secret");
            assertThat(log.withCode("LAUNCH_OPTIONS_IGNORED"))
                    .singleElement()
                    .satisfies(line -> assertThat(line).contains("DEBUG", names).doesNotContain("secret"));
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            /?name=shop%20pays&labels=build:7,os:mac | ''
            /                                        | x-greenroom-name: shop%20pays\\r\\nx-greenroom-labels: build:7, os:mac\\r\\n
            /?name=shop+pays                         | x-greenroom-name: other\\r\\nX-Greenroom-Labels: os:mac,build:7\\r\\n
            """)
    void what_a_client_calls_its_session_is_in_the_list(String target, String headers) throws Exception {
        register("one", worker(FakeWorker.echo()).port());
        var client = client(target, headers.replace("\\r\\n", "\r\n"));
        var session = SessionId.of(requestId(client.readHead())).orElseThrow();

        assertThat(registry.sessions().find(session).orElseThrow().client().labels())
                .isEqualTo(SessionLabels.of("shop pays", "build:7,os:mac"));
    }

    @Test
    void a_name_that_is_too_long_is_refused_with_the_limit() throws Exception {
        assertThat(client("/?name=" + "x".repeat(161), "").readAll())
                .startsWith("HTTP/1.1 400 ")
                .contains("a session's name has at most 160 characters, and this one has 161");
    }

    @Test
    void the_log_of_a_refused_client_names_its_session() throws Exception {
        var answer = client("/?browser=lynx", "").readAll();

        assertThat(answer)
                .contains("\r\nx-playwright-debug-log: greenroom: session " + requestId(answer) + " refused\r\n");
    }

    private static String requestId(String head) {
        return head.lines()
                .filter(line -> line.startsWith("X-Request-Id: "))
                .findFirst()
                .orElseThrow()
                .substring("X-Request-Id: ".length());
    }

    @Test
    void the_refusal_after_a_queue_timeout_names_the_time_the_slots_and_the_setting_to_change() throws Exception {
        register("one", worker(FakeWorker.echo()).port());
        session();
        session();

        var answer = client("/", "").readAll();

        assertThat(answer)
                .startsWith("HTTP/1.1 503 ")
                .contains("{\"error\":\"no available servers\",\"reason\":\"no slot became free in time\",\"hint\":\"")
                .contains("WORKER_SELECT_TIMEOUT", "MAX_CONCURRENT_SESSIONS")
                .endsWith("\"slots\":2,\"waitedSeconds\":2}");
    }

    @Test
    void a_worker_that_is_still_preparing_is_tried_again_while_there_is_time() throws Exception {
        var body = "{\"error\":\"no available servers\",\"reason\":\"" + NoSlotReason.PREPARING.words() + "\"}";
        var dialled = new AtomicInteger();
        register(
                "one",
                worker(peer -> {
                            if (dialled.incrementAndGet() == 1) {
                                peer.send("HTTP/1.1 503 Service Unavailable\r\nContent-Length: " + body.length()
                                        + "\r\n\r\n" + body);
                            } else {
                                FakeWorker.echo().play(peer);
                            }
                        })
                        .port());

        session();

        assertThat(dialled).hasValue(2);
    }

    @Test
    void a_client_that_certainly_speaks_cdp_is_served_with_it_at_the_address_for_both() throws Exception {
        var worker = worker(FakeWorker.echo());
        for (var name : List.of("one", "two", "three")) {
            register(name, worker.port());
        }
        var agent = "User-Agent: Playwright/1.65.1 (x64; debian 12) node/22.20\r\n";
        var offer =
                "Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover; client_max_window_bits\r\n";

        for (var certain :
                List.of(agent + offer, "User-Agent: Puppeteer 25.16.0\r\n", "User-Agent: browser-use/0.13.14\r\n")) {
            assertThat(client("/", certain).readHead()).startsWith("HTTP/1.1 101 ");
            assertThat(worker.nextHead()).containsPattern("\r\nX-Greenroom-Cdp: [0-9a-f]{32}\r\n");
        }
        for (var other : List.of(agent + offer + "x-playwright-proxy: \r\n", agent)) {
            assertThat(client("/", other).readHead()).startsWith("HTTP/1.1 101 ");
            assertThat(worker.nextHead()).doesNotContain("X-Greenroom-Cdp");
        }
    }

    @Test
    void a_worker_of_a_release_without_cdp_is_not_used_for_it() throws Exception {
        var old = worker(peer -> {
            peer.accept("");
            peer.readToEnd();
        });
        register("one", old.port());

        assertThat(client("/cdp", "").readAll())
                .startsWith("HTTP/1.1 503 ")
                .contains("no worker that took the session knows the Chrome DevTools Protocol", "update them first");
        assertThat(client("/", "").readHead()).startsWith("HTTP/1.1 101 ");
    }

    @Test
    void rod_is_answered_for_the_word_that_it_sends_instead_of_a_key_and_the_worker_gets_a_key() throws Exception {
        var worker = worker(FakeWorker.echo());
        register("one", worker.port());

        var rod = RawClient.connect(port).send(RawClient.upgrade("/cdp", "").replace(RawClient.KEY, "nil"));

        assertThat(rod.readHead()).contains("\r\nSec-WebSocket-Accept: Q67D9eATKx531lK8F7u2rqQNnNI=\r\n");
        assertThat(worker.nextHead()).containsPattern("\r\nSec-WebSocket-Key: [A-Za-z0-9+/]{22}==\r\n");
        rod.close();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void rod_gets_no_close_frame_since_it_reads_one_as_a_message(boolean workerSaysSo) throws Exception {
        var echoed = new ArrayBlockingQueue<RawClient.Frame>(1);
        var worker = worker(peer -> {
            peer.accept();
            peer.readFrame();
            peer.send(RawClient.unmasked(1, "last".getBytes(StandardCharsets.US_ASCII)));
            if (workerSaysSo) {
                peer.send(RawClient.unmasked(8, RawClient.close(1000, "closed with Browser.close")));
                echoed.add(peer.readFrame());
            }
        });
        register("one", worker.port());

        try (var rod =
                RawClient.connect(port).send(RawClient.upgrade("/cdp", "").replace(RawClient.KEY, "nil"))) {
            assertThat(rod.readHead()).startsWith("HTTP/1.1 101 ");
            rod.send(RawClient.masked(1, new byte[] {'x'}));
            assertThat(rod.readFrame().payload()).isEqualTo("last");
            assertThat(rod.readAll()).isEmpty();
        }
        if (workerSaysSo) {
            assertThat(echoed.poll(10, TimeUnit.SECONDS))
                    .matches(frame -> frame.opcode() == 8 && frame.closeCode() == 1000);
        }
    }

    @Test
    void S13_a_web_page_gets_no_session() throws Exception {
        register("one", worker(FakeWorker.echo()).port());

        var answer = client("/", "Origin: http://evil.example\r\n").readAll();

        assertThat(answer)
                .startsWith("HTTP/1.1 403 ")
                .contains("{\"error\":\"origin not allowed\",\"origin\":\"http://evil.example\"");
    }

    @Test
    void no_worker_in_time_is_a_503_with_a_reason() throws Exception {
        var answer = client("/", "").readAll();

        assertThat(answer)
                .startsWith("HTTP/1.1 503 ")
                .contains("Retry-After: 1\r\n")
                .contains(
                        "{\"error\":\"no available servers\",\"reason\":\"no worker serves this browser\",\"hint\":\"No worker ");
    }

    @Test
    void FW3_a_dead_worker_costs_the_client_nothing_while_another_has_room() throws Exception {
        int closedPort;
        try (var unused = new ServerSocket(0)) {
            closedPort = unused.getLocalPort();
        }
        register("dead-1", closedPort);
        register("dead-2", closedPort);
        var hung = worker(FakeWorker.Peer::readToEnd);
        register("hung", hung.port());
        register("well", worker(FakeWorker.echo()).port());

        for (var i = 0; i < 2; i++) {
            session();
        }

        assertThat(leased()).isEqualTo(2);
    }

    @Test
    void a_worker_without_a_free_slot_is_skipped_and_not_suspect() throws Exception {
        var full = register(
                "full", worker(peer -> peer.send("HTTP/1.1 503 Full\r\n\r\n")).port());
        register("well", worker(FakeWorker.echo()).port());

        session();
        session();

        assertThat(registry.workers())
                .filteredOn(record -> record.worker().equals(full))
                .allSatisfy(record -> assertThat(record.suspect()).isFalse());
    }

    @Test
    void the_only_worker_is_tried_again_when_it_has_a_free_slot() throws Exception {
        var refusals = new AtomicInteger(2);
        register(
                "one",
                worker(peer -> {
                            if (refusals.getAndDecrement() > 0) {
                                peer.send("HTTP/1.1 503 Full\r\n\r\n");
                            } else {
                                FakeWorker.echo().play(peer);
                            }
                        })
                        .port());

        session();

        assertThat(refusals).hasValueLessThan(0);
    }

    @Test
    void queued_clients_are_served_first_in_first_out() throws Exception {
        register("one", worker(FakeWorker.echo()).port());
        var first = session();
        var second = session();
        var third = client("/", "");
        await().until(() -> proxy.waiting(BrowserType.CHROMIUM) == 1);
        var fourth = client("/", "");
        await().until(() -> proxy.waiting(BrowserType.CHROMIUM) == 2);

        first.socket().close();
        assertThat(third.readHead()).startsWith("HTTP/1.1 101 ");
        assertThat(proxy.waiting(BrowserType.CHROMIUM)).isEqualTo(1);
        second.socket().close();

        assertThat(fourth.readHead()).startsWith("HTTP/1.1 101 ");
    }

    @Test
    void FC5_a_client_that_hangs_up_while_queued_gives_up_its_place() throws Exception {
        register("one", worker(FakeWorker.echo()).port());
        session();
        session();
        var impatient = client("/", "");
        await().until(() -> proxy.waiting(BrowserType.CHROMIUM) == 1);

        impatient.socket().close();

        await().until(() -> proxy.waiting(BrowserType.CHROMIUM) == 0);
    }

    @Test
    void a_full_queue_refuses_at_once_with_a_reason() throws Exception {
        register("one", worker(FakeWorker.echo()).port());
        session();
        session();
        for (var i = 1; i <= 3; i++) {
            client("/", "");
            var waiting = i;
            await().until(() -> proxy.waiting(BrowserType.CHROMIUM) == waiting);
        }

        var answer = client("/", "").readAll();

        assertThat(answer)
                .contains("{\"error\":\"no available servers\",\"reason\":\"queue full\",\"hint\":\"As many clients ");
    }

    @Test
    void a_version_that_no_worker_serves_is_answered_with_the_available_ones() throws Exception {
        var only = new SupportedVersions.Only(List.of(new PlaywrightVersion(1, 52), new PlaywrightVersion(1, 62)));
        register("one", worker(FakeWorker.echo()).port(), only);

        var answer = client("/", "User-Agent: Playwright/1.40.1 (x64; debian 12) node/20.20\r\n")
                .readAll();

        assertThat(answer)
                .startsWith("HTTP/1.1 428 ")
                .contains("server version: v1.52, v1.62")
                .contains("client version: v1.40");
    }

    @Test
    void the_version_in_the_path_reaches_the_worker_unless_the_client_sends_its_own() throws Exception {
        var worker = worker(FakeWorker.echo());
        register("one", worker.port());

        client("/playwright/chromium/1.52", "User-Agent: mine/1\r\n").readHead();
        client("/playwright/chromium/1.52", "User-Agent: Playwright/1.58.2 (x64; debian 12) node/22\r\n")
                .readHead();

        assertThat(worker.nextHead()).contains("\r\nUser-Agent: Playwright/1.52.0\r\n");
        assertThat(worker.nextHead()).contains("\r\nUser-Agent: Playwright/1.58.2 (x64; debian 12) node/22\r\n");
    }

    @Test
    void a_draining_proxy_refuses_new_clients_and_ends_the_rest_after_the_grace_period() throws Exception {
        register("one", worker(FakeWorker.echo()).port());
        var client = session();

        var drain = Thread.ofVirtual().start(() -> {
            try {
                proxy.drain();
            } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
            }
        });
        await().until(proxy::isDraining);
        var newcomer = client("/", "").readAll();
        var close = client.readFrame();
        client.socket().close();
        drain.join(Duration.ofSeconds(5));

        assertThat(newcomer).startsWith("HTTP/1.1 503 ").endsWith("{\"error\":\"draining\"}");
        assertThat(close.closeCode()).isEqualTo(1001);
        assertThat(close.closeReason()).isEqualTo("disconnected: proxy shutting down");
        assertThat(drain.isAlive()).isFalse();
    }

    @Test
    void the_aliases_of_other_grids_name_the_browser() throws Exception {
        register("one", worker(FakeWorker.echo()).port());

        assertThat(client("/playwright/chromium", "").readHead()).startsWith("HTTP/1.1 101 ");
        assertThat(client("/chromium/playwright", "").readHead()).startsWith("HTTP/1.1 101 ");
        assertThat(client("/playwright/lynx", "").readAll()).startsWith("HTTP/1.1 400 ");
        assertThat(client("/elsewhere", "").readAll()).startsWith("HTTP/1.1 404 ");
    }

    @Test
    void a_second_client_of_a_refused_version_takes_no_slot_and_the_worker_stays_in_selection() throws Exception {
        var worker = worker(refusing());
        register("one", worker.port());

        var first = answer(OLD);
        var second = answer(OLD);

        assertThat(first).startsWith("HTTP/1.1 428 ").contains("server version: v1.62", "client version: v1.20");
        assertThat(second).isEqualTo(first);
        worker.nextHead();
        assertThat(worker.headsWaiting()).isZero();
        assertThat(registry.workers()).allSatisfy(known -> {
            assertThat(known.suspect()).isFalse();
            assertThat(known.lifetime()).isEqualTo(1);
        });
        assertThat(answer(CURRENT)).startsWith("HTTP/1.1 101 ");
    }

    @Test
    void a_second_client_of_a_refused_version_goes_to_a_worker_that_has_not_refused_yet() throws Exception {
        register("one", worker(refusing()).port());
        answer(OLD);
        register("two", worker(FakeWorker.echo()).port());

        assertThat(answer(OLD)).startsWith("HTTP/1.1 101 ");
        assertThat(answer(OLD)).startsWith("HTTP/1.1 101 ");
    }

    @Test
    void a_worker_that_refuses_a_version_gets_its_slot_back_and_is_not_suspect() throws Exception {
        register("one", worker(refusing()).port());
        register("two", worker(refusing()).port());

        answer(OLD);

        await().until(() -> registry.workers().stream().allMatch(known -> known.active() == 0));
        assertThat(registry.workers()).hasSize(2).noneMatch(WorkerRecord::suspect);
    }

    private static FakeWorker.Script refusing() {
        return peer -> {
            if (peer.head().contains(OLD.strip())) {
                peer.send("HTTP/1.1 428 Wrong Version\r\nX-Greenroom-Versions: 1.62\r\nContent-Length: 0\r\n\r\n");
            } else {
                FakeWorker.echo().play(peer);
            }
        };
    }

    @Test
    void no_client_is_refused_because_of_a_stale_list_of_workers() throws Exception {
        var only = new SupportedVersions.Only(List.of(new PlaywrightVersion(1, 52)));
        registry.heartbeat(ProxyFixture.heartbeat("other", 1, only));
        var before = registry.workers();
        register("one", worker(FakeWorker.echo()).port());
        var stale = (Registry) Proxy.newProxyInstance(
                Registry.class.getClassLoader(),
                new Class<?>[] {Registry.class},
                (_, method, arguments) ->
                        method.getName().equals("knownWorkers") ? before : method.invoke(registry, arguments));
        try (var other = new ProxyServer(
                ProxyFixture.settings(Duration.ofSeconds(5)),
                stale,
                new SessionIdGenerator(InstantSource.system(), new SecureRandom()),
                transport,
                loops,
                System::nanoTime,
                SessionObserver.NONE,
                new RelayTotals())) {
            var at = other.start(connection -> connection.answer(HttpResponse.json(404, "{}")));
            try (var client = RawClient.connect(at).send(RawClient.upgrade("/", CURRENT))) {
                assertThat(client.readHead()).startsWith("HTTP/1.1 101 ");
            }
        }
    }

    /// The first line of the answer, and its body if it is a refusal.
    private String answer(String agent) throws IOException {
        try (var client = RawClient.connect(port).send(RawClient.upgrade("/", agent))) {
            var status = client.readHead().lines().findFirst().orElseThrow();
            return status.startsWith("HTTP/1.1 101 ") ? status : status + client.readAll();
        }
    }
}
