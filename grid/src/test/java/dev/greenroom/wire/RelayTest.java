package dev.greenroom.wire;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.config.RelaySettings;
import dev.greenroom.session.Ending;
import dev.greenroom.session.Ending.Cause;
import dev.greenroom.session.Ending.Close;
import dev.greenroom.session.SessionIds;
import dev.greenroom.testkit.FakeWorker;
import dev.greenroom.testkit.RawClient;
import io.netty.channel.EventLoopGroup;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// The relay between a raw client and a fake worker, over real sockets.
@Timeout(30)
class RelayTest {
    private static final Duration SECOND = Duration.ofSeconds(1);

    private final Transport transport = Transport.best();
    private final BlockingQueue<Relayed> endings = new LinkedBlockingQueue<>();
    private final BlockingQueue<Relay> begun = new LinkedBlockingQueue<>();
    private final BlockingQueue<Boolean> interruptions = new LinkedBlockingQueue<>();
    private EventLoopGroup loops;
    private RelaySettings settings;

    @BeforeEach
    void begin() {
        loops = transport.newLoops("test", 1);
        settings = settings(Duration.ofSeconds(20), Duration.ofSeconds(60));
    }

    @AfterEach
    void end() {
        loops.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }

    private static RelaySettings settings(Duration ping, Duration timeout) {
        return new RelaySettings(ping, timeout, Duration.ofSeconds(30), Optional.empty(), Optional.empty());
    }

    private WireServer proxyTo(FakeWorker worker) {
        var dialer = new Dialer(transport);
        var relays = new Relays(settings, System::nanoTime);
        var ids = new SessionIds(InstantSource.system(), new SplittableRandom(1));
        return new WireServer(transport, loops, ids, new ConnectionLimits(100, 100), connection -> {
            try {
                serve(connection, dialer, relays, worker.port());
            } catch (InterruptedException e) {
                interruptions.add(true);
                throw e;
            }
        });
    }

    private void serve(InboundConnection connection, Dialer dialer, Relays relays, int port)
            throws InterruptedException {
        var upgrade = ((UpgradeRequest.Checked.Valid) UpgradeRequest.check(connection.head())).upgrade();
        var target = new Dialer.Target("worker", "/path", upgrade, List.of());
        var address = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
        switch (dialer.dial(connection.eventLoop(), address, target, SECOND.multipliedBy(5), SECOND.multipliedBy(5))) {
            case Dialled.Upgraded(var outbound) -> {
                try (outbound) {
                    var relay = relays.join(connection, outbound, List.of(new Header("X-Request-Id", "one")));
                    begun.add(relay);
                    endings.add(relay.await());
                }
            }
            case Dialled.Answered(var head, var body) ->
                connection.answer(Answer.text(502, "text/plain", head.status() + body));
            case Dialled.Preparing() -> connection.answer(Answer.text(503, "text/plain", "preparing"));
            case Dialled.Failed(var why) -> connection.answer(Answer.text(503, "text/plain", why));
        }
    }

