package dev.greenroom.net.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.greenroom.config.ProxySections.RelaySettings;
import dev.greenroom.session.SessionEnding;
import dev.greenroom.session.SessionEnding.Cause;
import dev.greenroom.session.SessionEnding.Close;
import dev.greenroom.testkit.FakeWorker;
import dev.greenroom.testkit.LoggedLines;
import dev.greenroom.testkit.RawClient;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.util.internal.PlatformDependent;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Isolated;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What peers do that they should not, and what the other side sees of it.
@Timeout(60)
@Isolated("the memory of the JVM")
class RelayFaultsTest {
    private static final int MEGABYTE = 1024 * 1024;

    private final RelayFixture relays = new RelayFixture();

    @AfterEach
    void end() {
        relays.close();
    }

    private static RelaySettings impatient(Duration write) {
        return new RelaySettings(
                Duration.ofMillis(200), Duration.ofSeconds(60), write, Optional.empty(), Optional.empty());
    }

    @ParameterizedTest
    @CsvSource({"1000, done", "1001, going away", "3000, mine", "4999, last", "1005, ''", "999, invalid"})
    void a_close_of_the_client_reaches_the_worker_as_it_is(int code, String reason) throws Exception {
        BlockingQueue<RawClient.Frame> frames = new LinkedBlockingQueue<>();
        var payload = code == 1005 ? new byte[0] : RawClient.close(code, reason);
        try (var worker = FakeWorker.start(peer -> {
                    peer.accept();
                    frames.add(peer.readFrame());
                    peer.send(RawClient.unmasked(8, payload));
                });
                var server = relays.proxyTo(worker);
                var client = RelayFixture.upgraded(RelayFixture.listen(server))) {
            client.send(RawClient.masked(8, payload));

            var atWorker = frames.poll(20, TimeUnit.SECONDS);

            assertThat(atWorker).isNotNull();
            assertThat(atWorker.closeCode()).isEqualTo(code);
            assertThat(atWorker.closeReason()).isEqualTo(reason);
            assertThat(relays.ending().ending().close()).contains(new Close(code, reason));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1000, 1012, 4000})
    void a_close_of_the_worker_reaches_the_client_as_it_is(int code) throws Exception {
        try (var worker = FakeWorker.start(peer -> {
                    peer.accept();
                    peer.send(RawClient.unmasked(8, RawClient.close(code, "worker says")));
                    peer.readFrame();
                });
                var server = relays.proxyTo(worker);
                var client = RelayFixture.upgraded(RelayFixture.listen(server))) {

            var close = client.readFrame();
            client.send(RawClient.masked(8, RawClient.close(code, "")));

            assertThat(close.closeCode()).isEqualTo(code);
            assertThat(close.closeReason()).isEqualTo("worker says");
            assertThat(relays.ending().ending().cause()).isEqualTo(Cause.WORKER_CLOSED);
        }
    }

    @Test
    void a_worker_that_hung_up_between_its_101_and_the_relay_is_a_refusal_of_the_connect() throws Exception {
        relays.joinTooLate = true;
        try (var worker = FakeWorker.start(peer -> {
                    peer.accept();
                    peer.socket().setSoLinger(true, 0);
                    peer.socket().close();
                });
                var server = relays.proxyTo(worker);
                var client = RawClient.connect(RelayFixture.listen(server))) {
            client.send(RawClient.upgrade("/", ""));

            assertThat(client.readHead()).startsWith("HTTP/1.1 503 ").contains("Retry-After: 1");
            assertThat(relays.ending().ending().cause()).isEqualTo(Cause.WORKER_LOST);
        }
    }

    @Test
    void FC2_a_client_that_resets_in_the_middle_of_a_message_ends_its_session_at_once() throws Exception {
        var gone = new CountDownLatch(1);
        try (var worker = FakeWorker.start(peer -> {
                    peer.accept();
                    try {
                        peer.readToEnd();
                    } finally {
                        gone.countDown();
                    }
                });
                var server = relays.proxyTo(worker)) {
            var client = RelayFixture.upgraded(RelayFixture.listen(server));
            var half = RawClient.masked(2, new byte[100_000]);
            client.send(Arrays.copyOf(half, 50_000));
            client.socket().setSoLinger(true, 0);
            client.socket().close();

            assertThat(gone.await(10, TimeUnit.SECONDS))
                    .as("before the first ping, which comes after 20 s")
                    .isTrue();
            assertThat(relays.ending().ending().cause()).isEqualTo(Cause.CLIENT_LOST);
        }
    }

