package dev.greenroom.net.server;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFactory;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.kqueue.KQueue;
import io.netty.channel.kqueue.KQueueDomainSocketChannel;
import io.netty.channel.kqueue.KQueueIoHandler;
import io.netty.channel.kqueue.KQueueServerSocketChannel;
import io.netty.channel.kqueue.KQueueSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketProtocolFamily;
import io.netty.channel.socket.nio.NioDomainSocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.EventExecutor;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/// The Netty transport of this machine: epoll on Linux, kqueue on macOS, the JDK's NIO elsewhere.
///
/// @param kind the system interface that it uses
/// @param serverChannels creates a listening channel for an address
/// @param tcpChannels creates a client channel for an address
/// @param userTimeout how long sent data may stay unacknowledged (`TCP_USER_TIMEOUT`); Linux only
public record Transport(
        TransportKind kind,
        Supplier<IoHandlerFactory> ioHandlers,
        Function<InetAddress, ? extends ServerChannel> serverChannels,
        Function<InetAddress, ? extends Channel> tcpChannels,
        ChannelFactory<? extends Channel> unixChannels,
        Function<Path, SocketAddress> unixAddress,
        Duration userTimeout) {
    /// How long sent data may stay unacknowledged before the connection is dropped (`TCP_USER_TIMEOUT`).
    private static final Duration USER_TIMEOUT = Duration.ofSeconds(30);

    /// The system interface that a transport uses.
    public enum TransportKind {
        EPOLL,
        KQUEUE,
        NIO
    }

    /// For the log.
    public String name() {
        return kind.name().toLowerCase(Locale.ROOT);
    }

    /// Idle time before the first keep-alive probe (`TCP_KEEPIDLE`). The only way to detect a client that
    /// disappeared while it waits for its response.
    Duration keepAliveIdle() {
        return atLeastASecond(userTimeout.dividedBy(2));
    }

    /// Time between keep-alive probes (`TCP_KEEPINTVL`). After [#userTimeout] without a reply the
    /// connection is dropped.
    Duration keepAliveInterval() {
        return atLeastASecond(userTimeout.dividedBy(6));
    }

    private static Duration atLeastASecond(Duration duration) {
        var shortest = Duration.ofSeconds(1);
        return duration.compareTo(shortest) < 0 ? shortest : duration;
    }

    /// The best transport that works on this machine.
    public static Transport best() {
        if (Epoll.isAvailable()) {
            return new Transport(
                    TransportKind.EPOLL,
                    EpollIoHandler::newFactory,
                    address -> new EpollServerSocketChannel(family(address)),
                    address -> new EpollSocketChannel(family(address)),
                    EpollDomainSocketChannel::new,
                    path -> new DomainSocketAddress(path.toFile()),
                    USER_TIMEOUT);
        }
        if (KQueue.isAvailable()) {
            return new Transport(
                    TransportKind.KQUEUE,
                    KQueueIoHandler::newFactory,
                    _ -> new KQueueServerSocketChannel(),
                    _ -> new KQueueSocketChannel(),
                    KQueueDomainSocketChannel::new,
                    path -> new DomainSocketAddress(path.toFile()),
                    USER_TIMEOUT);
        }
        return new Transport(
                TransportKind.NIO,
                NioIoHandler::newFactory,
                _ -> new NioServerSocketChannel(),
                _ -> new NioSocketChannel(),
                NioDomainSocketChannel::new,
                UnixDomainSocketAddress::of,
                USER_TIMEOUT);
    }

    /// An IPv4 address gets an IPv4 socket, which costs the kernel less per packet than a dual-stack one.
    /// So `0.0.0.0` means all IPv4 addresses, and `::` all addresses of both versions.
    private static @Nullable SocketProtocolFamily family(InetAddress address) {
        return address instanceof Inet4Address ? SocketProtocolFamily.INET : null;
    }

    /// The wildcard address of this machine: `::`, or `0.0.0.0` where IPv6 is disabled.
    public static String wildcardAddress() {
        var linux = Files.isDirectory(Path.of("/proc/net"));
        return linux && !Files.exists(Path.of("/proc/net/if_inet6")) ? "0.0.0.0" : "::";
    }

    /// A copy with another `TCP_USER_TIMEOUT`.
    public Transport withUserTimeout(Duration unacknowledged) {
        return new Transport(kind, ioHandlers, serverChannels, tcpChannels, unixChannels, unixAddress, unacknowledged);
    }

    /// Starts event loops on daemon threads.
    ///
    /// @param threads at least 1; one per core is right for a relay
    public EventLoopGroup newLoops(String threadName, int threads) {
        return new MultiThreadIoEventLoopGroup(threads, new DefaultThreadFactory(threadName, true), ioHandlers.get());
    }

    boolean isEpoll() {
        return kind == TransportKind.EPOLL;
    }

    /// Measures the scheduling delay of the event loops. Each loop runs a task ten times a second, and its
    /// delays are averaged, so that a single pause of the machine or of the garbage collector does not
    /// count as overload. Thread-safe.
    public static final class EventLoopLag implements AutoCloseable {
        private static final Duration INTERVAL = Duration.ofMillis(100);

        /// The weight of a new delay in the average is one over this.
        private static final int WEIGHT_DIVISOR = 4;

        private final LongSupplier nanoTime;
        private final List<Loop> loops;
        private volatile boolean closed;

        /// @param due when the loop's next task should run
        /// @param average delay in nanoseconds; written by the loop only
        private record Loop(EventExecutor executor, AtomicLong due, AtomicLong average) {}

        /// @param nanoTime a monotonic clock, as [System#nanoTime]
        public EventLoopLag(EventLoopGroup loops, LongSupplier nanoTime) {
            this.nanoTime = nanoTime;
            this.loops = StreamSupport.stream(loops.spliterator(), false)
                    .map(executor -> new Loop(executor, new AtomicLong(nanoTime.getAsLong()), new AtomicLong()))
                    .toList();
        }

        /// Starts measuring.
        public void start() {
            loops.forEach(this::schedule);
        }

        private void schedule(Loop loop) {
            if (closed) {
                return;
            }
            loop.due().set(nanoTime.getAsLong() + INTERVAL.toNanos());
            loop.executor()
                    .schedule(
                            () -> {
                                loop.average().set(averaged(loop, delay(loop)));
                                schedule(loop);
                            },
                            INTERVAL.toMillis(),
                            TimeUnit.MILLISECONDS);
        }

        private long delay(Loop loop) {
            return Math.max(0, nanoTime.getAsLong() - loop.due().get());
        }

        private static long averaged(Loop loop, long delay) {
            var before = loop.average().get();
            return before + ((delay - before) / WEIGHT_DIVISOR);
        }

        /// The largest average delay of any event loop. A task that is overdue counts as if it ran now.
        public Duration current() {
            return Duration.ofNanos(loops.stream()
                    .mapToLong(loop -> Math.max(loop.average().get(), averaged(loop, delay(loop))))
                    .max()
                    .orElse(0));
        }

        /// Stops measuring.
        @Override
        public void close() {
            closed = true;
        }
    }
}
