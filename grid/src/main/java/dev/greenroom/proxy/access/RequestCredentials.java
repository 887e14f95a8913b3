package dev.greenroom.proxy.access;

import dev.greenroom.net.http.HttpHeader;
import dev.greenroom.net.http.RequestHead;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Optional;

/// Reads the token of a request from `Authorization: Bearer`, from the password of `Authorization: Basic`
/// (from the user name if the password is empty, as in `ws://TOKEN@grid`), or from `?token=`.
///
/// Some clients send the user name and password of a URL percent-encoded (Node.js, and so Playwright for
/// Python, Java and .NET), others decode them. No token contains a `%`, so it is always decoded once.
final class RequestCredentials {
    private static final String BEARER = "Bearer ";
    private static final String BASIC = "Basic ";

    private RequestCredentials() {}

    /// Whether the query has two tokens that differ, which two programs could read differently.
    static boolean areAmbiguous(RequestHead head) {
        return head.literalQueries("token").size() > 1;
    }

    /// The token; empty if there is none. Two `Authorization` headers count as none, since two programs could
    /// read them differently.
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
