package dev.greenroom.net.relay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.session.SessionEnding.Close;
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
        var tracker = new FrameTracker(true, false);

        for (var from = 0; from < bytes.length; ) {
            var length = Math.min(bytes.length - from, 1 + random.nextInt(random.nextBoolean() ? 7 : 90_000));
            tracker.track(Unpooled.wrappedBuffer(bytes, from, length));
            from += length;
        }

        assertThat(tracker.messages()).isEqualTo(frames);
        assertThat(tracker.atBoundary()).isTrue();
        assertThat(tracker.violation()).isEmpty();
    }

    @Test
    void between_the_bytes_of_a_frame_nothing_may_be_put() {
        var frame = RawClient.unmasked(1, new byte[300]);
        var tracker = new FrameTracker(false, false);

        for (var i = 0; i < frame.length - 1; i++) {
            tracker.track(Unpooled.wrappedBuffer(frame, i, 1));
            assertThat(tracker.atBoundary()).as("after byte %d", i).isFalse();
        }
        tracker.track(Unpooled.wrappedBuffer(frame, frame.length - 1, 1));

        assertThat(tracker.atBoundary()).isTrue();
    }

    @Test
    void a_close_frame_is_read_byte_by_byte_masked_or_not() {
        var payload = RawClient.close(4321, "genug für heute");
        var client = new FrameTracker(true, false);
        var server = new FrameTracker(false, false);

        for (var b : RawClient.masked(8, payload)) {
            client.track(Unpooled.wrappedBuffer(new byte[] {b}));
        }
        server.track(Unpooled.wrappedBuffer(RawClient.unmasked(8, payload)));

        assertThat(client.close()).contains(new Close(4321, "genug für heute"));
        assertThat(server.close()).contains(new Close(4321, "genug für heute"));
    }

    @Test
    void a_close_frame_without_a_code_counts_as_1005() {
        var tracker = new FrameTracker(true, false);

        tracker.track(Unpooled.wrappedBuffer(RawClient.masked(8, new byte[0])));

        assertThat(tracker.close()).contains(new Close(1005, ""));
    }

    @Test
    void control_frames_between_fragments_are_not_messages() {
        var tracker = new FrameTracker(false, false);
        byte[] fragments = {0x01, 1, 'a', (byte) 0x89, 0, (byte) 0x00, 1, 'b', (byte) 0x80, 1, 'c'};

        tracker.track(Unpooled.wrappedBuffer(fragments));

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

    @Test
    void S21_fragments_make_one_message_after_another() {
        assertThat(violation(false, 0x80, 0x00)).contains("a continuation of nothing");
        assertThat(violation(false, 0x01, 0x00, 0x81, 0x00)).contains("a message inside another");
        assertThat(violation(false, 0x01, 0x00, 0x89, 0x00, 0x80, 0x00, 0x82, 0x00))
                .isEmpty();
    }

    @Test
    void S21_a_message_of_many_short_fragments_is_stopped() {
        var tracker = new FrameTracker(false, false);
        var fragments = Unpooled.buffer().writeByte(0x01).writeByte(0);
        for (var i = 1; i < FrameTracker.MAX_SHORT_FRAGMENTS; i++) {
            fragments.writeByte(0).writeByte(1).writeByte('x');
        }
        tracker.track(fragments);
        assertThat(tracker.violation()).isEmpty();

        tracker.track(Unpooled.wrappedBuffer(new byte[] {0, 0}));

        assertThat(tracker.violation()).contains("a message of more than 1000 short fragments");
    }

    @Test
    void S21_pings_beyond_the_burst_are_stopped_unless_time_has_passed() {
        var tracker = new FrameTracker(true, false);
        for (var i = 0; i < FrameTracker.CONTROL_BURST; i++) {
            tracker.track(Unpooled.wrappedBuffer(RawClient.masked(9, new byte[0])));
        }
        tracker.allowControlFrames(1);
        tracker.track(Unpooled.wrappedBuffer(RawClient.masked(10, new byte[0])));
        assertThat(tracker.violation()).isEmpty();

        tracker.track(Unpooled.wrappedBuffer(RawClient.masked(9, new byte[0])));

        assertThat(tracker.violation()).contains("more than 10 pings or pongs a second");
    }

    @Test
    void S22_a_compressed_message_passes_only_where_an_extension_was_agreed_on() {
        byte[] compressed = {(byte) 0xC1, 1, 'x'};
        byte[] compressedPing = {(byte) 0xC9, 0};
        var with = new FrameTracker(false, true);
        var without = new FrameTracker(false, false);

        with.track(Unpooled.wrappedBuffer(compressed));
        without.track(Unpooled.wrappedBuffer(compressed));

        assertThat(with.violation()).isEmpty();
        assertThat(with.messages()).isEqualTo(1);
        assertThat(without.violation()).contains("a frame with reserved bits or opcode");
        with.track(Unpooled.wrappedBuffer(compressedPing));
        assertThat(with.violation()).contains("a control frame with a reserved bit");
    }

    private static Optional<String> violation(boolean masked, int... bytes) {
        var tracker = new FrameTracker(masked, false);
        var buffer = Unpooled.buffer();
        for (var b : bytes) {
            buffer.writeByte(b);
        }
        tracker.track(buffer);
        return tracker.violation();
    }
}
