package dev.greenroom.net.relay;

import dev.greenroom.session.SessionEnding.Close;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Follows the frames of one direction by their headers alone: counts messages, knows where a frame may be
/// put between two others, and reads close frames. Payloads are neither unmasked nor copied. Confined to
/// one event loop.
final class FrameTracker {
    static final int MAX_CONTROL_PAYLOAD_BYTES = 125;
    /// Pings and pongs at once; more are granted as time passes, [#CONTROLS_PER_SECOND].
    static final int CONTROL_BURST = 100;
    static final int CONTROLS_PER_SECOND = 10;
    /// Fragments of one message that carry nothing.
    static final int MAX_EMPTY_FRAGMENTS = 16;

    private static final int OPCODE_CLOSE = 0x8;
    private static final int OPCODE_BINARY = 0x2;
    private static final int OPCODE_PONG = 0xA;
    private static final int FIN = 0x80;
    private static final int RSV1 = 0x40;
    private static final int RSV2_AND_3 = 0x30;
    private static final int MASK = 0x80;
    private static final int MAX_HEADER_BYTES = 14;

    /// Stands for the code of a close frame without one.
    static final int NO_STATUS = 1005;

    private final boolean masked;
    /// The first bytes with a bit that is reserved.
    private final int reserved;
    private final byte[] header = new byte[MAX_HEADER_BYTES];
    private int headerBytes;
    private int headerLength = 2;

    /// Where the frame begins in the buffer that is followed; -1 when that was in an earlier one.
    private int frameStart = -1;

    private long payloadLeft;
    private byte @Nullable [] closePayload;
    private int closePayloadBytes;

    private long messages;
    private long dataReads;
    private boolean fragmented;
    private int emptyFragments;
    private int controlsLeft = CONTROL_BURST;
    private @Nullable Close close;
    private @Nullable String violation;

    /// @param masked whether this direction must mask its frames: clients must, servers must not
    /// @param extended whether an extension was agreed on, which may use the first reserved bit of messages
    FrameTracker(boolean masked, boolean extended) {
        this.masked = masked;
        this.reserved = extended ? RSV2_AND_3 : RSV1 | RSV2_AND_3;
    }

    /// Follows the readable bytes of a buffer, which is not changed.
    void follow(ByteBuf bytes) {
        frameStart = -1;
        var index = bytes.readerIndex();
        var end = bytes.writerIndex();
        while (index < end && violation == null) {
            if (headerBytes == 0 && close == null) {
                frameStart = index;
            }
            if (headerBytes < headerLength) {
                header[headerBytes++] = bytes.getByte(index++);
                if (headerBytes == 2) {
                    beginFrame();
                }
                if (headerBytes == headerLength && violation == null) {
                    beginPayload();
                }
            } else {
                index += takePayload(bytes, index, (int) Math.min(payloadLeft, end - index));
            }
        }
    }

    private void beginFrame() {
        var opcode = header[0] & 0x0F;
        var length = header[1] & 0x7F;
        if ((opcode > OPCODE_BINARY && opcode < OPCODE_CLOSE) || opcode > OPCODE_PONG || (header[0] & reserved) != 0) {
            violation = "a frame with reserved bits or opcode";
        } else if (((header[1] & MASK) != 0) != masked) {
            violation = masked ? "a client's frame without a mask" : "a server's frame with a mask";
        } else if (opcode >= OPCODE_CLOSE) {
            beginControl(opcode, length);
        } else {
            beginFragment(opcode, length);
        }
        headerLength = 2 + (length == 126 ? 2 : length == 127 ? 8 : 0) + (masked ? 4 : 0);
    }

    private void beginControl(int opcode, int length) {
        if (length > MAX_CONTROL_PAYLOAD_BYTES || (header[0] & FIN) == 0) {
            violation = "a control frame that is too long or fragmented";
        } else if ((header[0] & RSV1) != 0) {
            violation = "a control frame with a reserved bit";
        } else if (opcode != OPCODE_CLOSE && --controlsLeft < 0) {
            violation = "more than " + CONTROLS_PER_SECOND + " pings or pongs a second";
        }
    }

