package dev.greenroom.testkit;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;

/// A Unix socket behind which a server of this machine is that speaks TCP only.
public final class UnixSocketServer implements AutoCloseable {
    private final Path folder;
    private final ServerSocketChannel server;

    private UnixSocketServer(Path folder, ServerSocketChannel server) {
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
        BytePump.joinAll(
                server, () -> SocketChannel.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), port)));
        return new UnixSocketServer(folder, server);
    }

    /// Where it listens.
    public Path socket() {
        return folder.resolve("s");
    }

    @Override
    public void close() throws IOException {
        server.close();
        Files.deleteIfExists(socket());
        Files.deleteIfExists(folder);
    }
}
