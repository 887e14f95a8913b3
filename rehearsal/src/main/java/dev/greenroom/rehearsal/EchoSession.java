package dev.greenroom.rehearsal;

import dev.greenroom.net.http.UpgradeRequest;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.regex.Pattern;

/// Both ends of a rehearsed session: a client that sends frames, and a browser that echoes them.
final class EchoSession {
    private static final int FRAMES = 20;
    private static final int TIMEOUT_MILLIS = 10_000;
    private static final Pattern KEY = Pattern.compile("(?im)^sec-websocket-key: *(\\S+)");
    private static final String CLIENT_KEY = "Z3JlZW5yb29tLXdhcm11cA==";
    private static final int PAYLOAD_BYTES = 126;
    private static final int MASK_BYTES = 4;
    private static final int HEADER_BYTES = 4;
    private static final int FINAL_CLOSE = 0x88;

    private EchoSession() {}

    /// Accepts one upgrade, then answers each frame with a frame of the same length until the close
    /// frame.
    static void serve(InputStream from, OutputStream out) throws IOException {
        var in = new DataInputStream(new BufferedInputStream(from));
        var key = KEY.matcher(readHead(in));
        var accept = key.find() ? new UpgradeRequest(key.group(1), Optional.empty()).accept() : "";
        send(
                out,
                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                        + "Sec-WebSocket-Accept: " + accept + "\r\n\r\n");
        for (var first = in.readUnsignedByte(); first != FINAL_CLOSE; first = in.readUnsignedByte()) {
            in.skipNBytes(frame(true).length - 1);
            out.write(frame(false));
        }
        in.skipNBytes(1 + MASK_BYTES);
        out.write(new byte[] {(byte) FINAL_CLOSE, 0});
    }

    /// Runs one session as a Playwright client does, from connect to close.
    ///
    /// @param port of a proxy on loopback
    static void run(int port) throws IOException {
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setTcpNoDelay(true);
            socket.setSoTimeout(TIMEOUT_MILLIS);
            var in = new DataInputStream(new BufferedInputStream(socket.getInputStream()));
            var out = socket.getOutputStream();
            send(
                    out,
                    "GET / HTTP/1.1\r\nUser-Agent: Playwright/1.0.0 (x64; debian 12) node/24.0\r\n"
                            + "x-playwright-browser: chromium\r\nx-playwright-proxy: \r\nSec-WebSocket-Version: 13\r\n"
                            + "Sec-WebSocket-Key: " + CLIENT_KEY + "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                            + "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n"
                            + "Host: localhost:" + port + "\r\n\r\n");
            var answer = readHead(in);
            if (!answer.startsWith("HTTP/1.1 101")) {
                throw new IOException("a session was answered with " + answer);
            }
            for (var i = 0; i < FRAMES; i++) {
                out.write(frame(true));
                in.skipNBytes(frame(false).length);
            }
            out.write(new byte[] {(byte) FINAL_CLOSE, (byte) 0x80, 0, 0, 0, 0});
            in.skipNBytes(2);
        }
    }

    private static byte[] frame(boolean masked) {
        var frame = new byte[HEADER_BYTES + (masked ? MASK_BYTES : 0) + PAYLOAD_BYTES];
        frame[0] = (byte) 0x81;
        frame[1] = (byte) ((masked ? 0x80 : 0) | 126);
        frame[3] = PAYLOAD_BYTES;
        return frame;
    }

    private static String readHead(DataInputStream in) throws IOException {
        var head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            head.append((char) in.readUnsignedByte());
        }
        return head.toString();
    }

    private static void send(OutputStream out, String text) throws IOException {
        out.write(text.getBytes(StandardCharsets.ISO_8859_1));
    }
}
