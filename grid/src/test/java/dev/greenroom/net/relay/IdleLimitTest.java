package dev.greenroom.net.relay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.config.ProxySections.RelaySettings;
import dev.greenroom.session.SessionEnding.Cause;
import dev.greenroom.testkit.FakeWorker;
import dev.greenroom.testkit.RawClient;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Idle is a session whose client is silent, whatever else is said in it. A session is looked at four times
/// in a ping interval, and whoever is silent for so long gets a ping: so a ping says that the session was
/// looked at.
@Timeout(30)
class IdleLimitTest {
    private static final Duration LIMIT = Duration.ofSeconds(100);
    private static final int TEXT = 1;
    private static final int PING = 9;

    /// Of a short frame with a mask.
    private static final int HEADER_BYTES = 6;

    private static final int PONG = 10;

    private final AtomicLong passed = new AtomicLong();
    private final BlockingQueue<String> pageSays = new LinkedBlockingQueue<>();

    private RelayFixture fixture() {
        var fixture = new RelayFixture();
        fixture.clock = () -> System.nanoTime() + passed.get();
        fixture.settings = new RelaySettings(
                Duration.ofMillis(200), Duration.ofDays(1), Duration.ofDays(1), Optional.empty(), Optional.of(LIMIT));
        return fixture;
    }

    private void pass(double ofTheLimit) {
        passed.addAndGet((long) (LIMIT.toNanos() * ofTheLimit));
    }

    /// Says what it is told to, and repeats nothing but messages.
    private void talk(FakeWorker.Peer peer) throws IOException {
        peer.accept();
        Thread.ofVirtual().start(() -> {
            try {
                while (true) {
                    peer.send(RawClient.unmasked(TEXT, pageSays.take().getBytes(StandardCharsets.UTF_8)));
                }
            } catch (IOException | InterruptedException _) {
                // The session is over.
            }
        });
        while (true) {
            var frame = peer.readFrame();
            if (frame.opcode() == TEXT) {
                pageSays.add("heard " + frame.payload());
            }
        }
    }

    private static String nextMessage(RawClient client) throws IOException {
        var frame = client.readFrame();
        while (frame.opcode() == PING) {
            frame = client.readFrame();
        }
        return frame.payload();
    }

    private static void awaitLook(RawClient client) throws IOException {
        assertThat(client.readFrame().opcode()).isEqualTo(PING);
    }

    @Test
    void a_page_that_talks_does_not_keep_the_session_of_a_silent_client() throws Exception {
        try (var worker = FakeWorker.start(this::talk);
                var fixture = fixture();
                var proxy = fixture.proxyTo(worker);
                var client = RelayFixture.upgraded(RelayFixture.listen(proxy))) {
            for (var n = 0; n < 5; n++) {
                pass(0.21);
                pageSays.add("still here");
                if (n < 4) {
                    assertThat(nextMessage(client)).isEqualTo("still here");
                }
            }

            assertThat(fixture.ending().ending().cause()).isEqualTo(Cause.IDLE_LIMIT);
        }
    }

    @Test
    void pings_and_pongs_of_a_client_do_not_keep_its_session() throws Exception {
        try (var worker = FakeWorker.start(this::talk);
                var fixture = fixture();
                var proxy = fixture.proxyTo(worker);
                var client = RelayFixture.upgraded(RelayFixture.listen(proxy))) {
            pass(0.6);
            awaitLook(client);
            client.send(RawClient.masked(PONG, new byte[0])).send(RawClient.masked(PING, new byte[0]));
            awaitLook(client);
            pass(0.6);

            assertThat(fixture.ending().ending().cause()).isEqualTo(Cause.IDLE_LIMIT);
        }
    }

    @Test
    void a_message_that_takes_long_keeps_its_session() throws Exception {
        try (var worker = FakeWorker.start(this::talk);
                var fixture = fixture();
                var proxy = fixture.proxyTo(worker);
                var client = RelayFixture.upgraded(RelayFixture.listen(proxy))) {
            var message = RawClient.masked(TEXT, "a long one".getBytes(StandardCharsets.UTF_8));
            client.send(Arrays.copyOf(message, HEADER_BYTES));
            for (var at = HEADER_BYTES; at < message.length; at++) {
                pass(0.6);
                awaitLook(client);
                client.send(new byte[] {message[at]});
            }

            assertThat(nextMessage(client)).isEqualTo("heard a long one");
            assertThat(fixture.begun.element().sinceLastCall()).isLessThan(LIMIT);
        }
    }

    @Test
    void a_client_that_waits_for_an_answer_is_spared_until_it_waits_no_more() throws Exception {
        try (var worker = FakeWorker.start(this::talk);
                var fixture = fixture();
                var proxy = fixture.proxyTo(worker);
                var client = RelayFixture.upgraded(RelayFixture.listen(proxy))) {
            var asked = new LinkedBlockingQueue<CompletableFuture<Boolean>>();
            fixture.begun.element().spareWhile(() -> {
                var answer = new CompletableFuture<Boolean>();
                asked.add(answer);
                return answer;
            });
            pass(1.1);
            asked.take().complete(true);
            pass(0.6);
            awaitLook(client);
            pageSays.add("still here");
            assertThat(nextMessage(client)).isEqualTo("still here");

            pass(1.1);
            asked.take().completeExceptionally(new IOException("nobody knows"));

            assertThat(fixture.ending().ending().cause()).isEqualTo(Cause.IDLE_LIMIT);
        }
    }
}