    private void beginFragment(int opcode, int length) {
        dataReads++;
        if (fragmented != (opcode == 0)) {
            violation = fragmented ? "a message inside another" : "a continuation of nothing";
            return;
        }
        var last = (header[0] & FIN) != 0;
        if (last) {
            emptyFragments = 0;
        } else if (length == 0 && ++emptyFragments > MAX_EMPTY_FRAGMENTS) {
            violation = "a message of more than " + MAX_EMPTY_FRAGMENTS + " empty fragments";
        }
        fragmented = !last;
    }

    /// Time has passed: more control frames may come, though never more than [#CONTROL_BURST] at once.
    void allowControlFrames(int more) {
        controlsLeft = Math.min(CONTROL_BURST, controlsLeft + more);
    }

    private void beginPayload() {
        var length = header[1] & 0x7F;
        payloadLeft = length;
        if (length == 126) {
            payloadLeft = number(2, 2);
        } else if (length == 127) {
            payloadLeft = number(2, 8);
            if (payloadLeft < 0) {
                violation = "a frame longer than a frame can be";
                return;
            }
        }
        if ((header[0] & 0x0F) == OPCODE_CLOSE) {
            closePayload = new byte[(int) payloadLeft];
            closePayloadBytes = 0;
        }
        if (payloadLeft == 0) {
            endFrame();
        }
    }

    private long number(int offset, int bytes) {
        var value = 0L;
        for (var i = offset; i < offset + bytes; i++) {
            value = (value << 8) | (header[i] & 0xFF);
        }
        return value;
    }

    private int takePayload(ByteBuf bytes, int index, int length) {
        if (closePayload != null) {
            bytes.getBytes(index, closePayload, closePayloadBytes, length);
            closePayloadBytes += length;
        }
        if ((header[0] & 0x0F) <= OPCODE_BINARY) {
            dataReads++;
        }
        payloadLeft -= length;
        if (payloadLeft == 0) {
            endFrame();
        }
        return length;
    }

    private void endFrame() {
        var opcode = header[0] & 0x0F;
        if (opcode <= OPCODE_BINARY && (header[0] & FIN) != 0) {
            messages++;
        }
        if (closePayload != null) {
            readClose(closePayload);
            closePayload = null;
        }
        headerBytes = 0;
        headerLength = 2;
    }

    private void readClose(byte[] payload) {
        if (masked) {
            var key = headerLength - 4;
            for (var i = 0; i < payload.length; i++) {
                payload[i] ^= header[key + (i & 3)];
            }
        }
        close = payload.length < 2
                ? new Close(NO_STATUS, "")
                : new Close(
                        ((payload[0] & 0xFF) << 8) | (payload[1] & 0xFF),
                        new String(payload, 2, payload.length - 2, StandardCharsets.UTF_8));
    }

    /// Whether a frame could be put here.
    boolean atBoundary() {
        return headerBytes == 0;
    }

    /// Whole messages so far.
    long messages() {
        return messages;
    }

    /// A number that grows with everything that belongs to a message, also to one that takes long, and not
    /// with pings, pongs and close frames.
    long dataReads() {
        return dataReads;
    }

    /// The close frame that this direction sent.
    Optional<Close> close() {
        return Optional.ofNullable(close);
    }

    /// Takes the close frame out of the buffer that was just followed, with whatever comes after it, as if
    /// it had not been sent.
    ///
    /// @return false when a part of it is gone already
    boolean cancelClose(ByteBuf bytes) {
        if (frameStart < 0) {
            return false;
        }
        bytes.writerIndex(frameStart);
        close = null;
        return true;
    }

    /// What this direction did that no peer may do.
    Optional<String> violation() {
        return Optional.ofNullable(violation);
    }
}
