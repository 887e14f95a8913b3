package dev.greenroom.wire;

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
    public record Target(String authority, String path, UpgradeRequest upgrade, List<Header> headers) {
        private String head() {
            var head = new StringBuilder(512);
            head.append("GET ").append(path).append(" HTTP/1.1\r\n");
            Answer.append(head, new Header("Host", authority));
            Answer.append(head, new Header("Upgrade", "websocket"));
            Answer.append(head, new Header("Connection", "Upgrade"));
            Answer.append(head, new Header("Sec-WebSocket-Version", "13"));
            Answer.append(head, new Header("Sec-WebSocket-Key", upgrade.key()));
            upgrade.extensions().ifPresent(offer -> Answer.append(head, new Header("Sec-WebSocket-Extensions", offer)));
            headers.forEach(header -> Answer.append(head, header));
            return head.append("\r\n").toString();
        }
    }

    /// Dials a peer over TCP. Blocks; called on a virtual thread. Interruption gives up and leaves nothing behind.
    ///
    /// @param loop where the connection will live: the loop of the client that it is for
    /// @param dialTimeout until the peer has answered or at least said (102) that it is preparing its answer
    /// @param handshakeTimeout until it has answered, counted from the start
    public Dialled dial(
            EventLoop loop, InetSocketAddress address, Target target, Duration dialTimeout, Duration handshakeTimeout)
            throws InterruptedException {
        var way = new Way(
                () -> transport.tcpChannels().apply(address.getAddress()),
                address,
                options -> WireServer.tuneLasting(transport, options));
        return dial(loop, way, target, dialTimeout, handshakeTimeout);
    }

    /// Dials a peer over a Unix socket; otherwise the same.
    public Dialled dial(EventLoop loop, Path socket, Target target, Duration handshakeTimeout)
            throws InterruptedException {
        var way = new Way(transport.unixChannels(), transport.unixAddress().apply(socket), _ -> {});
        return dial(loop, way, target, handshakeTimeout, handshakeTimeout);
    }

    /// Dials a peer over a Unix socket for a client that has not come yet. Blocks; called on a virtual thread.
    ///
    /// @param loop serves the connection until its client comes
    /// @param target with a key of its own, and the extensions that the client is expected to offer
    /// @return empty where the peer does not answer 101 in time
    public Optional<ReadyLine> dialAhead(EventLoop loop, Path socket, Target target, Duration handshakeTimeout)
            throws InterruptedException {
        return dial(loop, socket, target, handshakeTimeout) instanceof Dialled.Upgraded(var connection)
                ? Optional.of(new ReadyLine(connection, target.upgrade()))
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
    private record Way(
            ChannelFactory<? extends Channel> channels, SocketAddress address, Consumer<WireServer.Options> lasting) {}

    private static Dialled dial(EventLoop loop, Way way, Target target, Duration signTimeout, Duration answerTimeout)
            throws InterruptedException {
        var dialling = new Dialling(loop);
        loop.execute(() -> {
            if (dialling.isAwaited()) {
                dialling.limit(signTimeout, answerTimeout);
                connect(loop, way, target, dialling);
            }
        });
        return dialling.await();
    }

    /// Without a bootstrap, which would look the address up and set a time limit of its own, each time.
    private static void connect(EventLoop loop, Way way, Target target, Dialling dialling) {
        Channel channel;
        try {
            channel = way.channels().newChannel();
        } catch (ChannelException e) {
            dialling.failed("there is no socket for it: " + e.getMessage());
            return;
        }
        dialling.over(channel, () -> way.lasting().accept(channel.config()::setOption));
        channel.config().setConnectTimeoutMillis(0);
        WireServer.tuneAny(channel.config()::setOption);
        channel.pipeline()
                .addLast(PipelineNames.HEAD, new ResponseHeadDecoder(target.upgrade(), dialling))
                .addLast(PipelineNames.LAST, LastHandler.INSTANCE);
        loop.register(channel);
        channel.connect(way.address())
                .addListener((ChannelFutureListener) connected -> ask(connected, way.address(), target, dialling));
    }

    private static void ask(ChannelFuture connected, SocketAddress address, Target target, Dialling dialling) {
        if (!connected.isSuccess()) {
            warnWithoutPorts(address, connected.cause());
            dialling.failed("it cannot be reached: " + connected.cause().getMessage());
            return;
        }
        dialling.reached();
        var channel = connected.channel();
        channel.writeAndFlush(ByteBufUtil.writeAscii(channel.alloc(), target.head()), channel.voidPromise());
    }
}
