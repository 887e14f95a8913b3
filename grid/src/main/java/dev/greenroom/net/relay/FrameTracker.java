package dev.greenroom.net.relay;

import dev.greenroom.session.SessionEnding.Close;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Tracks the WebSocket frames of one direction by their headers: counts messages, knows where a frame
/// may be inserted, and reads close frames. Does not unmask or copy payloads. Belongs to one event loop.
final class FrameTracker {
    static final int MAX_CONTROL_PAYLOAD_BYTES = 125;
    /// Maximum burst of pings and pongs. More are allowed as time passes, see [#CONTROLS_PER_SECOND].
    static final int CONTROL_BURST = 100;
    static final int CONTROLS_PER_SECOND = 10;
    /// Maximum number of fragments under [#SHORT_FRAGMENT_BYTES] in one message: who assembles it keeps an
    /// object for each.
    static final int MAX_SHORT_FRAGMENTS = 1000;
    static final int SHORT_FRAGMENT_BYTES = 126;

    private static final int OPCODE_CLOSE = 0x8;
    private static final int OPCODE_BINARY = 0x2;
    private static final int OPCODE_PONG = 0xA;
    private static final int FIN = 0x80;
    private static final int RSV1 = 0x40;
    private static final int RSV2_AND_3 = 0x30;
    private static final int MASK = 0x80;
    private static final int MAX_HEADER_BYTES = 14;

    /// The code of a close frame without one (RFC 6455, 7.4.1).
    static final int NO_STATUS = 1005;

    private final boolean masked;
    /// The reserved bits that must not be set in a frame's first byte.
    private final int reserved;
    private final byte[] header = new byte[MAX_HEADER_BYTES];
    private int headerBytes;
    private int headerLength = 2;

    /// The index of the current frame in the current buffer; -1 when it began in an earlier one.
    private int frameStart = -1;

    private long payloadLeft;
    private byte @Nullable [] closePayload;
    private int closePayloadBytes;

    private long messages;
    private long dataReads;
    private boolean fragmented;
    private int shortFragments;
    private int controlsLeft = CONTROL_BURST;
    private @Nullable Close close;
    private @Nullable String violation;

    /// @param masked whether frames in this direction must be masked: a client's must, a server's must
    ///     not
    /// @param extended whether an extension was negotiated, which may use the first reserved bit of
    ///     messages
    FrameTracker(boolean masked, boolean extended) {
        this.masked = masked;
        this.reserved = extended ? RSV2_AND_3 : RSV1 | RSV2_AND_3;
    }

    /// Tracks the readable bytes of a buffer. Does not change the buffer.
    void track(ByteBuf bytes) {
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
            shortFragments = 0;
        } else if (length < SHORT_FRAGMENT_BYTES && ++shortFragments > MAX_SHORT_FRAGMENTS) {
            violation = "a message of more than " + MAX_SHORT_FRAGMENTS + " short fragments";
        }
        fragmented = !last;
    }

    /// Allows more control frames, up to a burst of [#CONTROL_BURST].
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

    /// Whether the direction is between two frames, so that a frame may be inserted.
    boolean atBoundary() {
        return headerBytes == 0;
    }

    /// The number of complete messages so far.
    long messages() {
        return messages;
    }

    /// A counter that grows with all parts of messages, including incomplete ones, and not with control
    /// frames.
    long dataReads() {
        return dataReads;
    }

    /// The close frame that was sent in this direction.
    Optional<Close> close() {
        return Optional.ofNullable(close);
    }

    /// Removes the close frame and everything after it from the buffer that was tracked last, as if it
    /// had not been sent.
    ///
    /// @return false when a part of it was in an earlier buffer
    boolean cancelClose(ByteBuf bytes) {
        if (frameStart < 0) {
            return false;
        }
        bytes.writerIndex(frameStart);
        close = null;
        return true;
    }

    /// The first protocol violation in this direction.
    Optional<String> violation() {
        return Optional.ofNullable(violation);
    }
}
