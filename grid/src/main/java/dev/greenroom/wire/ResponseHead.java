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
        return headers.stream()
                .filter(header -> header.name().equalsIgnoreCase(name))
                .map(Header::value)
                .findFirst();
    }
}
