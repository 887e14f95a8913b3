package dev.greenroom.net.relay;

import dev.greenroom.session.SessionEnding.Close;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/// The target of a fuzzer for the frame tracker, which is compared with a parser that has all the bytes
/// before it.
///
/// The first byte says who speaks: bit 0 for a client, bit 1 for an agreed extension.
public final class FrameFuzz {
    private static final int CUTS = 3;

    private FrameFuzz() {}

    /// What is known after some bytes. Of a direction that broke the rules, only that is known.
    private record Seen(
            boolean violated,
            long messages,
            boolean boundary,
            @Nullable Close close) {
        static final Seen VIOLATED = new Seen(true, 0, false, null);
    }

    /// Called by the fuzzer, often.
    public static void fuzzerTestOneInput(byte[] bytes) {
        if (bytes.length < 2) {
            return;
        }
        var masked = (bytes[0] & 1) != 0;
        var extended = (bytes[0] & 2) != 0;
        var stream = Arrays.copyOfRange(bytes, 1, bytes.length);
        var expected = new Naive(stream, masked, extended).parse();
        var random = new Random(Arrays.hashCode(bytes));
        for (var i = 0; i < CUTS; i++) {
            var cuts = i == 0
                    ? new int[0]
                    : random.ints(1 + random.nextInt(9), 0, stream.length)
                            .sorted()
                            .toArray();
            var seen = tracked(stream, cuts, masked, extended);
            if (!seen.equals(expected)) {
                throw new AssertionError("cut at " + Arrays.toString(cuts) + ": " + seen + ", expected " + expected);
            }
        }
    }

    private static Seen tracked(byte[] stream, int[] cuts, boolean masked, boolean extended) {
        var tracker = new FrameTracker(masked, extended);
        var from = 0;
        for (var cut : cuts) {
            tracker.track(Unpooled.wrappedBuffer(stream, from, cut - from));
            from = cut;
        }
        tracker.track(Unpooled.wrappedBuffer(stream, from, stream.length - from));
        return tracker.violation().isPresent()
                ? Seen.VIOLATED
                : new Seen(
                        false,
                        tracker.messages(),
                        tracker.atBoundary(),
                        tracker.close().orElse(null));
    }

    /// Reads frames one after the other, each as a whole, as RFC 6455 draws them.
    private static final class Naive {
        private final byte[] stream;
        private final boolean masked;
        private final boolean extended;
        private int at;
        private long messages;
        private boolean fragmented;
        private int brief;
        private int controls;
        private @Nullable Close close;

        Naive(byte[] stream, boolean masked, boolean extended) {
            this.stream = stream;
            this.masked = masked;
            this.extended = extended;
        }

        Seen parse() {
            while (at < stream.length) {
                if (stream.length - at < 2) {
                    return new Seen(false, messages, false, close);
                }
                if (isForbidden(stream[at] & 0xFF, stream[at + 1] & 0xFF)) {
                    return Seen.VIOLATED;
                }
                var short7 = stream[at + 1] & 0x7F;
                var bytesOfLength = short7 == 126 ? 2 : short7 == 127 ? 8 : 0;
                var payload = at + 2 + bytesOfLength + (masked ? 4 : 0);
                if (payload > stream.length) {
                    return new Seen(false, messages, false, close);
                }
                var length = bytesOfLength == 0 ? short7 : number(at + 2, bytesOfLength);
                if (length < 0) {
                    return Seen.VIOLATED;
                }
                if (length > stream.length - payload) {
                    return new Seen(false, messages, false, close);
                }
                end(stream[at] & 0xFF, payload, (int) length);
                at = payload + (int) length;
            }
            return new Seen(false, messages, true, close);
        }

        private boolean isForbidden(int first, int second) {
            var opcode = first & 15;
            var last = first >= 128;
            if ((first & 0x30) != 0 || ((first & 0x40) != 0 && (!extended || opcode >= 8))) {
                return true;
            }
            if ((second >= 128) != masked || (opcode > 2 && opcode < 8) || opcode > 10) {
                return true;
            }
            if (opcode >= 8) {
                return !last || (second & 127) > 125 || (opcode != 8 && ++controls > FrameTracker.CONTROL_BURST);
            }
            if ((opcode == 0) != fragmented) {
                return true;
            }
            fragmented = !last;
            brief = last ? 0 : brief + ((second & 127) < FrameTracker.SHORT_FRAGMENT_BYTES ? 1 : 0);
            return brief > FrameTracker.MAX_SHORT_FRAGMENTS;
        }

        private long number(int offset, int bytes) {
            var number = 0L;
            for (var i = 0; i < bytes; i++) {
                number = number * 256 + (stream[offset + i] & 0xFF);
            }
            return number;
        }

        private void end(int first, int payload, int length) {
            if (first >= 128 && (first & 15) <= 2) {
                messages++;
            }
            if ((first & 15) == 8) {
                var said = Arrays.copyOfRange(stream, payload, payload + length);
                for (var i = 0; masked && i < length; i++) {
                    said[i] ^= stream[payload - 4 + (i % 4)];
                }
                close = length < 2
                        ? new Close(1005, "")
                        : new Close(
                                (said[0] & 0xFF) * 256 + (said[1] & 0xFF),
                                new String(said, 2, length - 2, StandardCharsets.UTF_8));
            }
        }
    }
}
