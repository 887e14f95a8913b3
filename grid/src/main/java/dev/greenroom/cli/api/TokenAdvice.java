package dev.greenroom.cli.api;

import dev.greenroom.config.GridSettings;
import java.util.Optional;
import java.util.regex.Pattern;

/// What to do about a token that is missing, or that does not do.
public final class TokenAdvice {
    private static final Pattern UNAUTHORIZED = Pattern.compile("\\b401 Unauthorized\\b");
    private static final Pattern SCOPE = Pattern.compile("\\b403 Forbidden\\b.*\"scope\":\"(\\w+)\"");

    private TokenAdvice() {}

    /// For a client that got no session.
    ///
    /// @param failure as the client words it
    /// @return a sentence; empty when the token is not in the way
    public static Optional<String> ofSession(GridSettings grid, String failure) {
        if (UNAUTHORIZED.matcher(failure).find()) {
            return Optional.of(
                    grid.token().isEmpty()
                            ? "The grid wants a token; " + missing() + "."
                            : "The grid does not know the token that was given.");
        }
        var scope = SCOPE.matcher(failure);
        return scope.find() ? Optional.of("The token that was given " + lacks(scope.group(1)) + ".") : Optional.empty();
    }

    static String missing() {
        return "give one with GREENROOM_TOKEN or --token-file";
    }

    static String lacks(String scope) {
        return "lacks the scope " + scope;
    }
}
