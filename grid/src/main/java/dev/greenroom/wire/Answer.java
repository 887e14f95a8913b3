package dev.greenroom.wire;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/// An HTTP answer that ends its connection: everything but a 101.
///
/// @param status 200 to 599
/// @param headers beyond `Content-Type`, `Content-Length`, `Connection` and the ones that every answer carries
/// @param body sent in UTF-8
/// @param contentType empty for an answer without a body
public record Answer(int status, List<Header> headers, String contentType, String body) {
    private static final String EVERY_ANSWER = "X-Content-Type-Options: nosniff\r\nCache-Control: no-store\r\n";

    public Answer {
        headers = List.copyOf(headers);
    }

    /// A JSON answer.
    public static Answer json(int status, String body) {
        return text(status, "application/json", body);
    }

    /// An answer with a body in UTF-8.
    public static Answer text(int status, String contentType, String body) {
        return new Answer(status, List.of(), contentType, body);
    }

    /// An answer without a body.
    public static Answer empty(int status) {
        return new Answer(status, List.of(), "", "");
    }

    /// The same with one more field.
    ///
    /// @param value must not hold control characters
    public Answer with(String name, String value) {
        var more = new ArrayList<>(headers);
        more.add(new Header(name, value));
        return new Answer(status, more, contentType, body);
    }

    /// @param withBody false for the answer to a `HEAD`, whose length stays
    ByteBuf encode(ByteBufAllocator allocator, boolean withBody) {
        var bytes = body.getBytes(StandardCharsets.UTF_8);
        var head = head(status == 204 ? OptionalInt.empty() : OptionalInt.of(bytes.length));
        var encoded = allocator.buffer(head.length() + bytes.length);
        ByteBufUtil.writeAscii(encoded, head);
        return withBody ? encoded.writeBytes(bytes) : encoded;
    }

    /// Without the body, and without its length: it goes on until the connection is closed.
    ByteBuf encodeOpen(ByteBufAllocator allocator) {
        return ByteBufUtil.writeAscii(allocator, head(OptionalInt.empty()));
    }

    private StringBuilder head(OptionalInt length) {
        var head = new StringBuilder(256);
        head.append("HTTP/1.1 ").append(status).append(' ').append(reason()).append("\r\n");
        headers.forEach(header -> append(head, header));
        if (!contentType.isEmpty()) {
            append(head, new Header("Content-Type", contentType));
        }
        length.ifPresent(bytes -> append(head, new Header("Content-Length", Integer.toString(bytes))));
        return head.append("Connection: close\r\n").append(EVERY_ANSWER).append("\r\n");
    }

    static void append(StringBuilder head, Header header) {
        head.append(header.name()).append(": ").append(header.value()).append("\r\n");
    }

    private String reason() {
        return switch (status) {
            case 200 -> "OK";
            case 202 -> "Accepted";
            case 204 -> "No Content";
            case 400 -> "Bad Request";
            case 401 -> "Unauthorized";
            case 403 -> "Forbidden";
            case 404 -> "Not Found";
            case 405 -> "Method Not Allowed";
            case 408 -> "Request Timeout";
            case 414 -> "URI Too Long";
            case 426 -> "Upgrade Required";
            case 428 -> "Precondition Required";
            case 429 -> "Too Many Requests";
            case 431 -> "Request Header Fields Too Large";
            case 500 -> "Internal Server Error";
            case 503 -> "Service Unavailable";
            default -> "Status";
        };
    }
}
