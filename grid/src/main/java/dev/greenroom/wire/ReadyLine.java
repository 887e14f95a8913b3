package dev.greenroom.wire;

import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

/// A connection whose upgrade is done before the client comes for whom it will be. Until then it belongs to no event
/// loop, and nobody reads it: what its peer sends waits. Safe for use by many threads.
public final class ReadyLine implements AutoCloseable {
    private final OutboundConnection connection;
    private final UpgradeRequest upgrade;
    private final AtomicBoolean gone = new AtomicBoolean();

    /// @param connection registered with no event loop
    /// @param upgrade what the peer agreed to
    ReadyLine(OutboundConnection connection, UpgradeRequest upgrade) {
        this.connection = connection;
        this.upgrade = upgrade;
    }

    /// Gives it to a client; empty, and closed, where that offers other extensions than those that were agreed upon, or
    /// the peer was seen to leave. Empty, too, for everybody but the first.
    ///
    /// @param loop the client's
    public Optional<OutboundConnection> takenBy(UpgradeRequest client, EventLoop loop) {
        if (!gone.compareAndSet(false, true)) {
            return Optional.empty();
        }
        if (!upgrade.extensions().equals(client.extensions()) || !channel().isActive()) {
            connection.close();
            return Optional.empty();
        }
        // Whatever the client's thread does with it on that loop comes after this.
        loop.register(channel());
        return Optional.of(new OutboundConnection(channel(), connection.answer().accepting(client), 0));
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
