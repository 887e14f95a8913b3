package dev.greenroom.net.http;

import java.util.List;
import java.util.Optional;

/// The head of a peer's response to an upgrade.
///
/// @param status 100 to 599
public record ResponseHead(int status, List<HttpHeader> headers) {
    public ResponseHead {
        headers = List.copyOf(headers);
    }

    /// The first value of a header, whatever the case of its name.
    public Optional<String> header(String name) {
        return HttpHeader.first(headers, name);
    }

    /// A copy of this 101 with the `Sec-WebSocket-Accept` of the client's own key.
    public ResponseHead accepting(UpgradeRequest client) {
        var accept = new HttpHeader("Sec-WebSocket-Accept", client.accept());
        return new ResponseHead(
                status,
                headers.stream()
                        .map(header -> header.name().equalsIgnoreCase(accept.name()) ? accept : header)
                        .toList());
    }

    /// This 101 as it is sent to a client: only the headers of the handshake.
    ///
    /// @param more additional headers
    public String toClientText(List<HttpHeader> more) {
        var head = new StringBuilder(256).append("HTTP/1.1 101 Switching Protocols\r\n");
        HttpResponse.append(head, new HttpHeader("Upgrade", "websocket"));
        HttpResponse.append(head, new HttpHeader("Connection", "Upgrade"));
        for (var name : List.of("Sec-WebSocket-Accept", "Sec-WebSocket-Extensions")) {
            header(name).ifPresent(value -> HttpResponse.append(head, new HttpHeader(name, value)));
        }
        more.forEach(header -> HttpResponse.append(head, header));
        return head.append("\r\n").toString();
    }
}
