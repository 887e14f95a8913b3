package dev.greenroom.worker.store;

import dev.greenroom.config.Secret;
import java.net.URI;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;

/// An npm registry and its access tokens.
///
/// @param base ends with a slash
/// @param tokens by scope, in npm's form `//host[:port]/path/`
record NpmRegistryAddress(URI base, Map<String, Secret> tokens) {
    NpmRegistryAddress {
        tokens = Map.copyOf(tokens);
    }

    /// The token whose scope matches the host and path of a request; the longest match wins.
    Optional<Secret> token(URI target) {
        var place = "//" + target.getAuthority() + target.getPath();
        return tokens.entrySet().stream()
                .filter(entry -> place.startsWith(entry.getKey()))
                .max(Comparator.comparingInt(entry -> entry.getKey().length()))
                .map(Map.Entry::getValue);
    }

    /// Whether a token may be sent to a URL: over TLS only, unless the registry itself has none.
    boolean mayCarryToken(URI target) {
        return "https".equals(target.getScheme()) || "http".equals(base.getScheme());
    }

    /// Without the tokens.
    @Override
    public String toString() {
        return base.toString();
    }
}
