package dev.greenroom.cli.api;

import dev.greenroom.config.settings.GridSettings;
import java.io.Serial;
import java.util.Optional;
import java.util.regex.Pattern;

/// The grid gave no answer, or none that can be used. The message is one sentence for the person who asked.
public final class GridApiException extends Exception {
    @Serial
    private static final long serialVersionUID = 1L;

    private final ApiFailure kind;
    private final String sentence;

    /// What is in the way.
    public enum ApiFailure {
        /// Nobody answers.
        SILENCE,
        /// The certificate is not trusted, or there is no TLS.
        TLS,
        /// A token is missing, or may not do this.
        REFUSED,
        /// There is no such thing.
        MISSING,
        /// Somebody answers who is no grid, or a grid that cannot answer now.
        ODD
    }

    GridApiException(ApiFailure kind, String sentence) {
        super(sentence);
        this.kind = kind;
        this.sentence = sentence;
    }

    /// What is in the way.
    public ApiFailure kind() {
        return kind;
    }

    /// The message.
    public String sentence() {
        return sentence;
    }

    /// What to do about a token that is missing, or that does not do.
    public static final class TokenAdvice {
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
            return scope.find()
                    ? Optional.of("The token that was given " + lacks(scope.group(1)) + ".")
                    : Optional.empty();
        }

        static String missing() {
            return "give one with GREENROOM_TOKEN or --token-file";
        }

        static String lacks(String scope) {
            return "lacks the scope " + scope;
        }
    }
}