    @Test
    void FC4_a_client_that_never_reads_is_ended_and_costs_bounded_memory() throws Exception {
        relays.settings = impatient(Duration.ofSeconds(1));
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
                var _ = RelayFixture.upgraded(RelayFixture.listen(server))) {
            var before = memory();

            var over = relays.ending();

            assertThat(over.ending().cause()).isEqualTo(Cause.WRITE_STALLED);
            assertThat(memory() - before).isLessThan(20 * MEGABYTE);
            assertThat(sent).hasValueLessThan(100L * MEGABYTE);
        }
    }

    private static long memory() {
        return PooledByteBufAllocator.DEFAULT.metric().usedDirectMemory() + PlatformDependent.usedDirectMemory();
    }

    @Test
    void a_slow_reader_slows_its_worker_and_loses_nothing() throws Exception {
        try (var worker = RelayFixture.flood(64);
                var server = relays.proxyTo(worker);
                var client = RelayFixture.upgraded(RelayFixture.listen(server))) {
            RelayFixture.assertFloodArrives(client, 64);
        }
    }

    @Test
    void FC7_a_worker_that_answers_nonsense_is_a_refusal_before_the_upgrade() throws Exception {
        try (var worker = FakeWorker.start(peer -> peer.send("SSH-2.0-OpenSSH_9.6\r\n"));
                var server = relays.proxyTo(worker);
                var client = RawClient.connect(RelayFixture.listen(server))) {
            client.send(RawClient.upgrade("/", ""));

            assertThat(client.readAll()).startsWith("HTTP/1.1 503 ");
        }
    }

    @Test
    void FP13_a_handler_that_throws_costs_one_session_and_says_which() throws Exception {
        var broken = new AtomicBoolean();
        relays.clock = () -> {
            if (broken.getAndSet(false)) {
                throw new IllegalStateException("the clock is broken");
            }
            return System.nanoTime();
        };
        try (var log = LoggedLines.of(Relay.class.getName());
                var worker = FakeWorker.start(FakeWorker.echo());
                var server = relays.proxyTo(worker)) {
            var port = RelayFixture.listen(server);
            try (var unlucky = RelayFixture.upgraded(port);
                    var other = RelayFixture.upgraded(port)) {

                broken.set(true);
                unlucky.send(RawClient.masked(1, new byte[] {'a'}));

                assertThat(relays.ending().ending().cause()).isEqualTo(Cause.INTERNAL_ERROR);
                assertThat(log.withCode("SESSION_FAILED"))
                        .singleElement()
                        .asString()
                        .contains("sessionId=\"");
                other.send(RawClient.masked(1, new byte[] {'b'}));
                assertThat(other.readFrame().payload()).isEqualTo("b");
            }
        }
    }

    @Test
    void FP13_a_relay_that_cannot_even_begin_ends_its_session_at_once() throws Exception {
        var reads = new AtomicInteger();
        relays.clock = () -> {
            if (reads.getAndIncrement() > 0) {
                throw new IllegalStateException("the clock breaks when the relay has been made and is to begin");
            }
            return 0;
        };
        try (var worker = FakeWorker.start(FakeWorker.echo());
                var server = relays.proxyTo(worker);
                var client = RawClient.connect(RelayFixture.listen(server)).send(RawClient.upgrade("/", ""))) {

            assertThat(relays.ending().ending().cause()).isEqualTo(Cause.INTERNAL_ERROR);
            assertThat(client.readAll()).isEmpty();
        }
    }

    @Test
    void a_goodbye_waits_for_the_end_of_the_frame_that_is_under_way() throws Exception {
        var frame = RawClient.unmasked(2, new byte[1_000]);
        BlockingQueue<String> go = new LinkedBlockingQueue<>();
        try (var worker = FakeWorker.start(peer -> {
                    peer.accept();
                    peer.send(Arrays.copyOf(frame, 500));
                    take(go);
                    peer.send(Arrays.copyOfRange(frame, 500, frame.length));
                    peer.readFrame();
                });
                var server = relays.proxyTo(worker);
                var client = RelayFixture.upgraded(RelayFixture.listen(server))) {
            var relay = relays.begun.poll(20, TimeUnit.SECONDS);
            assertThat(relay).isNotNull();
            await().until(() -> client.in().available() >= 500);

            relay.end(SessionEnding.of(Cause.OPERATOR));
            go.add("on");

            assertThat(client.readFrame().payload()).hasSize(1_000);
            assertThat(client.readFrame().closeReason()).isEqualTo("session ended by operator");
        }
    }

    private static void take(BlockingQueue<String> queue) throws IOException {
        try {
            queue.poll(20, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }
}
