package dev.greenroom.faults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.testkit.RawClient;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/// A client that has a session, and asks now and then whether it still has.
record FaultClient(RawClient raw) implements AutoCloseable {
    private static final int TEXT = 1;
    private static final int CLOSE = 8;
    private static final int PING = 9;
    private static final int PONG = 10;

    /// Connects.
    ///
    /// @throws AssertionError if it gets no session
    static FaultClient open(int port) throws IOException {
        var raw = RawClient.connect(port).send(RawClient.upgrade("/", ""));
        var head = raw.readHead();
        if (!head.startsWith("HTTP/1.1 101 ")) {
            var body = raw.readAll();
            raw.close();
            throw new AssertionError("no session: " + head + body);
        }
        return new FaultClient(raw);
    }

    /// The status that a connect gets; a session that comes of it is left at once.
    static int status(int port) throws IOException {
        try (var raw = RawClient.connect(port).send(RawClient.upgrade("/", ""))) {
            var status = Integer.parseInt(raw.readHead().split(" ", 3)[1]);
            if (status == 101) {
                new FaultClient(raw).leave();
            }
            return status;
        }
    }

    /// Asserts that the session goes on: what is sent comes back.
    void assertEchoes() throws IOException {
        raw.send(RawClient.masked(TEXT, "are you there?".getBytes(StandardCharsets.UTF_8)));
        var frame = next();
        assertThat(frame.opcode()).as("opcode of " + frame).isEqualTo(TEXT);
        assertThat(frame.payload()).isEqualTo("are you there?");
    }

    /// Waits for the close frame that ends the session.
    RawClient.Frame awaitClose() throws IOException {
        var frame = next();
        assertThat(frame.opcode()).as("opcode of " + frame).isEqualTo(CLOSE);
        return frame;
    }

    /// The next frame that is not a ping; those are answered.
    private RawClient.Frame next() throws IOException {
        var found = Optional.<RawClient.Frame>empty();
        while (found.isEmpty()) {
            var frame = raw.readFrame();
            if (frame.opcode() == PING) {
                raw.send(RawClient.masked(PONG, frame.payload().getBytes(StandardCharsets.ISO_8859_1)));
            } else if (frame.opcode() != PONG) {
                found = Optional.of(frame);
            }
        }
        return found.get();
    }

    /// Says goodbye and waits for the answer.
    void leave() throws IOException {
        raw.send(RawClient.masked(CLOSE, RawClient.close(1000, "")));
        awaitClose();
        close();
    }

    @Override
    public void close() throws IOException {
        raw.close();
    }
}
