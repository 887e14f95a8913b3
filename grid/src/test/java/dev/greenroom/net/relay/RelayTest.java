package dev.greenroom.net.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.greenroom.net.relay.RelayStarter.ActiveRelays;
import dev.greenroom.session.SessionEnding;
import dev.greenroom.session.SessionEnding.Cause;
import dev.greenroom.session.SessionEnding.Close;
import dev.greenroom.session.SessionId;
import dev.greenroom.testkit.Canary;
import dev.greenroom.testkit.FakeWorker;
import dev.greenroom.testkit.RawClient;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// The relay between a raw client and a fake worker, over real sockets.
@Timeout(30)
class RelayTest {
    private static final String SECRET = Canary.secret("client");
    private static final SessionId SESSION = new SessionId(new UUID(0, 1));
    private static final long FLOOD_BYTES = 64L * 1024 * 1024;
    private final RelayFixture relays = new RelayFixture();

    @AfterEach
    void end() {
        relays.close();
    }

    @Test
    void bytes_arrive_unchanged_and_are_counted() throws Exception {
        try (var worker = FakeWorker.start(FakeWorker.echo());
                var server = relays.proxyTo(worker);
                var client = RelayFixture.upgraded(RelayFixture.listen(server))) {
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
            var over = relays.ending();
            assertThat(over.ending()).isEqualTo(SessionEnding.of(Cause.CLIENT_CLOSED, new Close(1000, "done")));
            assertThat(over.traffic().messagesFromClient()).isEqualTo(60);
            assertThat(over.traffic().messagesFromWorker()).isEqualTo(60);
        }
    }

    @Test
    void a_relay_that_begins_after_all_were_ended_ends_with_the_same_cause() throws Exception {
        var active = new ActiveRelays();
        try (var worker = FakeWorker.start(FakeWorker.echo());
                var server = relays.proxyTo(worker);
                var client = RelayFixture.upgraded(RelayFixture.listen(server))) {
            active.endAll(Cause.PROXY_SHUTDOWN);

            try (var _ = active.track(SESSION, relays.begun.take())) {
                assertThat(client.readFrame().closeReason()).isEqualTo("disconnected: proxy shutting down");
            }
            client.send(RawClient.masked(8, RawClient.close(1001, "")));

            assertThat(relays.ending().ending().cause()).isEqualTo(Cause.PROXY_SHUTDOWN);
        }
    }

    @Test
    void the_worker_sees_the_clients_own_key_and_nothing_that_it_need_not_know() throws Exception {
        try (var worker = FakeWorker.start(FakeWorker.echo());
                var server = relays.proxyTo(worker);
                var client = RawClient.connect(RelayFixture.listen(server))) {
            client.send(RawClient.upgrade(
                    "/?token=" + SECRET, "Cookie: " + SECRET + "\r\nAuthorization: " + SECRET + "\r\n"));

            var head = worker.nextHead();

            assertThat(head).startsWith("GET /path HTTP/1.1\r\n").contains("Sec-WebSocket-Key: " + RawClient.KEY);
            assertThat(head).doesNotContain(SECRET);
        }
    }

    @Test
    void a_worker_that_floods_before_it_is_joined_waits_and_loses_nothing() throws Exception {
        var frame = RawClient.unmasked(2, new byte[64 * 1024]);
        var sent = new AtomicLong();
        relays.joinWhen = new CountDownLatch(1);
        try (var worker = FakeWorker.start(peer -> {
                    peer.accept();
                    while (sent.get() < FLOOD_BYTES) {
                        peer.send(frame);
                        sent.addAndGet(frame.length);
                    }
                    peer.send(RawClient.unmasked(8, RawClient.close(1000, "all")));
                    peer.readFrame();
                });
                var server = relays.proxyTo(worker);
                var client = RawClient.connect(RelayFixture.listen(server))) {
            client.send(RawClient.upgrade("/", ""));
            worker.nextHead();
            var early = new AtomicLong();
            await("a worker that gets rid of no more")
                    .pollInterval(Duration.ofMillis(300))
                    .until(() -> sent.get() > 0 && early.getAndSet(sent.get()) == sent.get());

            relays.joinWhen.countDown();
            var frames = 0;
            client.readHead();
            while (client.readFrame().opcode() == 2) {
                frames++;
            }

            assertThat(early).as("what only buffers of the kernel held").hasValueLessThan(FLOOD_BYTES / 2);
            assertThat((long) frames * frame.length).isEqualTo(sent.get());
        }
    }

    @Test
    void a_worker_that_vanishes_reaches_the_client_as_a_close_frame() throws Exception {
        try (var worker = FakeWorker.start(peer -> {
                    peer.accept();
                    peer.readFrame();
                });
                var server = relays.proxyTo(worker);
                var client = RelayFixture.upgraded(RelayFixture.listen(server))) {
            client.send(RawClient.masked(1, new byte[] {'x'}));

            var close = client.readFrame();

            assertThat(close.opcode()).isEqualTo(8);
            assertThat(close.closeCode()).isEqualTo(1011);
            assertThat(close.closeReason()).isEqualTo("disconnected: worker lost");
            assertThat(relays.ending().ending().cause()).isEqualTo(Cause.WORKER_LOST);
        }
    }

