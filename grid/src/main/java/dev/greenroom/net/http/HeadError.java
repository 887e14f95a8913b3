package dev.greenroom.net.http;

import java.time.Duration;

/// Why a head was not accepted.
///
/// @param status the HTTP status to answer with
/// @param detail one sentence for the sender
public record HeadError(int status, String detail) {
    public static HeadError bad(String detail) {
        return new HeadError(400, detail);
    }

    static HeadError lineTooLong() {
        return new HeadError(414, "the request line is over " + HeadScan.MAX_LINE_BYTES + " bytes");
    }

    static HeadError headTooLarge() {
        return new HeadError(
                431,
                "the head is over " + HeadScan.MAX_HEAD_BYTES + " bytes, a line over " + HeadScan.MAX_LINE_BYTES
                        + " or it has over " + HeadParser.MAX_FIELDS + " fields");
    }

    public static HeadError tooSlow(Duration limit) {
        return new HeadError(408, "the head was not complete within " + limit.toSeconds() + " s");
    }
}
