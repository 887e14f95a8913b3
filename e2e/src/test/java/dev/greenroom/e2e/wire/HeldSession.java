package dev.greenroom.e2e.wire;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// A session whose client only holds it: it says nothing, answers pings, and notes how it ended.
public final class HeldSession implements AutoCloseable {
    private static final int OP_CLOSE = 0x8;
    private static final int OP_PING = 0x9;
    private static final int NO_CODE = 1005;
    private static final int LOST = 1006;
    private static final byte[] NORMAL_CLOSE = frame(OP_CLOSE, new byte[] {0x03, (byte) 0xE8});
    private static final Duration CLOSE_PATIENCE = Duration.ofSeconds(3);

    private final RawConnection connection;
    private final HttpAnswer answer;
    private final CompletableFuture<End> end = new CompletableFuture<>();

    /// How a session ended for its client.
    ///
    /// @param code of the close frame; 1005 for none in it, 1006 for no frame
    /// @param nanos when, by [System#nanoTime()]
    public record End(int code, String reason, long nanos) {}

    private HeldSession(RawConnection connection, HttpAnswer answer) {
        this.connection = connection;
        this.answer = answer;
    }

    /// Opens one.
    ///
    /// @throws AssertionError when the answer is not a 101
    public static HeldSession open(int port, String... headers) {
        var connection = RawConnection.open(port);
        connection.send(Http.upgrade(port, "/", headers.length == 0 ? new String[] {Http.PLAYWRIGHT} : headers));
        var answer = connection.readAnswer();
        if (answer.status() != 101) {
            connection.close();
            throw new AssertionError("no session: " + answer);
        }
        var session = new HeldSession(connection, answer);
        Thread.ofVirtual().name("held-session").start(session::read);
        return session;
    }

    /// The 101.
    public HttpAnswer answer() {
        return answer;
    }

    /// Its id, from the 101.
    public String id() {
        return answer.header("X-Request-Id").orElseThrow(() -> new AssertionError("a 101 without X-Request-Id"));
    }

    /// Whether nobody has ended it.
    public boolean isOpen() {
        return !end.isDone();
    }

    /// Waits for its end.
    ///
    /// @throws AssertionError when it still goes on then
    public End awaitEnd(Duration patience) {
        try {
            return end.get(patience.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException _) {
            throw new AssertionError("session " + id() + " goes on after " + patience);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }

    private void read() {
        try {
            connection.waitLong();
            while (!readFrame()) {
                // The next one.
            }
        } catch (IOException | UncheckedIOException e) {
            end.complete(new End(LOST, String.valueOf(e.getMessage()), System.nanoTime()));
        }
    }

    /// Whether it was the last one.
    private boolean readFrame() throws IOException {
        var opcode = connection.readByte() & 0x0F;
        var length = length(connection.readByte() & 0x7F);
        switch (opcode) {
            case OP_CLOSE -> {
                end.complete(close(connection.read((int) length)));
                return true;
            }
            case OP_PING -> connection.send(frame(0xA, connection.read((int) length)));
            default -> connection.skip(length);
        }
        return false;
    }

    private long length(int first) throws IOException {
        var bytes = switch (first) {
            case 126 -> 2;
            case 127 -> 8;
            default -> 0;
        };
        var length = bytes == 0 ? first : 0L;
        for (var n = 0; n < bytes; n++) {
            length = (length << 8) | connection.readByte();
        }
        return length;
    }

    private static End close(byte[] payload) {
        var now = System.nanoTime();
        if (payload.length < 2) {
            return new End(NO_CODE, "", now);
        }
        var code = ((payload[0] & 0xFF) << 8) | (payload[1] & 0xFF);
        return new End(code, new String(payload, 2, payload.length - 2, StandardCharsets.UTF_8), now);
    }

    /// Masked with zeros, which leaves the payload as it is.
    private static byte[] frame(int opcode, byte[] payload) {
        var frame = new byte[6 + payload.length];
        frame[0] = (byte) (0x80 | opcode);
        frame[1] = (byte) (0x80 | payload.length);
        System.arraycopy(payload, 0, frame, 6, payload.length);
        return frame;
    }

    /// Closes it as a client does, with 1000, and waits for the answer.
    public End leave() {
        if (isOpen()) {
            connection.send(NORMAL_CLOSE);
        }
        return awaitEnd(CLOSE_PATIENCE);
    }

    @Override
    public void close() {
        try (connection) {
            leave();
        }
    }
}
