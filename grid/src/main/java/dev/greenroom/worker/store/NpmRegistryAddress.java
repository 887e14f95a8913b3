package dev.greenroom.worker.store;

import dev.greenroom.config.Secret;
import java.net.URI;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;

/// An npm registry and what it wants to see.
///
/// @param base ends with a slash
/// @param tokens by what they are good for, in npm's form `//host[:port]/path/`
record NpmRegistryAddress(URI base, Map<String, Secret> tokens) {
    NpmRegistryAddress {
        tokens = Map.copyOf(tokens);
    }

    /// The token for a request, if its host and path are those of one; the longest match wins.
    Optional<Secret> token(URI target) {
        var place = "//" + target.getAuthority() + target.getPath();
        return tokens.entrySet().stream()
                .filter(entry -> place.startsWith(entry.getKey()))
                .max(Comparator.comparingInt(entry -> entry.getKey().length()))
                .map(Map.Entry::getValue);
    }

    /// Whether a token may travel to a place: over TLS, or where the registry itself is not.
    boolean mayCarryToken(URI target) {
        return "https".equals(target.getScheme()) || "http".equals(base.getScheme());
    }

    /// Without the tokens.
    @Override
    public String toString() {
        return base.toString();
    }
}
