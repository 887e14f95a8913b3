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
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// The best way of this machine to move bytes: epoll on Linux, kqueue on macOS, the JDK's own elsewhere.
///
/// @param kind whose system calls it makes
/// @param serverChannels for the address that is listened on
/// @param tcpChannels for the address that is dialled
/// @param userTimeout how long a peer may leave what was sent to it unacknowledged; Linux alone
public record Transport(
        TransportKind kind,
        Supplier<IoHandlerFactory> ioHandlers,
        Function<InetAddress, ? extends ServerChannel> serverChannels,
        Function<InetAddress, ? extends Channel> tcpChannels,
        ChannelFactory<? extends Channel> unixChannels,
        Function<Path, SocketAddress> unixAddress,
        Duration userTimeout) {
    /// How long a peer may leave what was sent to it unacknowledged (`TCP_USER_TIMEOUT`).
    private static final Duration USER_TIMEOUT = Duration.ofSeconds(30);

    /// Whose system calls a transport makes.
    public enum TransportKind {
        EPOLL,
        KQUEUE,
        NIO
    }

    /// For the log.
    public String name() {
        return kind.name().toLowerCase(Locale.ROOT);
    }

    /// After how much silence the kernel asks a peer whether it is there (`TCP_KEEPIDLE`). One that is gone
    /// without a word, while it waits for its answer, is noticed by this alone.
    Duration keepAliveIdle() {
        return atLeastASecond(userTimeout.dividedBy(2));
    }

    /// How often it asks again (`TCP_KEEPINTVL`); after [#userTimeout] without a word the peer counts as
    /// gone.
    Duration keepAliveInterval() {
        return atLeastASecond(userTimeout.dividedBy(6));
    }

    private static Duration atLeastASecond(Duration duration) {
        var shortest = Duration.ofSeconds(1);
        return duration.compareTo(shortest) < 0 ? shortest : duration;
    }

    /// The first that works here.
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

    /// An address of version 4 gets a socket of version 4, which takes the kernel less for each packet than
    /// one of both. So `0.0.0.0` means all addresses of version 4, and `::` means all of both.
    private static @Nullable SocketProtocolFamily family(InetAddress address) {
        return address instanceof Inet4Address ? SocketProtocolFamily.INET : null;
    }

    /// The address that means every address of this machine, of both versions where it has both.
    public static String everyAddress() {
        var linux = Files.isDirectory(Path.of("/proc/net"));
        return linux && !Files.exists(Path.of("/proc/net/if_inet6")) ? "0.0.0.0" : "::";
    }

    /// The same, with another `TCP_USER_TIMEOUT`.
    public Transport givingUpAfter(Duration unacknowledged) {
        return new Transport(kind, ioHandlers, serverChannels, tcpChannels, unixChannels, unixAddress, unacknowledged);
    }

    /// Starts event loops.
    ///
    /// @param threads at least 1; one per core is right for a relay
    public EventLoopGroup newLoops(String threadName, int threads) {
        return new MultiThreadIoEventLoopGroup(threads, new DefaultThreadFactory(threadName, true), ioHandlers.get());
    }

    boolean isEpoll() {
        return kind == TransportKind.EPOLL;
    }
}
