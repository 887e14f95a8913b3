package dev.greenroom.net.http;

import io.netty.buffer.ByteBuf;

/// Looks for the end of a head in bytes that arrive bit by bit, and stops early at what can never become
/// one.
///
/// Every byte is looked at once, however the bytes are cut. Confined to one event loop.
public final class HeadScan {
    static final int MAX_LINE_BYTES = 8 * 1024;
    static final int MAX_HEAD_BYTES = 16 * 1024;

    private static final byte CR = '\r';
    private static final byte LF = '\n';

    /// How a client that speaks TLS begins.
    private static final byte TLS_HANDSHAKE = 0x16;

    private int scanned;
    private int lineBytes;
    private boolean firstLine = true;
    private boolean afterCr;

    /// What is known after some more bytes.
    public sealed interface ScanResult {
        /// The head is not complete yet.
        record More() implements ScanResult {}

        /// The head is complete.
        ///
        /// @param length its bytes, the empty line included
        record Complete(int length) implements ScanResult {}

        /// This is not a head.
        record Malformed(HeadError error) implements ScanResult {}
    }

    /// Looks at the bytes of a buffer from its reader index on, those that an earlier call saw included.
    public ScanResult scan(ByteBuf head) {
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
}
