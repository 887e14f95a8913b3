package dev.greenroom.net.http;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// One field of a head, as it was sent.
public record HttpHeader(String name, String value) {
    /// Whatever the case of the name.
    private boolean is(String other) {
        return name.equalsIgnoreCase(other);
    }

    /// The first value of a field. Heads are asked a dozen times for each connect.
    static Optional<String> first(List<HttpHeader> headers, String name) {
        for (var header : headers) {
            if (header.is(name)) {
                return Optional.of(header.value);
            }
        }
        return Optional.empty();
    }

    /// Every value of a field, in the order in which they came.
    static List<String> all(List<HttpHeader> headers, String name) {
        List<String> values = List.of();
        for (var header : headers) {
            if (header.is(name)) {
                values = values.isEmpty() ? new ArrayList<>(2) : values;
                values.add(header.value);
            }
        }
        return values;
    }
}
