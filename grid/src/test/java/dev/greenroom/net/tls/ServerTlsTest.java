package dev.greenroom.net.tls;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.config.ProxySections.RelaySettings;
import dev.greenroom.net.relay.RelayFixture;
import dev.greenroom.net.relay.TlsRelayFixture;
import dev.greenroom.session.SessionEnding.Cause;
import dev.greenroom.testkit.FakeWorker;
import dev.greenroom.testkit.RawClient;
import io.netty.buffer.PooledByteBufAllocator;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Everything that holds without TLS holds with it.
@Timeout(60)
@Isolated("the memory of the JVM")
class ServerTlsTest {
    private static final int MEGABYTE = 1024 * 1024;

    @TempDir
    private Path folder;

    private TlsRelayFixture tls;
    private RelayFixture relays;

    @BeforeEach
    void begin() throws IOException {
        tls = new TlsRelayFixture(folder);
        relays = tls.relays;
    }

    @AfterEach
    void end() {
        tls.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
    void a_session_moves_bytes_both_ways_unchanged(String version) throws Exception {
        var payload = new byte[3 * MEGABYTE];
        new SplittableRandom(7).nextBytes(payload);
        try (var worker = FakeWorker.start(FakeWorker.echo());
                var server = relays.proxyTo(worker)) {
            var port = tls.listen(server);
            var context = TlsRelayFixture.CERTIFICATE.trusted();
            var socket = (SSLSocket) context.getSocketFactory().createSocket("127.0.0.1", port);
            socket.setEnabledProtocols(new String[] {version});
            socket.startHandshake();
            assertThat(socket.getSession().getProtocol()).isEqualTo(version);
            socket.close();
            try (var client = TlsRelayFixture.session(port)) {
                var sending = Thread.ofVirtual().start(() -> {
                    try {
                        client.send(RawClient.masked(2, payload));
                    } catch (IOException e) {
                        throw new IllegalStateException(e);
                    }
                });

                var echoed = client.in().readNBytes(payload.length + 10);

                sending.join();
                assertThat(Arrays.equals(echoed, RawClient.unmasked(2, payload)))
                        .isTrue();
            }
        }
    }

    @Test
    void a_head_of_eight_kilobytes_in_slices_is_read() throws Exception {
        try (var worker = FakeWorker.start(FakeWorker.echo());
                var server = relays.proxyTo(worker);
                var client = RawClient.connect(tls.listen(server), TlsRelayFixture.CERTIFICATE.trusted())) {
            var head = RawClient.upgrade("/", "X-Filler: " + "x".repeat(8_000) + "\r\n");

            for (var from = 0; from < head.length(); from += 97) {
                client.send(head.substring(from, Math.min(head.length(), from + 97)));
            }

            assertThat(client.readHead()).startsWith("HTTP/1.1 101 ");
        }
    }

    @Test
    void FC4_a_client_that_never_reads_is_ended_and_costs_bounded_memory_with_tls_too() throws Exception {
        relays.settings = new RelaySettings(
                Duration.ofMillis(200),
                Duration.ofSeconds(60),
                Duration.ofSeconds(1),
                Optional.empty(),
                Optional.empty());
        var sent = new AtomicLong();
        try (var worker = FakeWorker.start(peer -> {
                    peer.accept();
                    var frame = RawClient.unmasked(2, new byte[MEGABYTE]);
                    for (var i = 0; i < 1_000; i++) {
                        peer.send(frame);
                        sent.addAndGet(frame.length);
                    }
                });
                var server = relays.proxyTo(worker);
                var _ = TlsRelayFixture.session(tls.listen(server))) {
            var before = PooledByteBufAllocator.DEFAULT.metric().usedDirectMemory();

            var over = relays.ending();

            assertThat(over.ending().cause()).isEqualTo(Cause.WRITE_STALLED);
            assertThat(PooledByteBufAllocator.DEFAULT.metric().usedDirectMemory() - before)
                    .isLessThan(20L * MEGABYTE);
            assertThat(sent).hasValueLessThan(100L * MEGABYTE);
        }
    }

    @Test
    void a_slow_reader_slows_its_worker_and_loses_nothing() throws Exception {
        try (var worker = RelayFixture.flood(32);
                var server = relays.proxyTo(worker);
                var client = TlsRelayFixture.session(tls.listen(server))) {
            RelayFixture.assertFloodArrives(client, 32);
        }
    }

    @Test
    void silence_is_broken_by_a_ping_and_its_answer_keeps_the_session() throws Exception {
        relays.settings = RelayFixture.settings(Duration.ofMillis(200), Duration.ofMillis(1_500));
        try (var worker = FakeWorker.start(peer -> {
                    peer.accept();
                    while (true) {
                        if (peer.readFrame().opcode() == 9) {
                            peer.send(RawClient.unmasked(10, new byte[0]));
                        }
                    }
                });
                var server = relays.proxyTo(worker);
                var client = TlsRelayFixture.session(tls.listen(server))) {

            for (var i = 0; i < 4; i++) {
                assertThat(ping(client).opcode()).isEqualTo(9);
                client.send(RawClient.masked(10, new byte[0]));
            }

            assertThat(relays.endings).isEmpty();
        }
    }

    private static RawClient.Frame ping(RawClient client) throws IOException {
        var frame = client.readFrame();
        return frame.opcode() == 10 ? ping(client) : frame;
    }

    @Test
    void a_close_and_an_answer_end_with_a_close_notify() throws Exception {
        try (var worker = FakeWorker.start(peer -> {
                    peer.accept();
                    peer.send(RawClient.unmasked(8, RawClient.close(1000, "done")));
                    peer.readFrame();
                });
                var server = relays.proxyTo(worker)) {
            var port = tls.listen(server);
            try (var client = TlsRelayFixture.session(port)) {
                assertThat(client.readFrame().closeReason()).isEqualTo("done");
                client.send(RawClient.masked(8, RawClient.close(1000, "")));
                // Without a close_notify the JDK would call what it has read truncated.
                assertThat(client.readAll()).isEmpty();
            }
            try (var client = RawClient.connect(port, TlsRelayFixture.CERTIFICATE.trusted())
                    .send("GET / HTTP/1.0\r\n\r\n")) {
                assertThat(client.readAll()).startsWith("HTTP/1.1 400 ").endsWith("}");
            }
        }
    }

    @Test
    void a_client_that_says_it_will_say_no_more_has_hung_up() throws Exception {
        BlockingQueue<Boolean> gone = new LinkedBlockingQueue<>();
        try (var worker = FakeWorker.start(peer -> {
                    peer.accept();
                    try {
                        peer.readToEnd();
                    } finally {
                        gone.add(true);
                    }
                });
                var server = relays.proxyTo(worker);
                var client = TlsRelayFixture.session(tls.listen(server))) {

            client.socket().shutdownOutput();

            assertThat(gone.poll(20, TimeUnit.SECONDS)).isNotNull();
            assertThat(relays.ending().ending().cause()).isEqualTo(Cause.CLIENT_LOST);
        }
    }
}