    private static int listen(WireServer server) throws PortInUseException, InterruptedException {
        return server.listen(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    }

    private static RawClient upgraded(int port) throws IOException {
        var client = RawClient.connect(port).send(RawClient.upgrade("/", ""));
        assertThat(client.readHead())
                .startsWith("HTTP/1.1 101 ")
                .contains("Sec-WebSocket-Accept: " + RawClient.ACCEPT + "\r\n")
                .contains("X-Request-Id: one\r\n");
        return client;
    }

    private Relayed ending() throws InterruptedException {
        var ending = endings.poll(10, TimeUnit.SECONDS);
        assertThat(ending).as("the session ended").isNotNull();
        return ending;
    }

    @Test
    void bytes_arrive_unchanged_and_are_counted() throws Exception {
        try (var worker = FakeWorker.start(FakeWorker.echo());
                var server = proxyTo(worker);
                var client = upgraded(listen(server))) {
            var random = new Random(7);
            var sent = MessageDigest.getInstance("SHA-256");
            var received = MessageDigest.getInstance("SHA-256");

            for (var i = 0; i < 60; i++) {
                var payload = new byte[random.nextInt(200_000)];
                random.nextBytes(payload);
                sent.update(payload);
                client.send(RawClient.masked(2, payload));
                received.update(client.readFrame().payload().getBytes(StandardCharsets.ISO_8859_1));
            }
            client.send(RawClient.masked(8, RawClient.close(1000, "done")));
            var close = client.readFrame();

            assertThat(HexFormat.of().formatHex(received.digest()))
                    .isEqualTo(HexFormat.of().formatHex(sent.digest()));
            assertThat(close.closeCode()).isEqualTo(1000);
            assertThat(close.closeReason()).isEqualTo("done");
            var over = ending();
            assertThat(over.ending()).isEqualTo(Ending.of(Cause.CLIENT_CLOSED, new Close(1000, "done")));
            assertThat(over.traffic().messagesFromClient()).isEqualTo(60);
            assertThat(over.traffic().messagesFromWorker()).isEqualTo(60);
        }
    }

    @Test
    void the_worker_sees_the_clients_own_key_and_nothing_that_it_need_not_know() throws Exception {
        try (var worker = FakeWorker.start(FakeWorker.echo());
                var server = proxyTo(worker);
                var client = RawClient.connect(listen(server))) {
            client.send(RawClient.upgrade("/?token=secret", "Cookie: secret\r\nAuthorization: secret\r\n"));

            var head = worker.nextHead();

            assertThat(head).startsWith("GET /path HTTP/1.1\r\n").contains("Sec-WebSocket-Key: " + RawClient.KEY);
            assertThat(head).doesNotContain("secret");
        }
    }

    @Test
    void a_worker_that_vanishes_reaches_the_client_as_a_close_frame() throws Exception {
        try (var worker = FakeWorker.start(peer -> {
                    peer.accept();
                    peer.readFrame();
                });
                var server = proxyTo(worker);
                var client = upgraded(listen(server))) {
            client.send(RawClient.masked(1, new byte[] {'x'}));

            var close = client.readFrame();

            assertThat(close.opcode()).isEqualTo(8);
            assertThat(close.closeCode()).isEqualTo(1011);
            assertThat(close.closeReason()).isEqualTo("worker lost");
            assertThat(ending().ending().cause()).isEqualTo(Cause.WORKER_LOST);
        }
    }

    @Test
    void a_client_that_vanishes_reaches_the_worker_as_a_close_frame() throws Exception {
        BlockingQueue<RawClient.Frame> frames = new LinkedBlockingQueue<>();
        try (var worker = FakeWorker.start(peer -> {
                    peer.accept();
                    frames.add(peer.readFrame());
                });
                var server = proxyTo(worker)) {
            upgraded(listen(server)).close();

            var close = frames.poll(10, TimeUnit.SECONDS);

            assertThat(close).isNotNull();
            assertThat(close.opcode()).isEqualTo(8);
            assertThat(close.closeCode()).isEqualTo(1001);
            assertThat(ending().ending().cause()).isEqualTo(Cause.CLIENT_LOST);
        }
    }

    @Test
    void an_ending_of_ours_reaches_both_sides_with_its_code() throws Exception {
        BlockingQueue<RawClient.Frame> frames = new LinkedBlockingQueue<>();
        try (var worker = FakeWorker.start(peer -> {
                    peer.accept();
                    frames.add(peer.readFrame());
                });
                var server = proxyTo(worker);
                var client = upgraded(listen(server))) {
            var relay = begun.poll(10, TimeUnit.SECONDS);
            assertThat(relay).isNotNull();

            relay.end(Ending.of(Cause.OPERATOR));

            assertThat(client.readFrame().closeReason()).isEqualTo("session ended by operator");
            var atWorker = frames.poll(10, TimeUnit.SECONDS);
            assertThat(atWorker).isNotNull();
            assertThat(atWorker.closeCode()).isEqualTo(1001);
            client.socket().close();
            assertThat(ending().ending().cause()).isEqualTo(Cause.OPERATOR);
        }
    }

    @Test
    void a_frame_without_a_mask_ends_the_session_and_never_reaches_the_worker() throws Exception {
        BlockingQueue<RawClient.Frame> frames = new LinkedBlockingQueue<>();
        try (var worker = FakeWorker.start(peer -> {
                    peer.accept();
                    frames.add(peer.readFrame());
                });
                var server = proxyTo(worker);
                var client = upgraded(listen(server))) {
            client.send(RawClient.unmasked(1, "attack".getBytes(StandardCharsets.US_ASCII)));

            var over = ending();

            assertThat(over.ending().cause()).isEqualTo(Cause.PROTOCOL_ERROR);
            assertThat(frames).isEmpty();
        }
    }

    @Test
    void silent_peers_are_pinged_and_a_dead_one_ends_the_session() throws Exception {
        settings = settings(Duration.ofMillis(100), Duration.ofMillis(600));
        try (var worker = FakeWorker.start(FakeWorker.echo());
                var server = proxyTo(worker);
                var client = upgraded(listen(server))) {

            var ping = client.readFrame();

            assertThat(ping.opcode()).isEqualTo(9);
            assertThat(ending().ending().cause()).isEqualTo(Cause.PEER_TIMED_OUT);
        }
    }

    @Test
    void a_client_that_hangs_up_while_the_worker_is_silent_interrupts_its_session() throws Exception {
        try (var worker = FakeWorker.start(FakeWorker.Peer::readToEnd);
                var server = proxyTo(worker);
                var client = RawClient.connect(listen(server))) {
            client.send(RawClient.upgrade("/", ""));
            worker.nextHead();

            client.socket().close();

            assertThat(interruptions.poll(5, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void a_client_that_speaks_before_it_is_answered_is_refused() throws Exception {
        try (var worker = FakeWorker.start(FakeWorker.Peer::readToEnd);
                var server = proxyTo(worker);
                var client = RawClient.connect(listen(server))) {
            client.send(RawClient.upgrade("/", "") + "GET /second HTTP/1.1\r\nHost: a\r\n\r\n");

            assertThat(client.readAll()).startsWith("HTTP/1.1 400 ").contains("no byte may follow the head");
        }
    }

    @Test
    void a_worker_with_a_wrong_accept_is_not_believed() throws Exception {
        try (var worker = FakeWorker.start(
                        peer -> peer.send("HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: wrong\r\n\r\n"));
                var server = proxyTo(worker);
                var client = RawClient.connect(listen(server))) {
            client.send(RawClient.upgrade("/", ""));

            assertThat(client.readAll()).startsWith("HTTP/1.1 503 ").contains("does not belong to our key");
        }
    }

    @Test
    void a_worker_that_prepares_is_waited_for_longer_than_one_that_is_silent() throws Exception {
        try (var worker = FakeWorker.start(peer -> {
                    peer.send("HTTP/1.1 102 Processing\r\n\r\n");
                    peer.accept();
                    peer.readToEnd();
                });
                var server = proxyTo(worker);
                var client = upgraded(listen(server))) {

            assertThat(client.socket().isConnected()).isTrue();
        }
    }
}
