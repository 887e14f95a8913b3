package dev.greenroom.testkit;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/// A real WebSocket server that behaves as a test tells it to: one script per connection, each on a thread
/// of its own.
public final class FakeWorker implements AutoCloseable {
    private static final Pattern SPEAKS_CDP = Pattern.compile("(?im)^X-Greenroom-Cdp");
    private static final Pattern REQUEST_ID = Pattern.compile("(?im)^X-Request-Id: (\\S+)");
    private static final Pattern KEY = Pattern.compile("(?im)^sec-websocket-key: *(\\S+)");

    private final ServerSocket server;
    private final Script script;
    /// The first that nobody has taken; no more are kept, because some tests have tens of thousands of sessions.
    private final BlockingQueue<String> heads = new LinkedBlockingQueue<>(10_000);

    /// What the worker does with a connection whose head was read.
    @FunctionalInterface
    public interface Script {
        void play(Peer peer) throws IOException;
    }

    private FakeWorker(ServerSocket server, Script script) {
        this.server = server;
        this.script = script;
    }

    /// Listens on a free port of this machine.
    public static FakeWorker start(Script script) throws IOException {
        return start(InetAddress.getLoopbackAddress(), script);
    }

    /// The same at another address.
    public static FakeWorker start(InetAddress at, Script script) throws IOException {
        var worker = new FakeWorker(new ServerSocket(0, 100, at), script);
        Thread.ofVirtual().name("fake-worker").start(worker::accept);
        return worker;
    }

    /// Accepts the upgrade and sends every frame back, as a server does; answers a close with a close.
    public static Script echo() {
        return peer -> {
            peer.accept();
            while (true) {
                var frame = peer.readFrame();
                peer.send(RawClient.unmasked(frame.opcode(), frame.payload().getBytes(StandardCharsets.ISO_8859_1)));
                if (frame.opcode() == 8) {
                    return;
                }
            }
        };
    }

    private void accept() {
        while (!server.isClosed()) {
            try {
                var socket = server.accept();
                Thread.ofVirtual().name("fake-session").start(() -> serve(socket));
            } catch (IOException _) {
                return;
            }
        }
    }

    private void serve(Socket socket) {
        try (socket) {
            var peer = new Peer(socket);
            var _ = heads.offer(peer.head());
            script.play(peer);
        } catch (IOException _) {
            // The other side hung up, which ends every script.
        }
    }

    public int port() {
        return server.getLocalPort();
    }

    /// The next head that came in; waits up to 10 s.
    public String nextHead() throws InterruptedException {
        var head = heads.poll(10, TimeUnit.SECONDS);
        if (head == null) {
            throw new AssertionError("no connection reached the worker within 10 s");
        }
        return head;
    }

    /// How many heads came in that nobody has taken.
    public int headsWaiting() {
        return heads.size();
    }

    @Override
    public void close() throws IOException {
        server.close();
    }

    /// One connection, seen from the worker.
    public static final class Peer {
        private final Socket socket;
        private final DataInputStream in;
        private final String head;

        private Peer(Socket socket) throws IOException {
            this.socket = socket;
            this.in = new DataInputStream(socket.getInputStream());
            var text = new StringBuilder();
            while (text.indexOf("\r\n\r\n") < 0) {
                text.append((char) in.readUnsignedByte());
            }
            this.head = text.toString();
        }

        public String head() {
            return head;
        }

        public Socket socket() {
            return socket;
        }

        /// Answers 101 with the right accept, and as a worker that knows CDP.
        public void accept() throws IOException {
            accept(SPEAKS_CDP.matcher(head).find() ? "X-Greenroom-Cdp-Session: " + requestId() + "\r\n" : "");
        }

        private String requestId() {
            var id = REQUEST_ID.matcher(head);
            return id.find() ? id.group(1) : "";
        }

        /// The same with more lines, each ending in CR LF.
        public void accept(String moreLines) throws IOException {
            send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                    + "Sec-WebSocket-Accept: " + acceptKey() + "\r\n" + moreLines + "\r\n");
        }

        private String acceptKey() {
            var key = KEY.matcher(head);
            if (!key.find()) {
                throw new UncheckedIOException(new IOException("the head has no key: " + head));
            }
            try {
                var sha = MessageDigest.getInstance("SHA-1");
                return Base64.getEncoder()
                        .encodeToString(sha.digest((key.group(1) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")
                                .getBytes(StandardCharsets.US_ASCII)));
            } catch (NoSuchAlgorithmException e) {
                throw new IllegalStateException(e);
            }
        }

        public void send(String text) throws IOException {
            send(text.getBytes(StandardCharsets.ISO_8859_1));
        }

        public void send(byte[] bytes) throws IOException {
            socket.getOutputStream().write(bytes);
            socket.getOutputStream().flush();
        }

        /// Reads one frame.
        public RawClient.Frame readFrame() throws IOException {
            return RawClient.readFrame(in);
        }

        /// Reads until the other side closes.
        public void readToEnd() throws IOException {
            in.skipNBytes(Long.MAX_VALUE);
        }
    }
}
