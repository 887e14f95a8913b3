package dev.greenroom.net.http;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// One header of a head, as it was sent.
public record HttpHeader(String name, String value) {
    /// Compares the name, ignoring case.
    private boolean hasName(String other) {
        return name.equalsIgnoreCase(other);
    }

    /// The first value of a header, whatever the case of its name.
    static Optional<String> first(List<HttpHeader> headers, String name) {
        for (var header : headers) {
            if (header.hasName(name)) {
                return Optional.of(header.value);
            }
        }
        return Optional.empty();
    }

    /// All values of a header, in the order in which they were sent.
    static List<String> all(List<HttpHeader> headers, String name) {
        List<String> values = List.of();
        for (var header : headers) {
            if (header.hasName(name)) {
                values = values.isEmpty() ? new ArrayList<>(2) : values;
                values.add(header.value);
            }
        }
        return values;
    }
}
