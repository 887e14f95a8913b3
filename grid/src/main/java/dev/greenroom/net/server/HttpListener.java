package dev.greenroom.net.server;

import com.sun.management.UnixOperatingSystemMXBean;
import dev.greenroom.net.http.HttpResponse;
import dev.greenroom.net.http.RequestHead;
import dev.greenroom.net.server.DirectMemory.DirectMemoryPressure;
import dev.greenroom.net.server.HttpListener.ConnectionLimits.Entry;
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
import java.io.IOException;
import java.io.Serial;
import java.lang.management.ManagementFactory;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// An HTTP server on one port. It serves each request on a virtual thread of its own.
public final class HttpListener implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(HttpListener.class);
    private static final RecvByteBufAllocator RECEIVE = new MemoryAwareReceive(
            new AdaptiveRecvByteBufAllocator(512, 16 * 1024, 256 * 1024), DirectMemory.ofProcess());

    private static final int BACKLOG = 4096;

    /// Time limit for the request head of a connection over the limits.
    private static final Duration OVER_LIMIT_HEAD_TIME = Duration.ofSeconds(2);

    // Constants of the Linux kernel's stable interface.
    private static final int SOL_SOCKET = 1;
    private static final int SO_KEEPALIVE = 9;
    private static final int IPPROTO_TCP = 6;
    private static final int TCP_KEEPIDLE = 4;
    private static final int TCP_KEEPINTVL = 5;
    private static final int TCP_USER_TIMEOUT = 18;

    private static final long CLOSE_SECONDS = 5;

    /// Gives peers that read the time to receive the last response.
    private static final long LAST_RESPONSE_MILLIS = 500;

    private final Transport transport;
    private final SessionIdGenerator ids;
    private final ConnectionLimits limits;
    private final EventLoopGroup loops;
    private final ConnectionHandler handler;
    private final ChannelGroup connections = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
    private final RequestThreads threads = new RequestThreads();
    private Predicate<InetAddress> trusted = _ -> false;
    private @Nullable ServerTls tls;
    private volatile @Nullable Channel listening;
    private volatile @Nullable AcceptGate gate;

    /// @param ids creates the id of each connection
    /// @param limits limits the connections of this server
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

    /// Believes load balancers with these addresses how clients reach this server. Called before it listens.
    public HttpListener trusting(Predicate<InetAddress> loadBalancers) {
        trusted = loadBalancers;
        return this;
    }

    /// Starts accepting TLS connections.
    ///
    /// @param address port 0 picks a free port
    /// @return the port that it listens on
    /// @throws PortInUseException when the address cannot be bound
    public int listen(InetSocketAddress address, ServerTls with) throws PortInUseException, InterruptedException {
        tls = with;
        return listen(address);
    }

    /// Starts accepting connections without TLS.
    ///
    /// @param address port 0 picks a free port
    /// @return the port that it listens on
    /// @throws PortInUseException when the address cannot be bound
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
                        .log("Accepting paused: too many connections, including those being refused");
            }
        });
        gateChanged();
        return ((InetSocketAddress) channel.localAddress()).getPort();
    }

    private void accept(Channel channel) {
        connections.add(channel);
        var connection = new InboundConnection(ids.next(), channel, limits, this::serve, threads, trusted);
        channel.closeFuture().addListener(_ -> {
            connection.leave();
            gateChanged();
        });
        gateChanged();
        if (tls != null) {
            channel.pipeline().addLast(ConnectionPipeline.TLS, tls.newHandler(channel));
        }
        var limit = connection.entry() == Entry.ADMITTED ? RequestHeadDecoder.HEAD_TIME : OVER_LIMIT_HEAD_TIME;
        ConnectionPipeline.start(channel, new RequestHeadDecoder(connection, limit));
        if (connection.entry() == Entry.REFUSED) {
            connection.answer(ConnectionLimits.TOO_MANY_CONNECTIONS);
        }
    }

    private void serve(InboundConnection connection) throws InterruptedException {
        if (connection.entry() == Entry.ADMITTED || limits.isExempt(connection.head())) {
            handler.serve(connection);
        } else {
            connection.answer(ConnectionLimits.TOO_MANY_CONNECTIONS);
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
            tuneBuffers(bootstrap::childOption);
        } else {
            tune(transport, bootstrap::childOption);
        }
    }

    /// Sets options on the listening socket that Linux copies to accepted sockets. Saves four system
    /// calls per connection.
    private static void inherit(Transport transport, Options options) {
        options.set(new IntegerUnixChannelOption("SO_KEEPALIVE", SOL_SOCKET, SO_KEEPALIVE), 1);
        options.set(new IntegerUnixChannelOption("TCP_USER_TIMEOUT", IPPROTO_TCP, TCP_USER_TIMEOUT), (int)
                transport.userTimeout().toMillis());
        options.set(new IntegerUnixChannelOption("TCP_KEEPIDLE", IPPROTO_TCP, TCP_KEEPIDLE), (int)
                transport.keepAliveIdle().toSeconds());
        options.set(new IntegerUnixChannelOption("TCP_KEEPINTVL", IPPROTO_TCP, TCP_KEEPINTVL), (int)
                transport.keepAliveInterval().toSeconds());
    }

    /// Sets all options. Netty sets `TCP_NODELAY` itself.
    static void tune(Transport transport, Options options) {
        tuneBuffers(options);
        tuneKeepAlive(transport, options);
    }

    /// Sets the options by which a peer is detected that disappears without closing its connection.
    public static void tuneKeepAlive(Transport transport, Options options) {
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

    public static void tuneBuffers(Options options) {
        options.set(ChannelOption.WRITE_BUFFER_WATER_MARK, DirectMemoryPressure.NORMAL.waterMark());
        options.set(ChannelOption.RECVBUF_ALLOCATOR, RECEIVE);
    }

    /// The number of open connections.
    public int openConnections() {
        return connections.size();
    }

    /// Stops accepting. Open connections go on.
    public void stopAccepting() {
        var channel = listening;
        if (channel != null) {
            channel.close().awaitUninterruptibly(CLOSE_SECONDS, TimeUnit.SECONDS);
        }
    }

    /// Closes all connections, which interrupts the threads of unanswered requests. Waits until they have
    /// ended, up to 10 s.
    @Override
    public void close() {
        stopAccepting();
        connections.newCloseFuture().awaitUninterruptibly(LAST_RESPONSE_MILLIS, TimeUnit.MILLISECONDS);
        connections.close().awaitUninterruptibly(CLOSE_SECONDS, TimeUnit.SECONDS);
        try {
            threads.awaitNone(Duration.ofSeconds(CLOSE_SECONDS));
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    /// Handles the requests of a port.
    @FunctionalInterface
    public interface ConnectionHandler {
        /// Answers one request. Called on a virtual thread of its own, which is interrupted when the
        /// client disconnects before it has a response.
        void serve(InboundConnection connection) throws InterruptedException;
    }

    /// The address could not be bound.
    public static final class PortInUseException extends IOException {
        @Serial
        private static final long serialVersionUID = 1L;

        PortInUseException(String address, Throwable cause) {
            super("cannot listen on " + address + ": " + why(String.valueOf(cause.getMessage())), cause);
        }

        /// Removes Netty's prefix: `bind(..) failed with error(-98): Address already in use`.
        private static String why(String message) {
            var reason = message.replaceFirst("^.*failed with error\\(-?\\d+\\): ", "");
            return reason.contains("in use")
                    ? reason + "; choose another port (--port), or stop what listens there"
                    : reason;
        }
    }

    /// Limits on the concurrent connections of a port, in total and per client address. At a limit, a newcomer
    /// takes the place of the connection that has been useless for longest: one that has not sent its request,
    /// or has its response already. Where there is none, the newcomer is refused. Thread-safe.
    public static final class ConnectionLimits {
        /// Maximum number of connections over the limit that are being refused concurrently.
        static final int MAX_REFUSED_AT_ONCE = 64;

        /// Maximum number of connections over the limit whose request is read, since it may be a health
        /// check.
        static final int MAX_HEALTH_CHECKS_AT_ONCE = 16;

        static final HttpResponse TOO_MANY_CONNECTIONS =
                HttpResponse.json(503, "{\"error\":\"too many connections\"}").with("Retry-After", "5");

        private static final int V6_BYTES = 16;
        private static final int V6_NETWORK_BYTES = 8;

        private final int total;
        private final int perAddress;
        private final Predicate<RequestHead> exempt;

        // All below is guarded by this.
        private final Map<InetAddress, AddressPlaces> byAddress = new HashMap<>();
        private final Set<Place> useless = new LinkedHashSet<>();
        private int admitted;
        private int overLimit;
        private int healthChecks;

        /// @param total connections, 1 or more
        /// @param perAddress connections from one client address, 1 or more
        public ConnectionLimits(int total, int perAddress) {
            this(total, perAddress, _ -> false);
        }

        /// @param total connections, 1 or more
        /// @param perAddress connections from one client address, 1 or more
        /// @param exempt requests that are served beyond these limits, a few at a time: a health check must
        ///     not fail because the process is busy
        public ConnectionLimits(int total, int perAddress, Predicate<RequestHead> exempt) {
            this.total = total;
            this.perAddress = perAddress;
            this.exempt = exempt;
        }

        private static final class AddressPlaces {
            private final Set<Place> useless = new LinkedHashSet<>();
            private int admitted;
        }

        /// How a new connection is treated.
        enum Entry {
            /// Within the limits.
            ADMITTED,
            /// Over a limit; only exempt requests are served.
            HEALTH_CHECKS_ONLY,
            /// Over a limit, and so are too many others; refused at once.
            REFUSED
        }

        /// One connection, as the limits count it. It must be closed, whatever its entry is.
        final class Place implements AutoCloseable {
            private final InetAddress address;
            private final Entry entry;
            private final Runnable evict;

            /// Whether it was closed, or given to another connection. Guarded by the limits.
            private boolean left;

            private Place(InetAddress address, Entry entry, Runnable evict) {
                this.address = address;
                this.entry = entry;
                this.evict = evict;
            }

            Entry entry() {
                return entry;
            }

            /// The request has come: the place cannot be taken until the request has its response.
            ///
            /// @return false when it was taken already
            boolean requestBegun() {
                synchronized (ConnectionLimits.this) {
                    setUseless(false);
                    return !left;
                }
            }

            /// The response is being sent: from now on a newcomer may take the place.
            void requestEnded() {
                synchronized (ConnectionLimits.this) {
                    setUseless(true);
                }
            }

            private void setUseless(boolean now) {
                if (left || entry != Entry.ADMITTED) {
                    return;
                }
                byAddress.computeIfPresent(address, (_, here) -> {
                    for (var places : List.of(useless, here.useless)) {
                        var _ = now ? places.add(this) : places.remove(this);
                    }
                    return here;
                });
            }

            @Override
            public void close() {
                synchronized (ConnectionLimits.this) {
                    leave();
                }
            }

            private void leave() {
                setUseless(false);
                if (left) {
                    return;
                }
                left = true;
                if (entry != Entry.ADMITTED) {
                    overLimit--;
                    healthChecks -= entry == Entry.HEALTH_CHECKS_ONLY ? 1 : 0;
                    return;
                }
                admitted--;
                byAddress.computeIfPresent(address, (_, here) -> {
                    here.admitted--;
                    return here.admitted == 0 ? null : here;
                });
            }
        }

        /// What counts as one address of clients: of IPv6 the /64 network, since one machine may have all
        /// of its addresses.
        public static InetAddress addressToCount(InetAddress remote) {
            try {
                return remote instanceof Inet6Address
                        ? InetAddress.getByAddress(
                                Arrays.copyOf(Arrays.copyOf(remote.getAddress(), V6_NETWORK_BYTES), V6_BYTES))
                        : remote;
            } catch (UnknownHostException e) {
                throw new IllegalStateException(e);
            }
        }

        /// Counts a new connection.
        ///
        /// @param evict ends it because a newcomer took its place; called once at most, on any thread; must
        ///     not block
        Place opened(InetAddress remote, Runnable evict) {
            var address = addressToCount(remote);
            var loser = Optional.<Place>empty();
            Place place;
            synchronized (this) {
                loser = loser(address);
                loser.ifPresent(Place::leave);
                place = new Place(address, entry(address), evict);
                if (place.entry == Entry.ADMITTED) {
                    admitted++;
                    byAddress.computeIfAbsent(address, _ -> new AddressPlaces()).admitted++;
                    place.setUseless(true);
                } else {
                    overLimit++;
                }
            }
            loser.ifPresent(gone -> gone.evict.run());
            return place;
        }

        /// The connection that makes room for one more from this address, where that is needed and helps.
        private Optional<Place> loser(InetAddress address) {
            var here = byAddress.get(address);
            if (here != null && here.admitted >= perAddress) {
                return here.useless.stream().findFirst();
            }
            return admitted >= total ? useless.stream().findFirst() : Optional.empty();
        }

        private Entry entry(InetAddress address) {
            var here = byAddress.get(address);
            if (admitted < total && (here == null || here.admitted < perAddress)) {
                return Entry.ADMITTED;
            }
            if (healthChecks < MAX_HEALTH_CHECKS_AT_ONCE) {
                healthChecks++;
                return Entry.HEALTH_CHECKS_ONLY;
            }
            return Entry.REFUSED;
        }

        /// Whether a request is served although its connection is over a limit.
        boolean isExempt(RequestHead head) {
            return exempt.test(head);
        }

        /// The number of connections that make no room for others.
        synchronized int busy() {
            return admitted - useless.size();
        }

        /// Whether the port should accept no further connections for now, not even to refuse them.
        synchronized boolean isCrowded() {
            return admitted + overLimit - MAX_REFUSED_AT_ONCE >= total;
        }

        /// The number of files and sockets that this process may open.
        public static final class FileDescriptorLimit {
            /// Reserved for Redis, logs, jars and connections that are accepted only to be refused.
            private static final int RESERVE = 200;

            private static final int PER_SESSION = 2;
            private static final Path LIMITS = Path.of("/proc/self/limits");
            private static final Pattern OPEN_FILES = Pattern.compile("(?m)^Max open files +(\\d+|unlimited) ");

            private FileDescriptorLimit() {}

            /// The number of client connections for which the descriptors suffice, with one more for the
            /// other side of each relay; at least 1.
            public static int connections() {
                var most = most();
                return most.isPresent()
                        ? Math.clamp((most.getAsLong() - RESERVE) / PER_SESSION, 1, Integer.MAX_VALUE)
                        : Integer.MAX_VALUE;
            }

            /// The limit of this process; empty where there is none or it is unknown. Reads it from `/proc`
            /// on Linux, which is faster at start-up than the JVM's management beans.
            static OptionalLong most() {
                try {
                    var found = OPEN_FILES.matcher(Files.readString(LIMITS));
                    if (found.find()) {
                        return found.group(1).equals("unlimited")
                                ? OptionalLong.empty()
                                : OptionalLong.of(Long.parseLong(found.group(1)));
                    }
                } catch (IOException _) {
                    // Not Linux.
                }
                return ofJvm();
            }

            static OptionalLong ofJvm() {
                return ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean unix
                        ? OptionalLong.of(unix.getMaxFileDescriptorCount())
                        : OptionalLong.empty();
            }
        }
    }
}
