package dev.greenroom.net.relay;

import dev.greenroom.net.http.HttpHeader;
import dev.greenroom.net.http.HttpResponse;
import dev.greenroom.net.http.ResponseHead;
import dev.greenroom.net.http.UpgradeRequest;
import dev.greenroom.net.server.ConnectionPipeline;
import dev.greenroom.net.server.HttpListener;
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
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Connects to peers over TCP or a Unix socket, and upgrades the connection to a WebSocket.
public final class Dialer {
    /// Numbers the connections to a driver, which names them by it.
    private static final String NUMBER_HEADER = "x-greenroom-connection";

    private static final Logger LOG = LoggerFactory.getLogger(Dialer.class);
    private static final AtomicLong NUMBERS = new AtomicLong();

    private final Transport transport;

    public Dialer(Transport transport) {
        this.transport = transport;
    }

    /// The request of an upgrade.
    ///
    /// @param authority the value of `Host`
    /// @param path path and query, beginning with a slash
    /// @param upgrade the client's own handshake, forwarded
    /// @param headers more headers than those of the handshake; values without control characters
    public record Target(String authority, String path, UpgradeRequest upgrade, List<HttpHeader> headers) {
        private Target with(HttpHeader header) {
            var more = new ArrayList<>(headers);
            more.add(header);
            return new Target(authority, path, upgrade, more);
        }

        private String head() {
            var head = new StringBuilder(512);
            head.append("GET ").append(path).append(" HTTP/1.1\r\n");
            HttpResponse.append(head, new HttpHeader("Host", authority));
            HttpResponse.append(head, new HttpHeader("Upgrade", "websocket"));
            HttpResponse.append(head, new HttpHeader("Connection", "Upgrade"));
            HttpResponse.append(head, new HttpHeader("Sec-WebSocket-Version", "13"));
            HttpResponse.append(
                    head,
                    new HttpHeader("Sec-WebSocket-Key", upgrade.forwarded().key()));
            upgrade.extensions()
                    .ifPresent(offer -> HttpResponse.append(head, new HttpHeader("Sec-WebSocket-Extensions", offer)));
            headers.forEach(header -> HttpResponse.append(head, header));
            return head.append("\r\n").toString();
        }
    }

    /// Connects to a peer over TCP and upgrades. Blocks; called on a virtual thread. An interrupt
    /// abandons the attempt and closes its connection.
    ///
    /// @param loop the event loop of the client that the connection is for
    /// @param dialTimeout until the peer has sent a response or `102 Processing`
    /// @param handshakeTimeout until it has sent its response; both limits start now
    public ConnectResult dial(
            EventLoop loop, InetSocketAddress address, Target target, Duration dialTimeout, Duration handshakeTimeout)
            throws InterruptedException {
        var peer = new DialTarget(
                () -> transport.tcpChannels().apply(address.getAddress()),
                address,
                options -> HttpListener.tuneKeepAlive(transport, options));
        return dial(loop, peer, target, dialTimeout, handshakeTimeout);
    }

    /// Connects to a driver over a Unix socket and upgrades.
    public ConnectResult dial(EventLoop loop, Path socket, Target target, Duration handshakeTimeout)
            throws InterruptedException {
        var peer =
                new DialTarget(transport.unixChannels(), transport.unixAddress().apply(socket), _ -> {});
        var number = NUMBERS.incrementAndGet();
        var numbered = target.with(new HttpHeader(NUMBER_HEADER, Long.toString(number)));
        var result = dial(loop, peer, numbered, handshakeTimeout, handshakeTimeout);
        return result instanceof ConnectResult.Upgraded(var connection)
                ? new ConnectResult.Upgraded(connection.numbered(number))
                : result;
    }

    /// Connects to a peer over a Unix socket and upgrades, before there is a client for it. Blocks;
    /// called on a virtual thread.
    ///
    /// @param loop the event loop of the connection until it has a client
    /// @param target with its own key and without extensions
    /// @return empty when the peer does not respond with 101 in time
    public Optional<PreconnectedDriver> preconnect(
            EventLoop loop, Path socket, Target target, Duration handshakeTimeout) throws InterruptedException {
        return dial(loop, socket, target, handshakeTimeout) instanceof ConnectResult.Upgraded(var connection)
                ? Optional.of(new PreconnectedDriver(connection))
                : Optional.empty();
    }

