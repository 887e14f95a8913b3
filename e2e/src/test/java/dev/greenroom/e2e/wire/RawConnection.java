package dev.greenroom.e2e.wire;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// A TCP connection to a port of this machine. Reading is for one thread.
final class RawConnection implements AutoCloseable {
    private static final int READ_MILLIS = 20_000;
    private static final int MOST_HEAD_BYTES = 65_536;

    private final Socket socket;
    private final InputStream in;
    private long sentNanos = System.nanoTime();

    private RawConnection(Socket socket) throws IOException {
        this.socket = socket;
        this.in = new BufferedInputStream(socket.getInputStream());
    }

    static RawConnection open(int port) {
        try {
            var socket = new Socket(InetAddress.getLoopbackAddress(), port);
            socket.setTcpNoDelay(true);
            socket.setSoTimeout(READ_MILLIS);
            return new RawConnection(socket);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    void send(String text) {
        send(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    void send(byte[] bytes) {
        try {
            sentNanos = System.nanoTime();
            socket.getOutputStream().write(bytes);
            socket.getOutputStream().flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Reads with as much patience as a connection needs that may be silent.
    void waitLong() throws IOException {
        socket.setSoTimeout(0);
    }

    HttpAnswer readAnswer() {
        try {
            var lines = head().split("\r\n", -1);
            var first = lines[0].split(" ", 3);
            var headers = headers(lines);
            var status = Integer.parseInt(first[1]);
            var body = status == 101 ? "" : body(headers, status);
            var took = Duration.ofNanos(System.nanoTime() - sentNanos);
            return new HttpAnswer(status, first.length > 2 ? first[2] : "", headers, body, took);
        } catch (IOException e) {
            throw new UncheckedIOException("no whole answer", e);
        }
    }

    private String head() throws IOException {
        var head = new StringBuilder();
        while (head.length() < 4 || !head.substring(head.length() - 4).equals("\r\n\r\n")) {
            head.append((char) readByte());
            if (head.length() > MOST_HEAD_BYTES) {
                throw new IOException("a head without an end");
            }
        }
        return head.substring(0, head.length() - 4);
    }

    private static Map<String, List<String>> headers(String[] lines) {
        var headers = new LinkedHashMap<String, List<String>>();
        for (var n = 1; n < lines.length; n++) {
            var colon = lines[n].indexOf(':');
            headers.computeIfAbsent(lines[n].substring(0, colon).toLowerCase(Locale.ROOT), _ -> new ArrayList<>())
                    .add(lines[n].substring(colon + 1).strip());
        }
        return headers;
    }

    private String body(Map<String, List<String>> headers, int status) throws IOException {
        if (status == 204 || status == 304) {
            return "";
        }
        var length = headers.get("content-length");
        var bytes = length == null ? in.readAllBytes() : read(Integer.parseInt(length.getFirst()));
        return new String(bytes, StandardCharsets.UTF_8);
    }

    int readByte() throws IOException {
        var value = in.read();
        if (value < 0) {
            throw new EOFException("the connection was closed");
        }
        return value;
    }

    byte[] read(int count) throws IOException {
        var bytes = in.readNBytes(count);
        if (bytes.length < count) {
            throw new EOFException("the connection was closed after " + bytes.length + " of " + count + " bytes");
        }
        return bytes;
    }

    /// Skips what a peer sends, without keeping it.
    void skip(long count) throws IOException {
        in.skipNBytes(count);
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
