package dev.greenroom.net.http;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.function.Function;

/// Reads one request or response head from bytes that arrive in pieces, strictly: a head that two parsers could
/// understand differently is refused, and one that can never become valid is refused before it is complete.
///
/// Scans every byte once, however the bytes are split. Not thread-safe: it belongs to one event loop.
///
/// @param <H> the kind of head
public final class HeadReader<H> {
    static final int MAX_LINE_BYTES = 8 * 1024;
    static final int MAX_HEAD_BYTES = 16 * 1024;

    private static final byte CR = '\r';
    private static final byte LF = '\n';

    /// First byte of a TLS connection.
    private static final byte TLS_HANDSHAKE = 0x16;

    private final Function<String, HeadParser.Parsed<H>> parser;
    private int scanned;
    private int lineBytes;
    private boolean firstLine = true;
    private boolean afterCr;

    private HeadReader(Function<String, HeadParser.Parsed<H>> parser) {
        this.parser = parser;
    }

    /// Reads the head of a request.
    public static HeadReader<RequestHead> ofRequest() {
        return new HeadReader<>(HeadParser::request);
    }

    /// Reads the head of a response.
    public static HeadReader<ResponseHead> ofResponse() {
        return new HeadReader<>(HeadParser::response);
    }

    /// The state of a head after some more bytes.
    public sealed interface ReadResult<H> {
        /// The head is not complete yet; its bytes are still in the buffer.
        record Incomplete<H>() implements ReadResult<H> {}

        /// The head is complete; its bytes are consumed.
        record Complete<H>(H head) implements ReadResult<H> {}

        /// This is not a valid head. All readable bytes are consumed.
        record Refused<H>(HeadError error) implements ReadResult<H> {}
    }

    /// Reads the head at the reader index of a buffer, including the bytes that earlier calls have seen.
    public ReadResult<H> read(ByteBuf in) {
        return switch (scan(in)) {
            case ScanResult.More() -> new ReadResult.Incomplete<>();
            case ScanResult.Malformed(var error) -> {
                in.skipBytes(in.readableBytes());
                yield new ReadResult.Refused<>(error);
            }
            case ScanResult.Complete(var length) -> {
                var head = in.readCharSequence(length, StandardCharsets.ISO_8859_1);
                yield switch (parser.apply(head.toString())) {
                    case HeadParser.Parsed.Bad<H>(var error) -> new ReadResult.Refused<>(error);
                    case HeadParser.Parsed.Head<H>(var parsed) -> new ReadResult.Complete<>(parsed);
                };
            }
        };
    }

    /// Whether the bytes so far contain the end of a head.
    sealed interface ScanResult {
        /// The head is not complete yet.
        record More() implements ScanResult {}

        /// The head is complete.
        ///
        /// @param length its bytes, the empty line included
        record Complete(int length) implements ScanResult {}

        /// This can never become a head.
        record Malformed(HeadError error) implements ScanResult {}
    }

    /// Scans a buffer from its reader index, including the bytes that earlier calls have seen. Consumes nothing.
    ScanResult scan(ByteBuf head) {
        while (scanned < head.readableBytes()) {
            var next = head.getByte(head.readerIndex() + scanned++);
            if (next == TLS_HANDSHAKE && scanned == 1) {
                return new ScanResult.Malformed(
                        HeadError.bad("this port does not speak TLS; use an address with ws:// or http://"));
            }
            if (afterCr != (next == LF)) {
                return new ScanResult.Malformed(
                        HeadError.bad("a line must end with CR LF, and neither may stand alone"));
            }
            afterCr = next == CR;
            if (next == LF) {
                if (lineBytes == 0) {
                    return firstLine
                            ? new ScanResult.Malformed(HeadError.bad("the request line is empty"))
                            : new ScanResult.Complete(scanned);
                }
                firstLine = false;
                lineBytes = 0;
            } else if (!afterCr) {
                lineBytes++;
            }
            if (lineBytes > MAX_LINE_BYTES) {
                return new ScanResult.Malformed(firstLine ? HeadError.lineTooLong() : HeadError.headTooLarge());
            }
            if (scanned > MAX_HEAD_BYTES) {
                return new ScanResult.Malformed(HeadError.headTooLarge());
            }
        }
        return new ScanResult.More();
    }

    /// Why a head was refused.
    ///
    /// @param status the HTTP status of the response
    /// @param detail one sentence for the sender
    public record HeadError(int status, String detail) {
        public static HeadError bad(String detail) {
            return new HeadError(400, detail);
        }

        static HeadError lineTooLong() {
            return new HeadError(414, "the request line is over " + HeadReader.MAX_LINE_BYTES + " bytes");
        }

        static HeadError headTooLarge() {
            return new HeadError(
                    431,
                    "the head is over " + HeadReader.MAX_HEAD_BYTES + " bytes, a line over " + HeadReader.MAX_LINE_BYTES
                            + " or it has over " + HeadParser.MAX_FIELDS + " fields");
        }

        public static HeadError tooSlow(Duration limit) {
            return new HeadError(408, "the head was not complete within " + limit.toSeconds() + " s");
        }
    }
}
