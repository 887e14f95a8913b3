package dev.greenroom.access;

import dev.greenroom.wire.Header;
import dev.greenroom.wire.RequestHead;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Optional;

/// Finds the token that a request shows: `Authorization: Bearer`, the password of `Authorization: Basic`, or `?token=`.
final class Credentials {
    private static final String BEARER = "Bearer ";
    private static final String BASIC = "Basic ";

    private Credentials() {}

    /// The one that is shown; empty for none. Two fields of `Authorization` are none: two readers could differ.
    static Optional<String> of(RequestHead head) {
        var fields = head.headers().stream()
                .filter(header -> header.name().equalsIgnoreCase("Authorization"))
                .map(Header::value)
                .toList();
        if (fields.size() > 1) {
            return Optional.empty();
        }
        return fields.stream()
                .findFirst()
                .flatMap(Credentials::authorization)
                .or(() -> head.query("token"))
                .filter(token -> !token.isEmpty());
    }

    private static Optional<String> authorization(String value) {
        if (value.regionMatches(true, 0, BEARER, 0, BEARER.length())) {
            return Optional.of(value.substring(BEARER.length()).strip());
        }
        if (value.regionMatches(true, 0, BASIC, 0, BASIC.length())) {
            return password(value.substring(BASIC.length()).strip());
        }
        return Optional.empty();
    }

    private static Optional<String> password(String encoded) {
        try {
            var pair = new String(Base64.getDecoder().decode(encoded), StandardCharsets.UTF_8);
            return Optional.of(pair.substring(pair.indexOf(':') + 1));
        } catch (IllegalArgumentException _) {
            return Optional.empty();
        }
    }
}
