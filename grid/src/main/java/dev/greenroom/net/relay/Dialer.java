package dev.greenroom.net.relay;

import java.util.concurrent.atomic.AtomicBoolean;
import dev.greenroom.net.http.HttpHeader;
import dev.greenroom.net.http.HttpResponse;
import dev.greenroom.net.http.ResponseHead;
import dev.greenroom.net.http.UpgradeRequest;
import dev.greenroom.net.server.HttpListener;
import dev.greenroom.net.server.ConnectionPipeline;
import dev.greenroom.net.server.Transport;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelFactory;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.EventLoop;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Reaches peers: TCP or Unix socket, then the upgrade.
public final class Dialer {
    private static final Logger LOG = LoggerFactory.getLogger(Dialer.class);

    private final Transport transport;

    public Dialer(Transport transport) {
        this.transport = transport;
    }

    /// Where and what to ask.
    ///
    /// @param authority the `Host`
    /// @param path path and query, beginning with a slash
    /// @param upgrade the client's own handshake, passed on
    /// @param headers beyond those of the handshake; values without control characters
    public record Target(String authority, String path, UpgradeRequest upgrade, List<HttpHeader> headers) {
        private String head() {
            var head = new StringBuilder(512);
            head.append("GET ").append(path).append(" HTTP/1.1\r\n");
            HttpResponse.append(head, new HttpHeader("Host", authority));
            HttpResponse.append(head, new HttpHeader("Upgrade", "websocket"));
            HttpResponse.append(head, new HttpHeader("Connection", "Upgrade"));
            HttpResponse.append(head, new HttpHeader("Sec-WebSocket-Version", "13"));
            HttpResponse.append(head, new HttpHeader("Sec-WebSocket-Key", upgrade.key()));
            upgrade.extensions()
                    .ifPresent(offer -> HttpResponse.append(head, new HttpHeader("Sec-WebSocket-Extensions", offer)));
            headers.forEach(header -> HttpResponse.append(head, header));
            return head.append("\r\n").toString();
        }
    }

    /// Dials a peer over TCP. Blocks; called on a virtual thread. Interruption gives up and leaves nothing
    /// behind.
    ///
    /// @param loop where the connection will live: the loop of the client that it is for
    /// @param dialTimeout until the peer has answered or at least said (102) that it is preparing its
    ///     answer
    /// @param handshakeTimeout until it has answered, counted from the start
    public ConnectResult dial(
            EventLoop loop, InetSocketAddress address, Target target, Duration dialTimeout, Duration handshakeTimeout)
            throws InterruptedException {
        var way = new DialTarget(
                () -> transport.tcpChannels().apply(address.getAddress()),
                address,
                options -> HttpListener.tuneKeepAlive(transport, options));
        return dial(loop, way, target, dialTimeout, handshakeTimeout);
    }

    /// Dials a peer over a Unix socket; otherwise the same.
    public ConnectResult dial(EventLoop loop, Path socket, Target target, Duration handshakeTimeout)
            throws InterruptedException {
        var way =
                new DialTarget(transport.unixChannels(), transport.unixAddress().apply(socket), _ -> {});
        return dial(loop, way, target, handshakeTimeout, handshakeTimeout);
    }

    /// Dials a peer over a Unix socket for a client that has not come yet. Blocks; called on a virtual
    /// thread.
    ///
    /// @param loop serves the connection until its client comes
    /// @param target with a key of its own, and the extensions that the client is expected to offer
    /// @return empty where the peer does not answer 101 in time
    public Optional<PreconnectedDriver> dialAhead(EventLoop loop, Path socket, Target target, Duration handshakeTimeout)
            throws InterruptedException {
        return dial(loop, socket, target, handshakeTimeout) instanceof ConnectResult.Upgraded(var connection)
                ? Optional.of(new PreconnectedDriver(connection, target.upgrade()))
                : Optional.empty();
    }

    private static void warnWithoutPorts(SocketAddress address, Throwable cause) {
        if (String.valueOf(cause.getMessage()).contains("Cannot assign requested address")) {
            LOG.atWarn()
                    .addKeyValue("code", "PORTS")
                    .addKeyValue("address", address)
                    .log("No local port is left for connections to this address; widen net.ipv4.ip_local_port_range"
                            + " or let fewer sessions share the address");
        }
    }

    /// How a peer is reached.
    ///
    /// @param lasting tunes a connection that lasts
    private record DialTarget(
            ChannelFactory<? extends Channel> channels,
            SocketAddress address,
            Consumer<HttpListener.Options> lasting) {}

    private static ConnectResult dial(
            EventLoop loop, DialTarget way, Target target, Duration signTimeout, Duration answerTimeout)
            throws InterruptedException {
        var connectAttempt = new ConnectAttempt(loop);
        loop.execute(() -> {
            if (connectAttempt.isAwaited()) {
                connectAttempt.limit(signTimeout, answerTimeout);
                connect(loop, way, target, connectAttempt);
            }
        });
        return connectAttempt.await();
    }

    /// Without a bootstrap, which would look the address up and set a time limit of its own, each time.
    private static void connect(EventLoop loop, DialTarget way, Target target, ConnectAttempt connectAttempt) {
        Channel channel;
        try {
            channel = way.channels().newChannel();
        } catch (ChannelException e) {
            connectAttempt.failed("there is no socket for it: " + e.getMessage());
            return;
        }
        connectAttempt.over(channel, () -> way.lasting().accept(channel.config()::setOption));
        channel.config().setConnectTimeoutMillis(0);
        HttpListener.tuneBuffers(channel.config()::setOption);
        ConnectionPipeline.start(channel, new ResponseHeadDecoder(target.upgrade(), connectAttempt));
        loop.register(channel);
        channel.connect(way.address()).addListener((ChannelFutureListener)
                connected -> ask(connected, way.address(), target, connectAttempt));
    }

    private static void ask(
            ChannelFuture connected, SocketAddress address, Target target, ConnectAttempt connectAttempt) {
        if (!connected.isSuccess()) {
            warnWithoutPorts(address, connected.cause());
            connectAttempt.failed("it cannot be reached: " + connected.cause().getMessage());
            return;
        }
        connectAttempt.reached();
        var channel = connected.channel();
        channel.writeAndFlush(ByteBufUtil.writeAscii(channel.alloc(), target.head()), channel.voidPromise());
    }

    /// What came of dialling a peer.
    public sealed interface ConnectResult {

        /// The peer answered 101 and waits to be joined. Whoever gets this joins it or closes it.
        record Upgraded(OutboundConnection connection) implements ConnectResult {}

        /// The peer answered something else; the connection is closed.
        ///
        /// @param body at most 16 KiB of it, read as UTF-8
        record Answered(ResponseHead head, String body) implements ConnectResult {}

        /// The peer is there and was still preparing its answer when the time was up; the connection is
        /// closed.
        record Preparing() implements ConnectResult {}

        /// There was no connection, or no sign of life in time.
        ///
        /// @param why for the log
        record Failed(String why) implements ConnectResult {}
    }

    /// A connection whose upgrade is done before the client comes for whom it will be. Until then its own event
    /// loop watches it, so that it is known when the peer hangs up; what the peer sends waits for the client.
    /// Safe for use by many threads.
    public static final class PreconnectedDriver implements AutoCloseable {
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
}
