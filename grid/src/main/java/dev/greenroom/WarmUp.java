package dev.greenroom;

import dev.greenroom.config.ProxySections;
import dev.greenroom.proxy.ProxyServer;
import dev.greenroom.registry.Heartbeat;
import dev.greenroom.registry.RegistryLimits;
import dev.greenroom.registry.WorkerStatus;
import dev.greenroom.registry.memory.MemoryRegistry;
import dev.greenroom.session.Browser;
import dev.greenroom.session.Endpoint;
import dev.greenroom.session.VersionOffer;
import dev.greenroom.session.WorkerId;
import dev.greenroom.wire.Answer;
import dev.greenroom.wire.UpgradeRequest;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.regex.Pattern;

/// Sessions of our own through the real pipeline, on the loopback interface: a proxy that has never served is three
/// times
/// slower than one that has. Nothing of it is seen from outside.
final class WarmUp {
    private static final Duration LONG = Duration.ofDays(1);
    private static final Pattern KEY = Pattern.compile("(?im)^sec-websocket-key: *(\\S+)");
    private static final String CLIENT_KEY = "Z3JlZW5yb29tLXdhcm11cA==";
    private static final int FRAME_BYTES = 126;
    private static final int MASK_BYTES = 4;
    private static final int HEADER_BYTES = 4;

    private final Grounds grounds;
    private final ProxySections settings;

    /// @param settings of the proxy; its address and port are not used
    WarmUp(Grounds grounds, ProxySections settings) {
        this.grounds = grounds;
        this.settings = settings;
    }

    /// Runs sessions one after the other. Blocks.
    ///
    /// @param sessions how many at the most
    /// @param frames messages there and back in each
    /// @param atMost when to stop anyway
    void run(int sessions, int frames, Duration atMost) throws IOException, InterruptedException {
        var deadline = System.nanoTime() + atMost.toNanos();
        var limits = new RegistryLimits(sessions, Integer.MAX_VALUE, LONG, LONG);
        try (var echo = new ServerSocket(0, sessions, InetAddress.getLoopbackAddress());
                var registry = new MemoryRegistry(limits, InstantSource.system(), System::nanoTime);
                var proxy = new ProxyServer(
                        settings.onLoopback(),
                        registry,
                        grounds.ids(),
                        new ProxyServer.Surroundings(grounds.transport(), grounds.loops(), System::nanoTime))) {
            Thread.ofVirtual().name("warm-up-echo").start(() -> echo(echo));
            registry.heartbeat(worker(echo.getLocalPort(), sessions));
            var port = proxy.start(connection -> connection.answer(Answer.empty(404)));
            for (var i = 0; i < sessions && System.nanoTime() < deadline; i++) {
                session(port, frames);
            }
        }
    }

    private static Heartbeat worker(int port, int cap) {
        return new Heartbeat(
                new WorkerId(Browser.CHROMIUM, "warm-up"),
                "warm-up",
                new Endpoint("127.0.0.1", port, "/warm-up"),
                WorkerStatus.AVAILABLE,
                InstantSource.system().instant(),
                new VersionOffer.Any(),
                cap,
                LONG,
                LONG.multipliedBy(2),
                Grounds.software());
    }

    private static void session(int port, int frames) throws IOException {
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setTcpNoDelay(true);
            var in = new DataInputStream(socket.getInputStream());
            send(
                    socket,
                    "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                            + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + CLIENT_KEY + "\r\n\r\n");
            head(in);
            var masked = frame(true);
            for (var i = 0; i < frames; i++) {
                socket.getOutputStream().write(masked);
                in.skipNBytes(frame(false).length);
            }
            socket.getOutputStream().write(new byte[] {(byte) 0x88, (byte) 0x80, 0, 0, 0, 0});
            in.skipNBytes(2);
        }
    }

    private static void echo(ServerSocket server) {
        while (!server.isClosed()) {
            try (var socket = server.accept()) {
                socket.setTcpNoDelay(true);
                var in = new DataInputStream(socket.getInputStream());
                var key = KEY.matcher(head(in));
                var accept = key.find() ? new UpgradeRequest(key.group(1), Optional.empty()).accept() : "";
                send(
                        socket,
                        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                                + "Sec-WebSocket-Accept: " + accept + "\r\n\r\n");
                for (var opcode = in.readUnsignedByte(); opcode != 0x88; opcode = in.readUnsignedByte()) {
                    in.skipNBytes(frame(true).length - 1);
                    socket.getOutputStream().write(frame(false));
                }
                in.skipNBytes(1 + MASK_BYTES);
                socket.getOutputStream().write(new byte[] {(byte) 0x88, 0});
            } catch (IOException _) {
                // A session of ours is over; the next one is accepted, if there is one.
            }
        }
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

    private static void send(Socket socket, String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
    }
}
