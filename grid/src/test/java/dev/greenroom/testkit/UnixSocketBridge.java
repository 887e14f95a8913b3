package dev.greenroom.testkit;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;

/// A TCP port on loopback behind which a Unix socket is, for clients that speak TCP only.
public final class UnixSocketBridge implements AutoCloseable {
    private final ServerSocketChannel server;

    private UnixSocketBridge(ServerSocketChannel server) {
        this.server = server;
    }

    public static UnixSocketBridge to(Path socket) throws IOException {
        var server = ServerSocketChannel.open().bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        BytePump.joinAll(server, () -> SocketChannel.open(UnixDomainSocketAddress.of(socket)));
        return new UnixSocketBridge(server);
    }

    public int port() throws IOException {
        return ((InetSocketAddress) server.getLocalAddress()).getPort();
    }

    @Override
    public void close() throws IOException {
        server.close();
    }
}
