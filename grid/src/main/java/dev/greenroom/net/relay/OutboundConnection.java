package dev.greenroom.net.relay;

import dev.greenroom.net.http.ResponseHead;
import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/// An outbound connection that was upgraded to a WebSocket. Public methods may be called on any thread.
public final class OutboundConnection implements AutoCloseable {
    private final Channel channel;
    private final ResponseHead answer;
    private final long handshakeNanos;
    private final Runnable longLifeTuning;
    private final long number;

    /// Set while it moves to another event loop, and afterwards.
    private volatile @Nullable CompletableFuture<Void> moved;

    OutboundConnection(Channel channel, ResponseHead answer, long handshakeNanos) {
        this(channel, answer, handshakeNanos, () -> {}, 0);
    }

    /// @param longLifeTuning enables keep-alive, so that a peer is detected that disappears without closing
    OutboundConnection(Channel channel, ResponseHead answer, long handshakeNanos, Runnable longLifeTuning) {
        this(channel, answer, handshakeNanos, longLifeTuning, 0);
    }

    private OutboundConnection(
            Channel channel, ResponseHead answer, long handshakeNanos, Runnable longLifeTuning, long number) {
        this.number = number;
        this.longLifeTuning = longLifeTuning;
        this.handshakeNanos = handshakeNanos;
        this.channel = channel;
        this.answer = answer;
    }

    /// The same connection with its number. Called before it is used.
    OutboundConnection numbered(long its) {
        return new OutboundConnection(channel, answer, handshakeNanos, longLifeTuning, its);
    }

    /// The number by which a driver names this connection; 0 for connections to other peers.
    public long number() {
        return number;
    }

    /// The peer's 101 response.
    public ResponseHead answer() {
        return answer;
    }

    /// Time from the established connection to the peer's 101, in nanoseconds.
    public long handshakeNanos() {
        return handshakeNanos;
    }

    /// Moves this connection to a client's event loop and runs `then` there. Called once.
    void moveToLoop(EventLoop loop, Runnable then) {
        if (channel.eventLoop().equals(loop)) {
            loop.execute(then);
            return;
        }
        var moving = new CompletableFuture<Void>();
        moved = moving;
        Runnable arrived = () -> {
            moving.complete(null);
            then.run();
        };
        channel.deregister().addListener(left -> {
            if (left.isSuccess() && channel.isOpen()) {
                loop.register(channel).addListener(_ -> arrived.run());
            } else {
                channel.close();
                loop.execute(arrived);
            }
        });
    }

    /// Enables keep-alive. Called after a while, because the system calls do not pay off for short
    /// sessions. Called on its event loop.
    void tuneForLongLife() {
        longLifeTuning.run();
    }

    Channel channel() {
        return channel;
    }

    /// Closes the connection, also while it moves between event loops. Idempotent.
    @Override
    public void close() {
        var moving = moved;
        if (moving == null) {
            channel.close();
        } else {
            // The event loop that it leaves must not touch it any more.
            moving.thenRun(channel::close);
        }
    }
}
