package dev.greenroom.net.relay;

import dev.greenroom.session.SessionEnding.Close;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.nio.charset.StandardCharsets;

/// The WebSocket frames that the relay sends itself.
final class ControlFrames {
    private static final int FIN = 0x80;
    private static final int OPCODE_CLOSE = 0x8;
    private static final int OPCODE_PING = 0x9;
    private static final int MASK = 0x80;

    /// A mask of zeros leaves the payload unchanged. Masks protect caches from bytes that an attacker
    /// chooses, and these bytes are our own.
    private static final int ZERO_MASK = 0;

    private ControlFrames() {}

    /// An empty ping.
    ///
    /// @param masked whether the frame goes from a client to a server
    static ByteBuf ping(ByteBufAllocator allocator, boolean masked) {
        return frame(allocator, OPCODE_PING, masked, new byte[0]);
    }

    /// A close frame with code and reason.
    static ByteBuf close(ByteBufAllocator allocator, boolean masked, Close close) {
        var reason = close.reason().getBytes(StandardCharsets.UTF_8);
        var payload = new byte[2 + reason.length];
        payload[0] = (byte) (close.code() >> 8);
        payload[1] = (byte) close.code();
        System.arraycopy(reason, 0, payload, 2, reason.length);
        return frame(allocator, OPCODE_CLOSE, masked, payload);
    }

    private static ByteBuf frame(ByteBufAllocator allocator, int opcode, boolean masked, byte[] payload) {
        var frame = allocator.buffer(6 + payload.length);
        frame.writeByte(FIN | opcode);
        frame.writeByte((masked ? MASK : 0) | payload.length);
        if (masked) {
            frame.writeInt(ZERO_MASK);
        }
        return frame.writeBytes(payload);
    }
}
