package dev.greenroom.net.relay;

import dev.greenroom.net.http.UpgradeRequest;
import io.netty.channel.Channel;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

/// A connection whose upgrade is done before the client comes for whom it will be. Until then its own event
/// loop watches it, so that it is known when the peer hangs up; what the peer sends waits for the client.
/// Safe for use by many threads.
public final class PreconnectedDriver implements AutoCloseable {
    private final OutboundConnection connection;
    private final UpgradeRequest upgrade;
    private final AtomicBoolean gone = new AtomicBoolean();

    /// @param upgrade what the peer agreed to
    PreconnectedDriver(OutboundConnection connection, UpgradeRequest upgrade) {
        this.connection = connection;
        this.upgrade = upgrade;
    }

    /// Whether the peer is still there.
    public boolean isOpen() {
        return channel().isActive();
    }

    /// Gives it to a client, to whose event loop it moves when the two are joined. Empty, and closed, where
    /// the client offers other extensions than those that were agreed upon, or the peer has left. Empty,
    /// too, for all but the first who asks.
    public Optional<OutboundConnection> handOverTo(UpgradeRequest client) {
        if (!gone.compareAndSet(false, true)) {
            return Optional.empty();
        }
        if (!upgrade.extensions().equals(client.extensions()) || !isOpen()) {
            connection.close();
            return Optional.empty();
        }
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