    private static void warnIfPortsExhausted(SocketAddress address, Throwable cause) {
        if (String.valueOf(cause.getMessage()).contains("Cannot assign requested address")) {
            LOG.atWarn()
                    .addKeyValue("code", "PORTS")
                    .addKeyValue("address", address)
                    .log("Local ports exhausted for connections to this address; widen net.ipv4.ip_local_port_range"
                            + " or let fewer sessions share the address");
        }
    }

    /// The address of a peer, and the channels for it.
    ///
    /// @param longLifeTuning tunes a connection that has lasted for a while
    private record DialTarget(
            ChannelFactory<? extends Channel> channels,
            SocketAddress address,
            Consumer<HttpListener.Options> longLifeTuning) {}

    private static ConnectResult dial(
            EventLoop loop, DialTarget peer, Target target, Duration signTimeout, Duration answerTimeout)
            throws InterruptedException {
        var attempt = new ConnectAttempt(loop);
        loop.execute(() -> {
            if (attempt.isAwaited()) {
                attempt.limit(signTimeout, answerTimeout);
                connect(loop, peer, target, attempt);
            }
        });
        return attempt.await();
    }

    /// Uses no bootstrap, which would resolve the address and start its own timer each time.
    private static void connect(EventLoop loop, DialTarget peer, Target target, ConnectAttempt attempt) {
        Channel channel;
        try {
            channel = peer.channels().newChannel();
        } catch (ChannelException e) {
            attempt.failed("no socket available: " + e.getMessage());
            return;
        }
        attempt.useChannel(channel, () -> peer.longLifeTuning().accept(channel.config()::setOption));
        channel.config().setConnectTimeoutMillis(0);
        HttpListener.tuneBuffers(channel.config()::setOption);
        ConnectionPipeline.start(channel, new ResponseHeadDecoder(target.upgrade(), attempt));
        loop.register(channel);
        channel.connect(peer.address()).addListener((ChannelFutureListener)
                connected -> sendRequest(connected, peer.address(), target, attempt));
    }

    private static void sendRequest(
            ChannelFuture connected, SocketAddress address, Target target, ConnectAttempt attempt) {
        if (!connected.isSuccess()) {
            warnIfPortsExhausted(address, connected.cause());
            attempt.failed("cannot connect: " + connected.cause().getMessage());
            return;
        }
        attempt.connected();
        var channel = connected.channel();
        channel.writeAndFlush(ByteBufUtil.writeAscii(channel.alloc(), target.head()), channel.voidPromise());
    }

    /// The result of a connection attempt.
    public sealed interface ConnectResult {

        /// The peer responded with 101. The caller must join the connection to a client or close it.
        record Upgraded(OutboundConnection connection) implements ConnectResult {}

        /// The peer responded with another status; the connection is closed.
        ///
        /// @param body its first 16 KiB, decoded as UTF-8
        record Answered(ResponseHead head, String body) implements ConnectResult {}

        /// The peer sent `102 Processing`, but no response in time; the connection is closed.
        record StillProcessing() implements ConnectResult {}

        /// No connection could be established, or the peer sent nothing in time.
        ///
        /// @param why for the log
        record Failed(String why) implements ConnectResult {}
    }

    /// A connection to a browser's driver that was upgraded before it had a client. Its event loop
    /// notices when the driver disconnects; what the driver sends is kept for the client. Thread-safe.
    public static final class PreconnectedDriver implements AutoCloseable {
        private final OutboundConnection connection;
        private final AtomicBoolean handedOver = new AtomicBoolean();

        PreconnectedDriver(OutboundConnection connection) {
            this.connection = connection;
        }

        /// Whether the driver is still connected.
        public boolean isOpen() {
            return channel().isActive();
        }

        /// Hands the connection to a client; the relay will move it to the client's event loop. Empty
        /// after the first call. Empty, and the connection is closed, when the driver has disconnected.
        public Optional<OutboundConnection> handOverTo(UpgradeRequest client) {
            if (!handedOver.compareAndSet(false, true)) {
                return Optional.empty();
            }
            if (!isOpen()) {
                connection.close();
                return Optional.empty();
            }
            return Optional.of(
                    new OutboundConnection(channel(), connection.answer().accepting(client), 0)
                            .numbered(connection.number()));
        }

        private Channel channel() {
            return connection.channel();
        }

        /// Closes the connection unless it was handed over.
        @Override
        public void close() {
            if (handedOver.compareAndSet(false, true)) {
                connection.close();
            }
        }
    }
}
