package dev.greenroom.net.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/// An HTTP response that ends its connection: every response but a 101.
///
/// @param status 200 to 599
/// @param headers more headers than `Content-Type`, `Content-Length`, `Connection` and those of every
///     response
/// @param body sent as UTF-8
/// @param contentType empty for a response without a body
public record HttpResponse(int status, List<HttpHeader> headers, String contentType, String body) {
    private static final String COMMON_HEADERS = "X-Content-Type-Options: nosniff\r\nCache-Control: no-store\r\n";

    public HttpResponse {
        headers = List.copyOf(headers);
    }

    /// A JSON response.
    public static HttpResponse json(int status, String body) {
        return text(status, "application/json", body);
    }

    /// A response with a body in UTF-8.
    public static HttpResponse text(int status, String contentType, String body) {
        return new HttpResponse(status, List.of(), contentType, body);
    }

    /// A response without a body.
    public static HttpResponse empty(int status) {
        return new HttpResponse(status, List.of(), "", "");
    }

    /// A copy with one more header.
    ///
    /// @param value must not hold control characters
    public HttpResponse with(String name, String value) {
        var more = new ArrayList<>(headers);
        more.add(new HttpHeader(name, value));
        return new HttpResponse(status, more, contentType, body);
    }

    /// The bytes to send.
    ///
    /// @param withBody false for the response to a `HEAD`, whose `Content-Length` stays
    public ByteBuf encode(ByteBufAllocator allocator, boolean withBody) {
        var bytes = body.getBytes(StandardCharsets.UTF_8);
        var head = head(status == 204 ? OptionalInt.empty() : OptionalInt.of(bytes.length));
        var encoded = allocator.buffer(head.length() + bytes.length);
        ByteBufUtil.writeAscii(encoded, head);
        return withBody ? encoded.writeBytes(bytes) : encoded;
    }

    /// The head of a streaming response, without `Content-Length`: the body ends when the connection is
    /// closed.
    public ByteBuf encodeOpen(ByteBufAllocator allocator) {
        return ByteBufUtil.writeAscii(allocator, head(OptionalInt.empty()));
    }

    private StringBuilder head(OptionalInt length) {
        var head = new StringBuilder(256);
        head.append("HTTP/1.1 ").append(status).append(' ').append(reason()).append("\r\n");
        headers.forEach(header -> append(head, header));
        if (!contentType.isEmpty()) {
            append(head, new HttpHeader("Content-Type", contentType));
        }
        length.ifPresent(bytes -> append(head, new HttpHeader("Content-Length", Integer.toString(bytes))));
        return head.append("Connection: close\r\n").append(COMMON_HEADERS).append("\r\n");
    }

    /// Appends a header line.
    public static void append(StringBuilder head, HttpHeader header) {
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
