package dev.greenroom.wire;

import io.netty.channel.Channel;

/// A dialled connection that was upgraded.
public final class OutboundConnection implements AutoCloseable {
    private final Channel channel;
    private final ResponseHead answer;
    private final long handshakeNanos;

    OutboundConnection(Channel channel, ResponseHead answer, long handshakeNanos) {
        this.handshakeNanos = handshakeNanos;
        this.channel = channel;
        this.answer = answer;
    }

    /// The peer's 101.
    public ResponseHead answer() {
        return answer;
    }

    /// How long the peer took from the connection to its 101.
    public long handshakeNanos() {
        return handshakeNanos;
    }

    Channel channel() {
        return channel;
    }

    /// Closes at once where no relay has done so. May be called on any thread.
    @Override
    public void close() {
        channel.close();
    }
}
