package dev.greenroom.wire;

import java.util.List;
import java.util.Optional;

/// The head of a peer's answer to an upgrade.
///
/// @param status 100 to 599
public record ResponseHead(int status, List<Header> headers) {
    public ResponseHead {
        headers = List.copyOf(headers);
    }

    /// The first value of a field, whatever the case of its name.
    public Optional<String> header(String name) {
        return Header.first(headers, name);
    }

    /// This 101 as if the client's own key had been asked with.
    ResponseHead accepting(UpgradeRequest client) {
        var accept = new Header("Sec-WebSocket-Accept", client.accept());
        return new ResponseHead(
                status,
                headers.stream()
                        .map(header -> header.name().equalsIgnoreCase(accept.name()) ? accept : header)
                        .toList());
    }

    /// This 101 as a client gets it: only what belongs to the handshake.
    ///
    /// @param more headers beyond those
    String handedOn(List<Header> more) {
        var head = new StringBuilder(256).append("HTTP/1.1 101 Switching Protocols\r\n");
        Answer.append(head, new Header("Upgrade", "websocket"));
        Answer.append(head, new Header("Connection", "Upgrade"));
        for (var name : List.of("Sec-WebSocket-Accept", "Sec-WebSocket-Extensions")) {
            header(name).ifPresent(value -> Answer.append(head, new Header(name, value)));
        }
        more.forEach(header -> Answer.append(head, header));
        return head.append("\r\n").toString();
    }
}
