package dev.greenroom.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;

/// A TCP port on loopback behind which a Unix socket is, for clients that speak TCP only.
public final class UnixSocketBridge implements AutoCloseable {
    private final Path socket;
    private final ServerSocketChannel server;

    private UnixSocketBridge(Path socket, ServerSocketChannel server) {
        this.socket = socket;
        this.server = server;
    }

    public static UnixSocketBridge to(Path socket) throws IOException {
        var server = ServerSocketChannel.open().bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        var bridge = new UnixSocketBridge(socket, server);
        Thread.ofVirtual().name("bridge-accept").start(bridge::accept);
        return bridge;
    }

    public int port() throws IOException {
        return ((InetSocketAddress) server.getLocalAddress()).getPort();
    }

    private void accept() {
        try {
            while (server.isOpen()) {
                var client = server.accept();
                var target = SocketChannel.open(UnixDomainSocketAddress.of(socket));
                BytePump.join(client, target);
            }
        } catch (ClosedChannelException _) {
            // closed by us
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() throws IOException {
        server.close();
    }
}
