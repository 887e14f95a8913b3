package dev.greenroom.net.relay;

import dev.greenroom.net.http.ResponseHead;
import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/// A dialled connection that was upgraded.
public final class OutboundConnection implements AutoCloseable {
    private final Channel channel;
    private final ResponseHead answer;
    private final long handshakeNanos;
    private final Runnable lasting;

    /// While it moves to another event loop, and once it has.
    private volatile @Nullable CompletableFuture<Void> moved;

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

    /// Runs `then` on a client's event loop, where this connection lives from now on. Called once.
    void onLoop(EventLoop loop, Runnable then) {
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

    /// It has lasted for a while, and may last for hours: only now is it worth the system calls that tune
    /// it. Called on its event loop.
    void tuneForLongLife() {
        lasting.run();
    }

    Channel channel() {
        return channel;
    }

    /// Closes at once where no relay has done so. May be called on any thread.
    @Override
    public void close() {
        var moving = moved;
        if (moving == null) {
            channel.close();
        } else {
            // An event loop that it has left must not touch it.
            moving.thenRun(channel::close);
        }
    }
}
