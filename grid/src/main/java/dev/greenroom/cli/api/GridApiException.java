package dev.greenroom.cli.api;

import dev.greenroom.config.settings.GridSettings;
import java.io.Serial;
import java.util.Optional;
import java.util.regex.Pattern;

/// The grid gave no usable response. The message is one sentence for the user.
public final class GridApiException extends Exception {
    @Serial
    private static final long serialVersionUID = 1L;

    private final ApiFailure kind;
    private final String sentence;

    /// The kind of failure.
    public enum ApiFailure {
        /// No response.
        SILENCE,
        /// The certificate is not trusted, or there is no TLS.
        TLS,
        /// A token is missing, or may not do this.
        REFUSED,
        /// The path does not exist.
        MISSING,
        /// The response is not from a grid, or is an error of the grid.
        ODD
    }

    GridApiException(ApiFailure kind, String sentence) {
        super(sentence);
        this.kind = kind;
        this.sentence = sentence;
    }

    /// The kind of failure.
    public ApiFailure kind() {
        return kind;
    }

    /// The message.
    public String sentence() {
        return sentence;
    }

    /// Remedies for a missing or insufficient token.
    public static final class TokenAdvice {
        private static final Pattern UNAUTHORIZED = Pattern.compile("\\b401 Unauthorized\\b");
        private static final Pattern SCOPE = Pattern.compile("\\b403 Forbidden\\b.*\"scope\":\"(\\w+)\"");

        private TokenAdvice() {}

        /// The remedy for a client that got no session.
        ///
        /// @param failure the error message of the client
        /// @return a sentence; empty if the token is not the cause
        public static Optional<String> ofSession(GridSettings grid, String failure) {
            if (UNAUTHORIZED.matcher(failure).find()) {
                return Optional.of(
                        grid.token().isEmpty()
                                ? "The grid requires a token; " + missing() + "."
                                : "The grid does not accept the token.");
            }
            var scope = SCOPE.matcher(failure);
            return scope.find() ? Optional.of("The token " + lacks(scope.group(1)) + ".") : Optional.empty();
        }

        static String missing() {
            return "set it with GREENROOM_TOKEN or --token-file";
        }

        static String lacks(String scope) {
            return "lacks the scope " + scope;
        }
    }
}
