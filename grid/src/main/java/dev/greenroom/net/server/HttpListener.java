package dev.greenroom.net.server;

import java.io.IOException;
import java.io.Serial;
import dev.greenroom.net.http.HttpResponse;
import dev.greenroom.net.server.ConnectionLimits.Entry;
import dev.greenroom.net.tls.ServerTls;
import dev.greenroom.session.SessionId.SessionIdGenerator;
import dev.greenroom.session.WorkerEndpoint;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.unix.IntegerUnixChannelOption;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Listens on a port and serves each request on a virtual thread of its own.
public final class HttpListener implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(HttpListener.class);
    private static final RecvByteBufAllocator RECEIVE = new MemoryAwareReceive(
            new AdaptiveRecvByteBufAllocator(512, 16 * 1024, 256 * 1024), DirectMemory.ofProcess());

    private static final HttpResponse TOO_MANY =
            HttpResponse.json(503, "{\"error\":\"too many connections\"}").with("Retry-After", "5");
    private static final int BACKLOG = 4096;

    /// For the head of a connection that is over the limits.
    private static final Duration CROWDED_HEAD_TIME = Duration.ofSeconds(2);

    // Of Linux, whose numbers are part of its promise to programs.
    private static final int SOL_SOCKET = 1;
    private static final int SO_KEEPALIVE = 9;
    private static final int IPPROTO_TCP = 6;
    private static final int TCP_KEEPIDLE = 4;
    private static final int TCP_KEEPINTVL = 5;
    private static final int TCP_USER_TIMEOUT = 18;

    private static final long CLOSE_SECONDS = 5;

    /// What was said last reaches peers that read at all.
    private static final long LAST_WORDS_MILLIS = 500;

    private final Transport transport;
    private final SessionIdGenerator ids;
    private final ConnectionLimits limits;
    private final EventLoopGroup loops;
    private final ConnectionHandler handler;
    private final ChannelGroup connections = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
    private final RequestThreads threads = new RequestThreads();
    private @Nullable ServerTls tls;
    private volatile @Nullable Channel listening;
    private volatile @Nullable AcceptGate gate;

    /// @param ids names every connection
    /// @param limits counts the connections of this server
    public HttpListener(
            Transport transport,
            EventLoopGroup loops,
            SessionIdGenerator ids,
            ConnectionLimits limits,
            ConnectionHandler handler) {
        this.limits = limits;
        this.ids = ids;
        this.transport = transport;
        this.loops = loops;
        this.handler = handler;
    }

    /// Begins to accept connections that speak TLS.
    ///
    /// @param address port 0 takes a free one
    /// @return the port
    public int listen(InetSocketAddress address, ServerTls with) throws PortInUseException, InterruptedException {
        tls = with;
        return listen(address);
    }

    /// Begins to accept.
    ///
    /// @param address port 0 takes a free one
    /// @return the port
    public int listen(InetSocketAddress address) throws PortInUseException, InterruptedException {
        var bootstrap = new ServerBootstrap()
                .group(loops)
                .channelFactory(() -> transport.serverChannels().apply(address.getAddress()))
                .option(ChannelOption.SO_BACKLOG, BACKLOG)
                .option(ChannelOption.SO_REUSEADDR, true)
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        accept(channel);
                    }
                });
        tune(transport, bootstrap);
        ChannelFuture bound = bootstrap.bind(address).await();
        if (!bound.isSuccess()) {
            throw new PortInUseException(
                    WorkerEndpoint.authority(address.getHostString(), address.getPort()), bound.cause());
        }
        var channel = bound.channel();
        listening = channel;
        gate = new AcceptGate(limits::isCrowded, channel.eventLoop(), accepting -> {
            channel.config().setAutoRead(accepting);
            if (!accepting) {
                LOG.atWarn()
                        .addKeyValue("code", "ACCEPTING_PAUSED")
                        .addKeyValue("connections", openConnections())
                        .log("Too many connections, those that are being refused included; new ones wait");
            }
        });
        gateChanged();
        return ((InetSocketAddress) channel.localAddress()).getPort();
    }

    private void accept(Channel channel) {
        connections.add(channel);
        var entry = channel.remoteAddress() instanceof InetSocketAddress remote
                ? enter(channel, remote.getAddress())
                : Entry.WELCOME;
        var heard = entry == Entry.WELCOME;
        var connection = new InboundConnection(ids.next(), channel, heard ? handler : this::serveCrowded, threads);
        if (tls != null) {
            channel.pipeline().addLast(ConnectionPipeline.TLS, tls.newHandler(channel));
        }
        var limit = heard ? RequestHeadDecoder.HEAD_TIME : CROWDED_HEAD_TIME;
        ConnectionPipeline.start(channel, new RequestHeadDecoder(connection, limit));
        if (entry == Entry.REFUSED) {
            connection.answer(TOO_MANY);
        }
    }

    private Entry enter(Channel channel, InetAddress address) {
        var entry = limits.entered(address);
        channel.closeFuture().addListener(_ -> {
            limits.left(address, entry);
            gateChanged();
        });
        gateChanged();
        return entry;
    }

    private void serveCrowded(InboundConnection connection) throws InterruptedException {
        if (limits.isExempt(connection.head())) {
            handler.serve(connection);
        } else {
            connection.answer(TOO_MANY);
        }
    }

    private void gateChanged() {
        var known = gate;
        if (known != null) {
            known.changed();
        }
    }

    /// Sets one option on a bootstrap.
    public interface Options {
        <T> Object set(ChannelOption<T> option, T value);
    }

    static void tune(Transport transport, ServerBootstrap bootstrap) {
        if (transport.isEpoll()) {
            inherit(transport, bootstrap::option);
            tuneAny(bootstrap::childOption);
        } else {
            tune(transport, bootstrap::childOption);
        }
    }

    /// What Linux hands on from a socket that listens to those that it accepts: four calls less for each.
    private static void inherit(Transport transport, Options options) {
        options.set(new IntegerUnixChannelOption("SO_KEEPALIVE", SOL_SOCKET, SO_KEEPALIVE), 1);
        options.set(new IntegerUnixChannelOption("TCP_USER_TIMEOUT", IPPROTO_TCP, TCP_USER_TIMEOUT), (int)
                transport.userTimeout().toMillis());
        options.set(new IntegerUnixChannelOption("TCP_KEEPIDLE", IPPROTO_TCP, TCP_KEEPIDLE), (int)
                transport.keepAliveIdle().toSeconds());
        options.set(new IntegerUnixChannelOption("TCP_KEEPINTVL", IPPROTO_TCP, TCP_KEEPINTVL), (int)
                transport.keepAliveInterval().toSeconds());
    }

    /// Without `TCP_NODELAY`, which Netty sets wherever it can.
    static void tune(Transport transport, Options options) {
        tuneAny(options);
        tuneLasting(transport, options);
    }

    /// How a peer is noticed that vanishes.
    public static void tuneLasting(Transport transport, Options options) {
        options.set(ChannelOption.SO_KEEPALIVE, true);
        if (transport.isEpoll()) {
            options.set(EpollChannelOption.TCP_USER_TIMEOUT, (int)
                    transport.userTimeout().toMillis());
            options.set(EpollChannelOption.TCP_KEEPIDLE, (int)
                    transport.keepAliveIdle().toSeconds());
            options.set(EpollChannelOption.TCP_KEEPINTVL, (int)
                    transport.keepAliveInterval().toSeconds());
        }
    }

    public static void tuneAny(Options options) {
        options.set(ChannelOption.WRITE_BUFFER_WATER_MARK, DirectMemory.Left.PLENTY.waterMark());
        options.set(ChannelOption.RECVBUF_ALLOCATOR, RECEIVE);
    }

    /// How many connections are open.
    public int openConnections() {
        return connections.size();
    }

    /// Accepts no more; what is open goes on.
    public void stopAccepting() {
        var channel = listening;
        if (channel != null) {
            channel.close().awaitUninterruptibly(CLOSE_SECONDS, TimeUnit.SECONDS);
        }
    }

    /// Closes everything, which interrupts those that still wait for an answer. Waits for all of it, up to
    /// 10 s.
    @Override
    public void close() {
        stopAccepting();
        connections.newCloseFuture().awaitUninterruptibly(LAST_WORDS_MILLIS, TimeUnit.MILLISECONDS);
        connections.close().awaitUninterruptibly(CLOSE_SECONDS, TimeUnit.SECONDS);
        try {
            threads.awaitNone(Duration.ofSeconds(CLOSE_SECONDS));
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    /// Serves requests.
    @FunctionalInterface
    public interface ConnectionHandler {
        /// Answers one request. Called on a virtual thread of its own, which is interrupted when the client
        /// hangs up before it has an answer.
        void serve(InboundConnection connection) throws InterruptedException;
    }

    /// A port could not be listened on.
    public static final class PortInUseException extends IOException {
        @Serial
        private static final long serialVersionUID = 1L;

        PortInUseException(String address, Throwable cause) {
            super("cannot listen on " + address + ": " + why(String.valueOf(cause.getMessage())), cause);
        }

        /// Without the words in which the kernel is asked: `bind(..) failed with error(-98): Address already in
        /// use`.
        private static String why(String message) {
            var reason = message.replaceFirst("^.*failed with error\\(-?\\d+\\): ", "");
            return reason.contains("in use")
                    ? reason + "; choose another port (--port), or stop what listens there"
                    : reason;
        }
    }
}
