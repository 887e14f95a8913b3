package dev.greenroom.wire;

import io.netty.channel.Channel;

/// A dialled connection that was upgraded.
public final class OutboundConnection implements AutoCloseable {
    private final Channel channel;
    private final ResponseHead answer;
    private final long handshakeNanos;
    private final Runnable lasting;

    OutboundConnection(Channel channel, ResponseHead answer, long handshakeNanos) {
        this(channel, answer, handshakeNanos, () -> {});
    }

    /// @param lasting tunes it so that a peer is noticed that vanishes
    OutboundConnection(Channel channel, ResponseHead answer, long handshakeNanos, Runnable lasting) {
        this.lasting = lasting;
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

    /// It has lasted for a while, and may last for hours: only now is it worth the system calls that tune it. Called on
    /// its event loop.
    void lasts() {
        lasting.run();
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
