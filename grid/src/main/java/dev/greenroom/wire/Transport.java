package dev.greenroom.wire;

import io.netty.channel.Channel;
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
import io.netty.channel.socket.nio.NioDomainSocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
import java.util.function.Function;
import java.util.function.Supplier;

/// The best way of this machine to move bytes: epoll on Linux, kqueue on macOS, the JDK's own elsewhere.
///
/// @param name for the log
public record Transport(
        String name,
        Supplier<IoHandlerFactory> ioHandlers,
        Class<? extends ServerChannel> serverChannel,
        Class<? extends Channel> tcpChannel,
        Class<? extends Channel> unixChannel,
        Function<Path, SocketAddress> unixAddress) {

    /// The first that works here.
    public static Transport best() {
        if (Epoll.isAvailable()) {
            return new Transport(
                    "epoll",
                    EpollIoHandler::newFactory,
                    EpollServerSocketChannel.class,
                    EpollSocketChannel.class,
                    EpollDomainSocketChannel.class,
                    path -> new DomainSocketAddress(path.toFile()));
        }
        if (KQueue.isAvailable()) {
            return new Transport(
                    "kqueue",
                    KQueueIoHandler::newFactory,
                    KQueueServerSocketChannel.class,
                    KQueueSocketChannel.class,
                    KQueueDomainSocketChannel.class,
                    path -> new DomainSocketAddress(path.toFile()));
        }
        return new Transport(
                "nio",
                NioIoHandler::newFactory,
                NioServerSocketChannel.class,
                NioSocketChannel.class,
                NioDomainSocketChannel.class,
                UnixDomainSocketAddress::of);
    }

    /// Starts event loops.
    ///
    /// @param threads at least 1; one per core is right for a relay
    public EventLoopGroup newLoops(String threadName, int threads) {
        return new MultiThreadIoEventLoopGroup(threads, new DefaultThreadFactory(threadName, true), ioHandlers.get());
    }

    boolean isEpoll() {
        return name.equals("epoll");
    }
}