    @Test
    void a_client_that_vanishes_reaches_the_worker_as_a_close_frame() throws Exception {
        BlockingQueue<RawClient.Frame> frames = new LinkedBlockingQueue<>();
        try (var worker = FakeWorker.start(peer -> {
                    peer.accept();
                    frames.add(peer.readFrame());
                });
                var server = relays.proxyTo(worker)) {
            RelayFixture.upgraded(RelayFixture.listen(server)).close();

            var close = frames.poll(10, TimeUnit.SECONDS);

            assertThat(close).isNotNull();
            assertThat(close.opcode()).isEqualTo(8);
            assertThat(close.closeCode()).isEqualTo(1001);
            assertThat(relays.ending().ending().cause()).isEqualTo(Cause.CLIENT_LOST);
        }
    }

    @Test
    void an_ending_of_ours_reaches_both_sides_with_its_code() throws Exception {
        BlockingQueue<RawClient.Frame> frames = new LinkedBlockingQueue<>();
        try (var worker = FakeWorker.start(peer -> {
                    peer.accept();
                    frames.add(peer.readFrame());
                });
                var server = relays.proxyTo(worker);
                var client = RelayFixture.upgraded(RelayFixture.listen(server))) {
            var relay = relays.begun.poll(10, TimeUnit.SECONDS);
            assertThat(relay).isNotNull();

            relay.end(SessionEnding.of(Cause.OPERATOR));

            assertThat(client.readFrame().closeReason()).isEqualTo("session ended by operator");
            var atWorker = frames.poll(10, TimeUnit.SECONDS);
            assertThat(atWorker).isNotNull();
            assertThat(atWorker.closeCode()).isEqualTo(1001);
            client.socket().close();
            assertThat(relays.ending().ending().cause()).isEqualTo(Cause.OPERATOR);
        }
    }

    @Test
    void a_frame_without_a_mask_ends_the_session_and_never_reaches_the_worker() throws Exception {
        BlockingQueue<String> heard = new LinkedBlockingQueue<>();
        try (var worker = FakeWorker.start(peer -> {
                    peer.accept();
                    try {
                        heard.add("opcode " + peer.readFrame().opcode());
                    } catch (IOException _) {
                        heard.add("end");
                    }
                });
                var server = relays.proxyTo(worker);
                var client = RelayFixture.upgraded(RelayFixture.listen(server))) {
            client.send(RawClient.unmasked(1, "attack".getBytes(StandardCharsets.US_ASCII)));

            assertThat(relays.ending().ending().cause()).isEqualTo(Cause.PROTOCOL_ERROR);
            assertThat(heard.poll(10, TimeUnit.SECONDS)).isIn("end", "opcode 8");
        }
    }

    @Test
    void silent_peers_are_pinged_and_a_dead_one_ends_the_session() throws Exception {
        relays.settings = RelayFixture.settings(Duration.ofMillis(100), Duration.ofMillis(600));
        try (var worker = FakeWorker.start(FakeWorker.echo());
                var server = relays.proxyTo(worker);
                var client = RelayFixture.upgraded(RelayFixture.listen(server))) {

            var ping = client.readFrame();

            assertThat(ping.opcode()).isEqualTo(9);
            assertThat(relays.ending().ending().cause()).isEqualTo(Cause.PEER_TIMED_OUT);
        }
    }

    @Test
    void a_client_that_hangs_up_while_the_worker_is_silent_interrupts_its_session() throws Exception {
        try (var worker = FakeWorker.start(FakeWorker.Peer::readToEnd);
                var server = relays.proxyTo(worker);
                var client = RawClient.connect(RelayFixture.listen(server))) {
            client.send(RawClient.upgrade("/", ""));
            worker.nextHead();

            client.socket().close();

            assertThat(relays.interruptions.poll(20, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void a_client_that_speaks_before_it_is_answered_is_refused() throws Exception {
        try (var worker = FakeWorker.start(FakeWorker.Peer::readToEnd);
                var server = relays.proxyTo(worker);
                var client = RawClient.connect(RelayFixture.listen(server))) {
            client.send(RawClient.upgrade("/", "") + "GET /second HTTP/1.1\r\nHost: a\r\n\r\n");

            assertThat(client.readAll()).startsWith("HTTP/1.1 400 ").contains("no byte may follow the head");
        }
    }

    @Test
    void a_worker_with_a_wrong_accept_is_not_believed() throws Exception {
        try (var worker = FakeWorker.start(
                        peer -> peer.send("HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: wrong\r\n\r\n"));
                var server = relays.proxyTo(worker);
                var client = RawClient.connect(RelayFixture.listen(server))) {
            client.send(RawClient.upgrade("/", ""));

            assertThat(client.readAll()).startsWith("HTTP/1.1 503 ").contains("does not belong to our key");
        }
    }
}
