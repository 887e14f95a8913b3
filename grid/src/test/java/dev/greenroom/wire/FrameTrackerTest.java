package dev.greenroom.wire;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.session.Ending.Close;
import dev.greenroom.testkit.RawClient;
import io.netty.buffer.Unpooled;
import java.io.ByteArrayOutputStream;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FrameTrackerTest {

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void messages_and_boundaries_are_found_however_the_bytes_are_cut(long seed) {
        var random = new Random(seed);
        var stream = new ByteArrayOutputStream();
        var frames = 40;
        for (var i = 0; i < frames; i++) {
            stream.writeBytes(RawClient.masked(1 + random.nextInt(2), new byte[random.nextInt(70_000)]));
        }
        var bytes = stream.toByteArray();
        var tracker = new FrameTracker(true);

        for (var from = 0; from < bytes.length; ) {
            var length = Math.min(bytes.length - from, 1 + random.nextInt(random.nextBoolean() ? 7 : 90_000));
            tracker.follow(Unpooled.wrappedBuffer(bytes, from, length));
            from += length;
        }

        assertThat(tracker.messages()).isEqualTo(frames);
        assertThat(tracker.atBoundary()).isTrue();
        assertThat(tracker.violation()).isEmpty();
    }

    @Test
    void between_the_bytes_of_a_frame_nothing_may_be_put() {
        var frame = RawClient.unmasked(1, new byte[300]);
        var tracker = new FrameTracker(false);

        for (var i = 0; i < frame.length - 1; i++) {
            tracker.follow(Unpooled.wrappedBuffer(frame, i, 1));
            assertThat(tracker.atBoundary()).as("after byte %d", i).isFalse();
        }
        tracker.follow(Unpooled.wrappedBuffer(frame, frame.length - 1, 1));

        assertThat(tracker.atBoundary()).isTrue();
    }

    @Test
    void a_close_frame_is_read_byte_by_byte_masked_or_not() {
        var payload = RawClient.close(4321, "genug für heute");
        var client = new FrameTracker(true);
        var server = new FrameTracker(false);

        for (var b : RawClient.masked(8, payload)) {
            client.follow(Unpooled.wrappedBuffer(new byte[] {b}));
        }
        server.follow(Unpooled.wrappedBuffer(RawClient.unmasked(8, payload)));

        assertThat(client.close()).contains(new Close(4321, "genug für heute"));
        assertThat(server.close()).contains(new Close(4321, "genug für heute"));
    }

    @Test
    void a_close_frame_without_a_code_counts_as_1005() {
        var tracker = new FrameTracker(true);

        tracker.follow(Unpooled.wrappedBuffer(RawClient.masked(8, new byte[0])));

        assertThat(tracker.close()).contains(new Close(1005, ""));
    }

    @Test
    void control_frames_between_fragments_are_not_messages() {
        var tracker = new FrameTracker(false);
        byte[] fragments = {0x01, 1, 'a', (byte) 0x89, 0, (byte) 0x00, 1, 'b', (byte) 0x80, 1, 'c'};

        tracker.follow(Unpooled.wrappedBuffer(fragments));

        assertThat(tracker.messages()).isEqualTo(1);
        assertThat(tracker.violation()).isEmpty();
    }

    @Test
    void what_no_peer_may_send_is_a_violation() {
        assertThat(violation(true, 0x81, 0x01)).contains("a client's frame without a mask");
        assertThat(violation(false, 0x81, 0x81)).contains("a server's frame with a mask");
        assertThat(violation(false, 0x83, 0x00)).contains("a frame with reserved bits or opcode");
        assertThat(violation(false, 0xA1, 0x00)).contains("a frame with reserved bits or opcode");
        assertThat(violation(false, 0x09, 0x00)).contains("a control frame that is too long or fragmented");
        assertThat(violation(false, 0x88, 0x7E)).contains("a control frame that is too long or fragmented");
        assertThat(violation(false, 0x82, 0x7F, 0xFF, 0, 0, 0, 0, 0, 0, 0))
                .contains("a frame longer than a frame can be");
    }

    private static Optional<String> violation(boolean masked, int... bytes) {
        var tracker = new FrameTracker(masked);
        var buffer = Unpooled.buffer();
        for (var b : bytes) {
            buffer.writeByte(b);
        }
        tracker.follow(buffer);
        return tracker.violation();
    }
}
