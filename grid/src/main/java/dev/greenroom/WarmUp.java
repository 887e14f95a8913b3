package dev.greenroom;

import dev.greenroom.config.ProxySections;
import dev.greenroom.proxy.ProxyServer;
import dev.greenroom.proxy.ending.SessionLog;
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
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Sessions of our own through the real pipeline, on the loopback interface: a proxy that has never served is three
/// times slower than one that has. Nothing of it is seen from outside.
final class WarmUp implements AutoCloseable {
    /// How much later a start is ready for it, at the most.
    static final Duration BEFORE_READY = Duration.ofMillis(100);

    private static final Logger LOG = LoggerFactory.getLogger(WarmUp.class);
    private static final int SESSIONS = 300;
    private static final int FRAMES = 20;
    private static final int PATIENCE_MILLIS = 1_000;
    private static final Duration LONG = Duration.ofDays(1);
    private static final Pattern KEY = Pattern.compile("(?im)^sec-websocket-key: *(\\S+)");
    private static final String CLIENT_KEY = "Z3JlZW5yb29tLXdhcm11cA==";
    private static final int FRAME_BYTES = 126;
    private static final int MASK_BYTES = 4;
    private static final int HEADER_BYTES = 4;

    private final Grounds grounds;
    private final ProxySections settings;
    private final Thread thread = Thread.ofPlatform().daemon().name("warm-up").unstarted(this::run);

    private WarmUp(Grounds grounds, ProxySections settings) {
        this.grounds = grounds;
        this.settings = settings;
    }

    /// Begins to run sessions one after the other, for [#BEFORE_READY] or until the first is over, while the
    /// caller does something else. Whoever reads debug lines would take them for sessions of clients, so there are
    /// none then. A warm-up that fails delays nothing.
    ///
    /// @param settings of the proxy; its address and port are not used
    static WarmUp begin(Grounds grounds, ProxySections settings) {
        var warmUp = new WarmUp(grounds, settings);
        if (!LOG.isDebugEnabled()) {
            warmUp.thread.start();
        }
        return warmUp;
    }

    /// Waits until it is over.
    void await() throws InterruptedException {
        thread.join();
    }

    /// Ends it, if it still goes on.
    @Override
    public void close() {
        thread.interrupt();
    }

    private void run() {
        try {
            run(System.nanoTime() + BEFORE_READY.toNanos());
        } catch (IOException e) {
            LOG.atInfo()
                    .addKeyValue("code", "NOT_WARMED_UP")
                    .addKeyValue("cause", e.getMessage())
                    .log("The first sessions will take longer to begin");
        } catch (InterruptedException _) {
            // Nobody waits for it any more.
        }
    }

    private void run(long deadline) throws IOException, InterruptedException {
        var limits = new RegistryLimits(SESSIONS, Integer.MAX_VALUE, LONG, LONG);
        try (var echo = new ServerSocket(0, SESSIONS, InetAddress.getLoopbackAddress());
                var registry = new MemoryRegistry(limits, InstantSource.system(), System::nanoTime);
                var proxy = new ProxyServer(
                        settings.onLoopback(),
                        registry,
                        grounds.ids(),
                        new ProxyServer.Surroundings(grounds.transport(), grounds.loops(), System::nanoTime),
                        SessionLog.SILENT)) {
            Thread.ofVirtual().name("warm-up-echo").start(() -> echo(echo));
            registry.heartbeat(worker(echo.getLocalPort()));
            var port = proxy.start(connection -> connection.answer(Answer.empty(404)));
            var done = 0;
            do {
                session(port);
                done++;
            } while (done < SESSIONS && System.nanoTime() < deadline);
        }
    }

    private static Heartbeat worker(int port) {
        return new Heartbeat(
                new WorkerId(Browser.CHROMIUM, "warm-up"),
                "warm-up",
                new Endpoint("127.0.0.1", port, "/warm-up"),
                WorkerStatus.AVAILABLE,
                InstantSource.system().instant(),
                new VersionOffer.Any(),
                SESSIONS,
                LONG,
                LONG.multipliedBy(2),
                Grounds.software());
    }

    private static void session(int port) throws IOException {
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setTcpNoDelay(true);
            socket.setSoTimeout(PATIENCE_MILLIS);
            var in = new DataInputStream(socket.getInputStream());
            send(
                    socket,
                    "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                            + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + CLIENT_KEY + "\r\n\r\n");
            head(in);
            var masked = frame(true);
            for (var i = 0; i < FRAMES; i++) {
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
