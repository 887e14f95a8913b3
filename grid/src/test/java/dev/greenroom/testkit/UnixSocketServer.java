package dev.greenroom.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;

/// A Unix socket behind which a server of this machine is that speaks TCP only.
public final class UnixSocketServer implements AutoCloseable {
    private final int port;
    private final Path folder;
    private final ServerSocketChannel server;

    private UnixSocketServer(int port, Path folder, ServerSocketChannel server) {
        this.port = port;
        this.folder = folder;
        this.server = server;
    }

    /// Listens in a folder of its own, which has a short path, as sockets need it.
    ///
    /// @param port of the server behind it
    public static UnixSocketServer before(int port) throws IOException {
        var folder = Files.createTempDirectory("gr-echo");
        var server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        server.bind(UnixDomainSocketAddress.of(folder.resolve("s")));
        var front = new UnixSocketServer(port, folder, server);
        Thread.ofVirtual().name("unix-accept").start(front::accept);
        return front;
    }

    /// Where it listens.
    public Path socket() {
        return folder.resolve("s");
    }

    private void accept() {
        try {
            while (server.isOpen()) {
                var near = server.accept();
                var far = SocketChannel.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
                BytePump.join(near, far);
            }
        } catch (ClosedChannelException _) {
            // Closed by us.
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() throws IOException {
        server.close();
        Files.deleteIfExists(socket());
        Files.deleteIfExists(folder);
    }
}
