package dev.greenroom.wire;

import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

/// A connection whose upgrade is done before the client comes for whom it will be. Until then its own event loop
/// watches
/// it, so that it is known when the peer hangs up; what the peer sends waits for the client. Safe for use by many
/// threads.
public final class ReadyLine implements AutoCloseable {
    /// Within which an event loop gives a connection up for another one.
    private static final Duration MOVE_TIMEOUT = Duration.ofSeconds(1);

    private final OutboundConnection connection;
    private final UpgradeRequest upgrade;
    private final AtomicBoolean gone = new AtomicBoolean();

    /// @param upgrade what the peer agreed to
    ReadyLine(OutboundConnection connection, UpgradeRequest upgrade) {
        this.connection = connection;
        this.upgrade = upgrade;
    }

    /// Whether the peer is still there.
    public boolean isOpen() {
        return channel().isActive();
    }

    /// Gives it to a client; empty, and closed, where that offers other extensions than those that were agreed upon, or
    /// the peer has left. Empty, too, for everybody but the first. Blocks for a moment; called on a virtual thread.
    ///
    /// @param loop the client's
    public Optional<OutboundConnection> takenBy(UpgradeRequest client, EventLoop loop) throws InterruptedException {
        if (!gone.compareAndSet(false, true)) {
            return Optional.empty();
        }
        var moved = false;
        try {
            moved = upgrade.extensions().equals(client.extensions()) && isOpen() && moveTo(loop);
        } finally {
            if (!moved) {
                connection.close();
            }
        }
        return moved
                ? Optional.of(
                        new OutboundConnection(channel(), connection.answer().accepting(client), 0))
                : Optional.empty();
    }

    private boolean moveTo(EventLoop loop) throws InterruptedException {
        if (channel().eventLoop().equals(loop)) {
            return true;
        }
        var leaving = channel().deregister();
        if (!leaving.await(MOVE_TIMEOUT.toMillis()) || !leaving.isSuccess() || !isOpen()) {
            return false;
        }
        // Whatever the client's thread does with it on that loop comes after this.
        loop.register(channel());
        return true;
    }

    private Channel channel() {
        return connection.channel();
    }

    /// Closes it if nobody has taken it.
    @Override
    public void close() {
        if (gone.compareAndSet(false, true)) {
            connection.close();
        }
    }
}
