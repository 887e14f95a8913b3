package dev.greenroom.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ByteChannel;
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
                Thread.ofVirtual().start(() -> copy(client, target));
                Thread.ofVirtual().start(() -> copy(target, client));
            }
        } catch (ClosedChannelException _) {
            // closed by us
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void copy(ByteChannel from, ByteChannel to) {
        var buffer = ByteBuffer.allocate(64 * 1024);
        try (from;
                to) {
            while (from.read(buffer) >= 0) {
                buffer.flip();
                while (buffer.hasRemaining()) {
                    to.write(buffer);
                }
                buffer.clear();
            }
        } catch (IOException _) {
            // One side is gone, and now both are.
        }
    }

    @Override
    public void close() throws IOException {
        server.close();
    }
}
