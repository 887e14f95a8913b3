package dev.greenroom.net.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.net.relay.RelayFixture;
import dev.greenroom.session.SessionEnding.Cause;
import dev.greenroom.session.SessionEnding.Close;
import dev.greenroom.testkit.FakeWorker;
import dev.greenroom.testkit.RawClient;
import java.io.IOException;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// How the two sides of a session part: every code that fits into a close frame is the peers' own affair,
/// so it passes as it is, and who closes only the sending half of its connection has said all it will.
@Timeout(60)
class CloseFramesTest {
    private static final int NO_CODE = 1005;
    private static final int IN_FLIGHT_BYTES = 4 * 1024 * 1024;

    private final RelayFixture relays = new RelayFixture();
    private final BlockingQueue<RawClient.Frame> frames = new LinkedBlockingQueue<>();

    @AfterEach
    void end() {
        relays.close();
    }

    /// A close frame as it is on the wire; 0 is one without a code.
    private static byte[] payload(int code) {
        return code == 0 ? new byte[0] : RawClient.close(code, "why");
    }

    private static void assertIs(RawClient.Frame frame, int code) {
        assertThat(frame).isNotNull();
        assertThat(frame.opcode()).isEqualTo(8);
        assertThat(frame.closeCode()).isEqualTo(code == 0 ? NO_CODE : code);
        assertThat(frame.closeReason()).isEqualTo(code == 0 ? "" : "why");
    }

    @ParameterizedTest
    @ValueSource(ints = {1000, 1001, 3000, 3999, 4999, 0, 1004, 1005, 1006, 2999, 5000})
    void a_close_frame_of_the_client_passes_with_whatever_code_and_so_does_its_answer(int code) throws Exception {
        try (var worker = FakeWorker.start(peer -> {
                    peer.accept();
                    frames.add(peer.readFrame());
                    peer.send(RawClient.unmasked(8, payload(code)));
                });
                var server = relays.proxyTo(worker);
                var client = RelayFixture.upgraded(RelayFixture.listen(server))) {
            client.send(RawClient.masked(8, payload(code)));

            assertIs(frames.poll(20, TimeUnit.SECONDS), code);
            assertIs(client.readFrame(), code);
            var ending = relays.ending().ending();
            assertThat(ending.cause()).isEqualTo(Cause.CLIENT_CLOSED);
            assertThat(ending.close()).contains(new Close(code == 0 ? NO_CODE : code, code == 0 ? "" : "why"));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1000, 1001, 3000, 3999, 4999, 0, 1004, 1005, 1006, 2999, 5000})
    void a_close_frame_of_the_worker_passes_with_whatever_code_and_so_does_its_answer(int code) throws Exception {
        try (var worker = FakeWorker.start(peer -> {
                    peer.accept();
                    peer.send(RawClient.unmasked(8, payload(code)));
                    frames.add(peer.readFrame());
                });
                var server = relays.proxyTo(worker);
                var client = RelayFixture.upgraded(RelayFixture.listen(server))) {
            assertIs(client.readFrame(), code);
            client.send(RawClient.masked(8, payload(code)));

            assertIs(frames.poll(20, TimeUnit.SECONDS), code);
            assertThat(relays.ending().ending().cause()).isEqualTo(Cause.WORKER_CLOSED);
        }
    }

    @Test
    void a_worker_that_closes_its_half_is_lost_and_what_it_had_sent_arrives() throws Exception {
        try (var worker = FakeWorker.start(peer -> {
                    peer.accept();
                    peer.send(RawClient.unmasked(2, new byte[IN_FLIGHT_BYTES]));
                    peer.socket().shutdownOutput();
                    peer.readToEnd();
                });
                var server = relays.proxyTo(worker);
                var client = RelayFixture.upgraded(RelayFixture.listen(server))) {

            assertThat(client.readFrame().payload()).hasSize(IN_FLIGHT_BYTES);
            assertThat(client.readFrame().closeReason()).isEqualTo("disconnected: worker lost");
            assertThat(relays.ending().ending().cause()).isEqualTo(Cause.WORKER_LOST);
        }
    }

    @Test
    void a_client_that_closes_its_half_is_lost_and_what_it_had_sent_arrives() throws Exception {
        try (var worker = FakeWorker.start(peer -> {
                    peer.accept();
                    try {
                        frames.add(peer.readFrame());
                        frames.add(peer.readFrame());
                    } catch (IOException e) {
                        frames.add(new RawClient.Frame(-1, e.toString()));
                    }
                });
                var server = relays.proxyTo(worker);
                var client = RelayFixture.upgraded(RelayFixture.listen(server))) {
            client.send(RawClient.masked(2, new byte[IN_FLIGHT_BYTES]));
            client.socket().shutdownOutput();

            var last = frames.poll(10, TimeUnit.SECONDS);
            assertThat(last).isNotNull();
            assertThat(last.payload()).hasSize(IN_FLIGHT_BYTES);
            var goodbye = frames.poll(10, TimeUnit.SECONDS);
            assertThat(goodbye).isNotNull();
            assertThat(goodbye.closeReason()).isEqualTo("client lost");
            assertThat(relays.ending().ending().cause()).isEqualTo(Cause.CLIENT_LOST);
        }
    }
}
