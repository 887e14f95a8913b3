package dev.greenroom.session;

import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A question of a proxy to the worker that serves a session, as a `GET` below the path of the worker's run:
/// `<path>/sessions/<id>/<what>`.
///
/// @param what is asked, such as `pages`
public record SessionCall(SessionId session, String what) {
    /// Comes behind the path of the run.
    public static final String PATH = "/sessions";

    /// The handshake header that says whether people may look at a session, from a proxy to a worker.
    public static final String VIEW_HEADER = "X-Greenroom-View";

    /// Forbids it.
    public static final String VIEW_OFF = "off";

    /// Asks workers.
    @FunctionalInterface
    public interface SessionCaller {
        /// Asks a worker; blocks until its answer begins.
        ///
        /// @param registered the worker's address in the registry
        /// @param query begins with a question mark, or is empty
        /// @return closed by the caller
        /// @throws IOException if it does not answer, or is not trusted
        CallAnswer ask(WorkerId worker, WorkerEndpoint registered, SessionCall call, String query)
                throws IOException, InterruptedException;
    }

    /// The answer of a worker.
    ///
    /// @param body fails when the worker says nothing for some seconds
    public record CallAnswer(int status, InputStream body) implements AutoCloseable {
        @Override
        public void close() {
            try {
                body.close();
            } catch (IOException _) {
                // The connection is gone, as it should be.
            }
        }
    }

    private static final Pattern SHAPE = Pattern.compile(PATH + "/([^/?]{1,64})/([a-z]{1,20})");

    /// Reads what comes behind the path of the run.
    public static Optional<SessionCall> of(String path) {
        return Optional.of(SHAPE.matcher(path))
                .filter(Matcher::matches)
                .flatMap(call -> SessionId.of(call.group(1)).map(id -> new SessionCall(id, call.group(2))));
    }

    /// What comes behind the path of the run.
    public String path() {
        return PATH + "/" + session + "/" + what;
    }

    /// Whether people may look at a session with this [#VIEW_HEADER].
    public static boolean isViewable(Optional<String> header) {
        return header.filter(VIEW_OFF::equals).isEmpty();
    }

    /// One frame of what a worker sends to a proxy of the pages of a session: a letter, the length in four bytes,
    /// and the content.
    public static final class ViewFrame {
        /// The most bytes of a frame.
        private static final int MAX_BYTES = 8 << 20;

        private final FrameKind kind;
        private final byte[] content;

        /// What a frame says.
        public enum FrameKind {
            /// A picture of the page, as a JPEG.
            PICTURE('P'),
            /// There is no such page.
            NO_PAGE('N'),
            /// There is a page, and no picture of it yet.
            NO_PICTURE('W'),
            /// The last frame, with a reason in UTF-8.
            ENDED('E');

            private final char letter;

            FrameKind(char letter) {
                this.letter = letter;
            }
        }

        public ViewFrame(FrameKind kind, byte[] content) {
            this.kind = kind;
            this.content = content.clone();
        }

        /// The last frame.
        public static ViewFrame ended(String why) {
            return new ViewFrame(FrameKind.ENDED, why.getBytes(StandardCharsets.UTF_8));
        }

        /// A frame that says all with its kind.
        public static ViewFrame of(FrameKind kind) {
            return new ViewFrame(kind, new byte[0]);
        }

        public FrameKind kind() {
            return kind;
        }

        public byte[] content() {
            return content.clone();
        }

        /// The bytes to send.
        public byte[] encode() {
            return ByteBuffer.allocate(1 + Integer.BYTES + content.length)
                    .put((byte) kind.letter)
                    .putInt(content.length)
                    .put(content)
                    .array();
        }

        /// Reads the next frame; empty at the end. Blocks.
        ///
        /// @throws IOException if the stream breaks, or holds no frame
        public static Optional<ViewFrame> read(InputStream stream) throws IOException {
            var letter = stream.read();
            if (letter < 0) {
                return Optional.empty();
            }
            var length = new DataInputStream(stream).readInt();
            if (length < 0 || length > MAX_BYTES) {
                throw new IOException("a frame of " + length + " bytes");
            }
            var content = stream.readNBytes(length);
            if (content.length < length) {
                throw new EOFException("a frame was cut");
            }
            for (var kind : FrameKind.values()) {
                if (kind.letter == letter) {
                    return Optional.of(new ViewFrame(kind, content));
                }
            }
            throw new IOException("a frame of an unknown kind");
        }
    }
}
