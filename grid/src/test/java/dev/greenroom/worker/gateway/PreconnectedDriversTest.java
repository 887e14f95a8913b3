package dev.greenroom.worker.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.greenroom.config.ProxySections.RelaySettings;
import dev.greenroom.net.http.HttpResponse;
import dev.greenroom.net.http.UpgradeRequest;
import dev.greenroom.net.relay.Dialer;
import dev.greenroom.net.relay.RelayStarter;
import dev.greenroom.net.relay.RelayStarter.UpstreamKind;
import dev.greenroom.net.server.HttpListener;
import dev.greenroom.net.server.HttpListener.ConnectionLimits;
import dev.greenroom.net.server.InboundConnection;
import dev.greenroom.net.server.Transport;
import dev.greenroom.session.BrowserType;
import dev.greenroom.session.PlaywrightVersion;
import dev.greenroom.session.SessionId.SessionIdGenerator;
import dev.greenroom.testkit.FakeWorker;
import dev.greenroom.testkit.RawClient;
import dev.greenroom.testkit.UnixSocketServer;
import dev.greenroom.worker.driver.LaunchedBrowser;
import io.netty.channel.EventLoopGroup;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class PreconnectedDriversTest {
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final String PATH = "/browser";
    private static final String DEFLATE = "Sec-WebSocket-Extensions: permessage-deflate\r\n";

    private final Transport transport = Transport.best();
    private final CountDownLatch driverLost = new CountDownLatch(1);
    private EventLoopGroup loops;
    private PreconnectedDrivers lines;
    private HttpListener gateway;
    private int port;

    @BeforeEach
    void begin() throws Exception {
        loops = transport.newLoops("test", 2);
        lines = new PreconnectedDrivers(new Dialer(transport), loops, BrowserType.CHROMIUM);
        var ids = new SessionIdGenerator(InstantSource.system(), new SecureRandom());
        gateway = new HttpListener(transport, loops, ids, new ConnectionLimits(100, 100), this::serve);
        port = gateway.listen(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    }

    @AfterEach
    void end() {
        gateway.close();
        lines.close();
        loops.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }

    @Test
    void sessions_get_lines_that_were_upgraded_before_they_came() throws Exception {
        try (var driver = FakeWorker.start(FakeWorker.echo());
                var front = UnixSocketServer.before(driver.port())) {
            // More than there are event loops: a line may have been dialled on another one than its client's.
            for (var n = 0; n < 6; n++) {
                ready(front);
                assertThat(driver.nextHead())
                        .startsWith("GET " + PATH + " HTTP/1.1")
                        .contains("User-Agent: Playwright/1.62.0")
                        .contains("x-playwright-browser: chromium");

                try (var client = RawClient.connect(port)) {
                    client.send(RawClient.upgrade("/", ""));

                    assertThat(client.readHead())
                            .startsWith("HTTP/1.1 101")
                            .contains("Sec-WebSocket-Accept: " + RawClient.ACCEPT);
                    client.send(RawClient.masked(1, "hello".getBytes(StandardCharsets.US_ASCII)));
                    assertThat(client.readFrame().payload()).isEqualTo("hello");
                    client.send(RawClient.masked(8, new byte[] {3, (byte) 0xe8}));
                    assertThat(client.readFrame().closeCode()).isEqualTo(1000);
                }
                assertThat(driver.headsWaiting()).isZero();
            }
        }
    }

    @Test
    void S22_a_client_that_offers_compression_gets_a_line_without_it() throws Exception {
        try (var driver = silentDriver();
                var front = UnixSocketServer.before(driver.port())) {
            ready(front);

            assertThat(headOf(DEFLATE)).startsWith("HTTP/1.1 101").doesNotContain("Extensions");
            assertThat(driver.nextHead()).doesNotContain("Extensions");
        }
    }

    @Test
    void what_a_driver_sent_meanwhile_is_not_lost() throws Exception {
        try (var driver = FakeWorker.start(peer -> {
                    peer.accept();
                    peer.send(RawClient.unmasked(1, "early".getBytes(StandardCharsets.US_ASCII)));
                    peer.readToEnd();
                });
                var front = UnixSocketServer.before(driver.port());
                var client = RawClient.connect(port)) {
            ready(front);
            client.send(RawClient.upgrade("/", "")).readHead();

            assertThat(client.readFrame().payload()).isEqualTo("early");
        }
    }

    @Test
    void a_line_whose_driver_hung_up_is_seen_to_be_gone_before_a_session_gets_it() throws Exception {
        var leave = new CountDownLatch(1);
        try (var driver = FakeWorker.start(peer -> {
                    peer.accept();
                    awaitSignal(leave);
                });
                var front = UnixSocketServer.before(driver.port())) {
            ready(front);

            leave.countDown();

            await().atMost(PATIENCE).until(() -> lines.ready() == 0);
            assertThat(headOf("")).startsWith("HTTP/1.1 404");
        }
    }

    @Test
    void the_line_of_a_browser_that_ended_is_closed() throws Exception {
        try (var driver = silentDriver();
                var front = UnixSocketServer.before(driver.port())) {
            var browser = ready(front);

            browser.close();

            assertThat(driverLost.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
            await().atMost(PATIENCE).until(() -> lines.ready() == 0);
            assertThat(headOf("")).startsWith("HTTP/1.1 404");
        }
    }

    @Test
    void lines_that_nobody_took_are_closed_at_the_end() throws Exception {
        try (var driver = silentDriver();
                var front = UnixSocketServer.before(driver.port())) {
            ready(front);

            lines.close();

            assertThat(driverLost.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void a_line_is_for_one_session_and_a_shared_browser_gets_another_for_the_next() throws Exception {
        try (var driver = silentDriver();
                var front = UnixSocketServer.before(driver.port())) {
            ready(front);
            try (var first = RawClient.connect(port)) {
                first.send(RawClient.upgrade("/", ""));
                assertThat(first.readHead()).startsWith("HTTP/1.1 101");
                assertThat(headOf("")).startsWith("HTTP/1.1 404");

                lines.connectAgain(PATH);

                await().atMost(PATIENCE).until(() -> lines.ready() == 1);
                assertThat(headOf("")).startsWith("HTTP/1.1 101");
            }
        }
    }

    @Test
    void a_driver_that_refuses_is_tried_again_for_the_next_session() throws Exception {
        try (var driver = FakeWorker.start(peer -> peer.send("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"));
                var front = UnixSocketServer.before(driver.port())) {
            lines.connect(browser(front));
            driver.nextHead();
            assertThat(headOf("")).startsWith("HTTP/1.1 404");

            await().atMost(PATIENCE).until(() -> {
                lines.connectAgain(PATH);
                return driver.headsWaiting() > 0;
            });
            assertThat(lines.ready()).isZero();
        }
    }

    private FakeWorker silentDriver() throws IOException {
        return FakeWorker.start(peer -> {
            peer.accept();
            readToEnd(peer);
        });
    }

    private static void awaitSignal(CountDownLatch latch) throws IOException {
        try {
            if (!latch.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
                throw new IOException("nobody told the driver to leave");
            }
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }

    private void readToEnd(FakeWorker.Peer peer) throws IOException {
        try {
            peer.readToEnd();
        } finally {
            driverLost.countDown();
        }
    }

    private LaunchedBrowser ready(UnixSocketServer front) {
        var browser = browser(front);
        lines.connect(browser);
        await().atMost(PATIENCE).until(() -> lines.ready() == 1);
        return browser;
    }

    private static LaunchedBrowser browser(UnixSocketServer front) {
        var address = new LaunchedBrowser.BrowserAddress(front.socket(), PATH, 1);
        return new LaunchedBrowser(address, new PlaywrightVersion(1, 62), () -> {});
    }

    private String headOf(String moreLines) throws IOException {
        try (var client = RawClient.connect(port)) {
            return client.send(RawClient.upgrade("/", moreLines)).readHead();
        }
    }

    /// Who finds no line is answered 404, where a gateway would dial.
    private void serve(InboundConnection client) throws InterruptedException {
        if (!(UpgradeRequest.check(client.head()) instanceof UpgradeRequest.CheckedUpgrade.Valid(var upgrade))) {
            throw new AssertionError("not an upgrade: " + client.head());
        }
        var line = lines.take(PATH, upgrade);
        if (line.isEmpty()) {
            client.answer(HttpResponse.empty(404));
            return;
        }
        try (var driver = line.get()) {
            var settings =
                    new RelaySettings(PATIENCE, PATIENCE.multipliedBy(3), PATIENCE, Optional.empty(), Optional.empty());
            var relayStarter = new RelayStarter(settings, System::nanoTime, UpstreamKind.BROWSER);
            relayStarter.join(client, driver, List.of()).await();
        }
    }
}
