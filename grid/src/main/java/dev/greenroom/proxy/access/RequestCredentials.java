package dev.greenroom.proxy.access;

import dev.greenroom.net.http.HttpHeader;
import dev.greenroom.net.http.RequestHead;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Optional;

/// Finds the token that a request shows: `Authorization: Bearer`, the password of `Authorization: Basic`
/// (the user name where the password is empty, as in `ws://TOKEN@grid`), or `?token=`.
///
/// Clients that take name and password from an address send them percent-encoded, as they stand there
/// (Node.js, and with it Playwright for Python, Java and .NET), or decoded. No token contains a `%`, so
/// decoding once serves both.
final class RequestCredentials {
    private static final String BEARER = "Bearer ";
    private static final String BASIC = "Basic ";

    private RequestCredentials() {}

    /// The one that is shown; empty for none. Two fields of `Authorization` are none: two readers could
    /// differ.
    static Optional<String> of(RequestHead head) {
        var fields = head.headers().stream()
                .filter(header -> header.name().equalsIgnoreCase("Authorization"))
                .map(HttpHeader::value)
                .toList();
        if (fields.size() > 1) {
            return Optional.empty();
        }
        return fields.stream()
                .findFirst()
                .flatMap(RequestCredentials::authorization)
                .or(() -> head.literalQuery("token"))
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
            var colon = pair.indexOf(':');
            var password = pair.substring(colon + 1);
            return Optional.of(
                    RequestHead.percentDecoded(password.isEmpty() && colon > 0 ? pair.substring(0, colon) : password));
        } catch (IllegalArgumentException _) {
            return Optional.empty();
        }
    }
}
