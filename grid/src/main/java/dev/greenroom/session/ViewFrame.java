package dev.greenroom.session;

import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/// One frame of what a worker sends to a proxy of the pages of a session: a letter, the length in four bytes,
/// and the content.
public final class ViewFrame {
    /// The most bytes of a frame.
    private static final int MAX_BYTES = 8 << 20;

    private final Kind kind;
    private final byte[] content;

    /// What a frame says.
    public enum Kind {
        /// A picture of the page, as a JPEG.
        PICTURE('P'),
        /// There is no such page.
        NO_PAGE('N'),
        /// There is a page, and no picture of it yet.
        NO_PICTURE('W'),
        /// The last frame, with a reason in UTF-8.
        ENDED('E');

        private final char letter;

        Kind(char letter) {
            this.letter = letter;
        }
    }

    public ViewFrame(Kind kind, byte[] content) {
        this.kind = kind;
        this.content = content.clone();
    }

    /// The last frame.
    public static ViewFrame ended(String why) {
        return new ViewFrame(Kind.ENDED, why.getBytes(StandardCharsets.UTF_8));
    }

    /// A frame that says all with its kind.
    public static ViewFrame of(Kind kind) {
        return new ViewFrame(kind, new byte[0]);
    }

    public Kind kind() {
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
        for (var kind : Kind.values()) {
            if (kind.letter == letter) {
                return Optional.of(new ViewFrame(kind, content));
            }
        }
        throw new IOException("a frame of an unknown kind");
    }
}
