package dev.greenroom.proxy.access;

import dev.greenroom.config.TokenList;
import dev.greenroom.config.TokenList.AccessToken;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.List;
import java.util.Optional;

/// The valid tokens.
///
/// @param tokens at least one
record TokenStore(List<AccessToken> tokens) {
    TokenStore {
        tokens = List.copyOf(tokens);
    }

    /// Finds a token. Compares digests in constant time, always with all of them, so that the time
    /// depends on neither the token nor its place in the list.
    Optional<AccessToken> find(String text) {
        var digest = bytes(TokenList.digest(text));
        var found = Optional.<AccessToken>empty();
        for (var token : tokens) {
            var same = MessageDigest.isEqual(bytes(token.digest()), digest);
            found = same ? Optional.of(token) : found;
        }
        return found;
    }

    /// Whether there is more than one tenant.
    boolean isShared() {
        return tokens.stream().map(AccessToken::name).distinct().count() > 1;
    }

    private static byte[] bytes(String digits) {
        return digits.getBytes(StandardCharsets.US_ASCII);
    }
}
