package dev.greenroom;

import dev.greenroom.wire.UpgradeRequest;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Pattern;

/// Both ends of the sessions of a warm-up: what stands in for whatever is behind a pipeline, and the client. It takes
/// upgrades one after the other, and answers each frame with one as long.
final class EchoPeer implements AutoCloseable {
    private static final int BACKLOG = 64;
    private static final int FRAMES = 20;
    private static final int PATIENCE_MILLIS = 1_000;
    private static final Pattern KEY = Pattern.compile("(?im)^sec-websocket-key: *(\\S+)");
    private static final String CLIENT_KEY = "Z3JlZW5yb29tLXdhcm11cA==";
    private static final int FRAME_BYTES = 126;
    private static final int MASK_BYTES = 4;
    private static final int HEADER_BYTES = 4;
    private static final int OPCODE_AND_FIN_OF_CLOSE = 0x88;

    private final ServerSocketChannel server;
    private final Optional<Path> socket;

    private EchoPeer(ServerSocketChannel server, Optional<Path> socket) {
        this.server = server;
        this.socket = socket;
    }

    /// On a free port of the loopback interface.
    static EchoPeer onLoopback() throws IOException {
        var server = ServerSocketChannel.open();
        return begun(
                new EchoPeer(server, Optional.empty()),
                () -> server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), BACKLOG));
    }

    /// On a Unix socket, which is removed with it.
    static EchoPeer at(Path socket) throws IOException {
        var server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        return begun(
                new EchoPeer(server, Optional.of(socket)),
                () -> server.bind(UnixDomainSocketAddress.of(socket), BACKLOG));
    }

    /// Binds a server.
    private interface Bind {
        ServerSocketChannel bind() throws IOException;
    }

    private static EchoPeer begun(EchoPeer peer, Bind bind) throws IOException {
        try {
            bind.bind();
        } catch (IOException e) {
            peer.close();
            throw e;
        }
        Thread.ofVirtual().name("warm-up-echo").start(peer::serve);
        return peer;
    }

    /// Its port, where it has one.
    int port() throws IOException {
        return ((InetSocketAddress) server.getLocalAddress()).getPort();
    }

    private void serve() {
        while (server.isOpen()) {
            try (var connection = server.accept()) {
                echo(buffered(Channels.newInputStream(connection)), Channels.newOutputStream(connection));
            } catch (IOException _) {
                // A session of ours is over; the next one is accepted, if there is one.
            }
        }
    }

    private static void echo(DataInputStream in, OutputStream out) throws IOException {
        var key = KEY.matcher(head(in));
        var accept = key.find() ? new UpgradeRequest(key.group(1), Optional.empty()).accept() : "";
        send(
                out,
                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                        + "Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover;"
                        + " server_no_context_takeover\r\nSec-WebSocket-Accept: " + accept + "\r\n\r\n");
        for (var opcode = in.readUnsignedByte(); opcode != OPCODE_AND_FIN_OF_CLOSE; opcode = in.readUnsignedByte()) {
            in.skipNBytes(frame(true).length - 1);
            out.write(frame(false));
        }
        in.skipNBytes(1 + MASK_BYTES);
        out.write(new byte[] {(byte) OPCODE_AND_FIN_OF_CLOSE, 0});
    }

    /// Runs one session as a stock client does, from its connection to its end.
    ///
    /// @param path what it asks for
    /// @param fields more lines of its head, each with its end
    static void visit(int port, String path, String fields) throws IOException {
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setTcpNoDelay(true);
            socket.setSoTimeout(PATIENCE_MILLIS);
            var in = buffered(socket.getInputStream());
            var out = socket.getOutputStream();
            send(
                    out,
                    "GET " + path + " HTTP/1.1\r\n" + fields + "x-playwright-proxy: \r\nSec-WebSocket-Version: 13\r\n"
                            + "Sec-WebSocket-Key: " + CLIENT_KEY + "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                            + "Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover;"
                            + " client_max_window_bits\r\nHost: localhost:" + port + "\r\n\r\n");
            var answer = head(in);
            while (answer.startsWith("HTTP/1.1 102")) {
                answer = head(in);
            }
            if (!answer.startsWith("HTTP/1.1 101")) {
                throw new IOException("a session of our own was answered "
                        + answer.lines().findFirst().orElse(""));
            }
            var masked = frame(true);
            for (var i = 0; i < FRAMES; i++) {
                out.write(masked);
                in.skipNBytes(frame(false).length);
            }
            out.write(new byte[] {(byte) OPCODE_AND_FIN_OF_CLOSE, (byte) 0x80, 0, 0, 0, 0});
            in.skipNBytes(2);
        }
    }

    private static DataInputStream buffered(InputStream in) {
        return new DataInputStream(new BufferedInputStream(in));
    }

    private static byte[] frame(boolean masked) {
        var frame = new byte[HEADER_BYTES + (masked ? MASK_BYTES : 0) + FRAME_BYTES];
        frame[0] = (byte) 0x81;
        frame[1] = (byte) ((masked ? 0x80 : 0) | 126);
        frame[3] = FRAME_BYTES;
        return frame;
    }

    private static String head(DataInputStream in) throws IOException {
        var head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            head.append((char) in.readUnsignedByte());
        }
        return head.toString();
    }

    private static void send(OutputStream out, String text) throws IOException {
        out.write(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    @Override
    public void close() {
        try {
            server.close();
            if (socket.isPresent()) {
                Files.deleteIfExists(socket.get());
            }
        } catch (IOException _) {
            // Nobody connects to it any more either way.
        }
    }
}
