package dev.greenroom.testkit;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;

/// A client that speaks HTTP and WebSocket byte by byte, so that a test can also speak them badly. Every
/// read gives up after 10 s.
public final class RawClient implements AutoCloseable {
    /// The key of RFC 6455's example, and the accept that belongs to it.
    public static final String KEY = "dGhlIHNhbXBsZSBub25jZQ==";

    public static final String ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

    private static final String END = "\r\n\r\n";
    private static final int READ_TIMEOUT_MILLIS = 10_000;

    private final Socket socket;
    private final DataInputStream in;

    private RawClient(Socket socket) throws IOException {
        this.socket = socket;
        this.in = new DataInputStream(new BufferedInputStream(socket.getInputStream()));
    }

    /// Connects to a port of this machine.
    public static RawClient connect(int port) throws IOException {
        return connect(port, InetAddress.getLoopbackAddress());
    }

    /// The same from another of this machine's addresses.
    public static RawClient connect(int port, InetAddress from) throws IOException {
        var socket = new Socket(InetAddress.getLoopbackAddress(), port, from, 0);
        socket.setSoTimeout(READ_TIMEOUT_MILLIS);
        socket.setTcpNoDelay(true);
        return new RawClient(socket);
    }

    /// Connects to a port of this machine that speaks TLS, and has shaken hands.
    public static RawClient connect(int port, SSLContext tls) throws IOException {
        var socket = tls.getSocketFactory().createSocket(InetAddress.getLoopbackAddress(), port);
        socket.setSoTimeout(READ_TIMEOUT_MILLIS);
        socket.setTcpNoDelay(true);
        ((SSLSocket) socket).startHandshake();
        return new RawClient(socket);
    }

    /// The socket itself, for misbehaviour.
    public Socket socket() {
        return socket;
    }

    /// A well-formed upgrade; more lines may be added, each ending in CR LF.
    public static String upgrade(String target, String moreLines) {
        return "GET " + target + " HTTP/1.1\r\nHost: grid:8080\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                + "Sec-WebSocket-Key: " + KEY + "\r\nSec-WebSocket-Version: 13\r\n" + moreLines + "\r\n";
    }

    /// Sends text as ISO 8859-1.
    public RawClient send(String text) throws IOException {
        return send(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    /// Sends bytes.
    public RawClient send(byte[] bytes) throws IOException {
        socket.getOutputStream().write(bytes);
        socket.getOutputStream().flush();
        return this;
    }

    /// Reads up to and including the empty line.
    public String readHead() throws IOException {
        var head = new StringBuilder();
        while (head.length() < END.length() || head.indexOf(END, head.length() - END.length()) < 0) {
            head.append((char) in.readUnsignedByte());
        }
        return head.toString();
    }

    /// Reads until the other side closes.
    public String readAll() throws IOException {
        return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }

    /// What the server sends, for reading without limits.
    public InputStream in() {
        return in;
    }

    /// A frame as a client sends it, masked.
    public static byte[] masked(int opcode, byte[] payload) {
        byte[] mask = {0x12, 0x34, 0x56, 0x78};
        var header = header(opcode, payload.length, 0x80);
        var frame = Arrays.copyOf(header, header.length + 4 + payload.length);
        System.arraycopy(mask, 0, frame, header.length, 4);
        for (var i = 0; i < payload.length; i++) {
            frame[header.length + 4 + i] = (byte) (payload[i] ^ mask[i & 3]);
        }
        return frame;
    }

    /// A frame as a server sends it.
    public static byte[] unmasked(int opcode, byte[] payload) {
        var header = header(opcode, payload.length, 0);
        var frame = Arrays.copyOf(header, header.length + payload.length);
        System.arraycopy(payload, 0, frame, header.length, payload.length);
        return frame;
    }

    private static byte[] header(int opcode, int length, int mask) {
        var first = (byte) (0x80 | opcode);
        if (length < 126) {
            return new byte[] {first, (byte) (mask | length)};
        }
        if (length < 65_536) {
            return new byte[] {first, (byte) (mask | 126), (byte) (length >> 8), (byte) length};
        }
        var longer = new byte[10];
        longer[0] = first;
        longer[1] = (byte) (mask | 127);
        for (var i = 0; i < 4; i++) {
            longer[9 - i] = (byte) (length >> (8 * i));
        }
        return longer;
    }

    /// A close payload.
    public static byte[] close(int code, String reason) {
        var text = reason.getBytes(StandardCharsets.UTF_8);
        var payload = new byte[2 + text.length];
        payload[0] = (byte) (code >> 8);
        payload[1] = (byte) code;
        System.arraycopy(text, 0, payload, 2, text.length);
        return payload;
    }

    /// A frame that was read.
    public record Frame(int opcode, String payload) {
        /// The code of a close frame; 1005 when it has none.
        public int closeCode() {
            return payload.length() < 2 ? 1005 : (payload.charAt(0) << 8) | payload.charAt(1);
        }

        /// The reason of a close frame.
        public String closeReason() {
            return payload.length() < 2 ? "" : payload.substring(2);
        }
    }

    /// Reads one frame, masked or not.
    public Frame readFrame() throws IOException {
        return readFrame(in);
    }

    static Frame readFrame(DataInputStream in) throws IOException {
        var opcode = in.readUnsignedByte() & 0x0F;
        var second = in.readUnsignedByte();
        var length = second & 0x7F;
        if (length == 126) {
            length = in.readUnsignedShort();
        } else if (length == 127) {
            length = Math.toIntExact(in.readLong());
        }
        var mask = new byte[4];
        if ((second & 0x80) != 0) {
            in.readFully(mask);
        }
        var payload = in.readNBytes(length);
        for (var i = 0; i < payload.length; i++) {
            payload[i] ^= mask[i & 3];
        }
        return new Frame(opcode, new String(payload, StandardCharsets.ISO_8859_1));
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
