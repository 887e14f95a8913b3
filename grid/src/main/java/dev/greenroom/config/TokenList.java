package dev.greenroom.config;

import dev.greenroom.config.TokenList.AccessToken.Scope;
import dev.greenroom.config.TokenList.AccessToken.TokenLimits;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Reads `name:token [sessions=N] [connects=N] [queue=N] [scope=connect+read+admin]`, one entry a line or
/// behind commas. No message names a part of an entry, since any part may be a secret in the wrong place.
public final class TokenList {
    /// Shorter tokens can be guessed.
    static final int MIN_LENGTH = 16;

    private static final int MAX_LENGTH = 256;
    private static final int MAX_TOKENS = 1_000;
    private static final int MAX_LIMIT = 1_000_000;
    private static final String DIGEST_MARK = "sha256";
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._-]{1,64}");
    private static final Pattern TOKEN = Pattern.compile("[A-Za-z0-9._~+/=-]{" + MIN_LENGTH + "," + MAX_LENGTH + "}");
    private static final Pattern DIGEST = Pattern.compile("[0-9A-Fa-f]{64}");
    private static final Set<Scope> USUAL_SCOPES = Set.of(Scope.CONNECT, Scope.READ);

    private final List<AccessToken> tokens = new ArrayList<>();
    private final Set<String> digests = new HashSet<>();
    private @Nullable String problem;

    private TokenList() {}

    /// What came of reading.
    public sealed interface ParsedTokens {
        /// At least one token.
        record Tokens(List<AccessToken> tokens) implements ParsedTokens {}

        /// No token at all is taken when one is wrong.
        ///
        /// @param rule which entry breaks which rule, without any of its text
        record Broken(String rule) implements ParsedTokens {}
    }

    /// Parses a list. Lines that begin with `#` are comments.
    public static ParsedTokens read(String text) {
        var list = new TokenList();
        var entries = text.lines()
                .map(String::strip)
                .filter(line -> !line.startsWith("#"))
                .flatMap(line -> List.of(line.split(",", -1)).stream())
                .map(String::strip)
                .filter(entry -> !entry.isEmpty())
                .toList();
        if (entries.isEmpty() || entries.size() > MAX_TOKENS) {
            return new ParsedTokens.Broken("must hold 1 to " + MAX_TOKENS + " entries like name:token");
        }
        for (var n = 0; n < entries.size() && list.problem == null; n++) {
            list.add(entries.get(n), n + 1);
        }
        return list.problem == null
                ? new ParsedTokens.Tokens(List.copyOf(list.tokens))
                : new ParsedTokens.Broken(list.problem);
    }

    /// The SHA-256 of a token in hexadecimal digits.
    public static String digest(String token) {
        try {
            return HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256").digest(token.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java knows SHA-256", e);
        }
    }

    private void add(String entry, int number) {
        var words = entry.split("\\s+");
        var colon = words[0].indexOf(':');
        var named = colon >= 0 && !words[0].startsWith(DIGEST_MARK + ":");
        var name = named ? words[0].substring(0, colon) : "token" + number;
        var digest = digestOf(named ? words[0].substring(colon + 1) : words[0]);
        if (!NAME.matcher(name).matches()) {
            fail(number, "needs a name of 1 to 64 letters, digits, '.', '_' or '-' before its colon");
        } else if (digest.isEmpty()) {
            fail(
                    number,
                    "needs a token of " + MIN_LENGTH + " to " + MAX_LENGTH + " characters out of letters, digits and"
                            + " . _ ~ + / = -, or sha256: and 64 hexadecimal digits; openssl rand -hex 24 makes one");
        } else if (!digests.add(digest.get())) {
            fail(number, "repeats the token of an earlier entry");
        } else {
            tokens.add(new AccessToken(name, digest.get(), limits(words, number), scopes(words, number)));
        }
    }

    private static Optional<String> digestOf(String credential) {
        if (credential.startsWith(DIGEST_MARK + ":")) {
            var digits = credential.substring(DIGEST_MARK.length() + 1);
            return DIGEST.matcher(digits).matches() ? Optional.of(digits.toLowerCase(Locale.ROOT)) : Optional.empty();
        }
        return TOKEN.matcher(credential).matches() ? Optional.of(digest(credential)) : Optional.empty();
    }

    private TokenLimits limits(String[] words, int number) {
        var limits = TokenLimits.NONE;
        for (var n = 1; n < words.length; n++) {
            var equals = words[n].indexOf('=');
            var value = equals < 0 ? OptionalInt.empty() : wholeNumber(words[n].substring(equals + 1));
            switch (equals < 0 ? "" : words[n].substring(0, equals)) {
                case "sessions" ->
                    limits = new TokenLimits(positive(value, number), limits.connectsPerMinute(), limits.queue());
                case "connects" -> limits = new TokenLimits(limits.sessions(), positive(value, number), limits.queue());
                case "queue" ->
                    limits = new TokenLimits(limits.sessions(), limits.connectsPerMinute(), given(value, number));
                case "scope" -> {}
                default -> fail(number, "has a word that is not sessions=, connects=, queue= or scope=");
            }
        }
        return limits;
    }

    private OptionalInt positive(OptionalInt value, int number) {
        return given(value.isPresent() && value.getAsInt() > 0 ? value : OptionalInt.empty(), number);
    }

    private OptionalInt given(OptionalInt value, int number) {
        if (value.isEmpty()) {
            fail(
                    number,
                    "needs a whole number of 1 to " + MAX_LIMIT + " after sessions=, connects= and queue="
                            + " (queue=0 disables queueing)");
        }
        return value;
    }

    private static OptionalInt wholeNumber(String text) {
        return text.matches("\\d{1,7}") && Integer.parseInt(text) <= MAX_LIMIT
                ? OptionalInt.of(Integer.parseInt(text))
                : OptionalInt.empty();
    }

    private Set<Scope> scopes(String[] words, int number) {
        var scopes = EnumSet.noneOf(Scope.class);
        for (var word : words) {
            if (word.startsWith("scope=")) {
                for (var name : word.substring("scope=".length()).split("\\+", -1)) {
                    scope(name)
                            .ifPresentOrElse(
                                    scopes::add,
                                    () -> fail(
                                            number,
                                            "needs one or more of "
                                                    + List.of(Scope.values()).stream()
                                                            .map(Scope::word)
                                                            .collect(Collectors.joining("+"))
                                                    + " after scope="));
                }
            }
        }
        return scopes.isEmpty() ? USUAL_SCOPES : scopes;
    }

    private static Optional<Scope> scope(String name) {
        return List.of(Scope.values()).stream()
                .filter(scope -> scope.word().equals(name))
                .findFirst();
    }

    private void fail(int number, String rule) {
        if (problem == null) {
            problem = "entry " + number + " " + rule;
        }
    }

    /// One access token. The token itself is not kept.
    ///
    /// @param name of the owner, in the log; tokens with the same name share its limits
    /// @param digest SHA-256 of the token, 64 hexadecimal digits in lower case
    /// @param scopes what it permits
    public record AccessToken(String name, String digest, TokenLimits limits, Set<Scope> scopes) {
        public AccessToken {
            scopes = Set.copyOf(scopes);
        }

        /// Whether it permits something. `ADMIN` includes `READ` and `READ_ALL`.
        public boolean allows(Scope scope) {
            return scopes.contains(scope)
                    || (scopes.contains(Scope.ADMIN) && (scope == Scope.READ || scope == Scope.READ_ALL));
        }

        /// What a token permits.
        public enum Scope {
            /// Sessions.
            CONNECT,
            /// The dashboard, metrics and every `GET` of the API.
            READ,
            /// All requests that change something.
            ADMIN,
            /// Pictures of pages, of the token's own sessions.
            VIEW,
            /// What other scopes allow of the token's own sessions, of all sessions.
            READ_ALL;

            /// As in `scope=`.
            public String word() {
                return name().toLowerCase(Locale.ROOT).replace('_', '-');
            }
        }

        /// How much of this proxy the owner of a name may use; empty for no limit.
        ///
        /// @param sessions concurrent sessions, including queued clients
        /// @param connectsPerMinute WebSocket upgrades per minute
        /// @param queue queued clients
        public record TokenLimits(OptionalInt sessions, OptionalInt connectsPerMinute, OptionalInt queue) {
            /// No limits.
            public static final TokenLimits NONE =
                    new TokenLimits(OptionalInt.empty(), OptionalInt.empty(), OptionalInt.empty());
        }
    }

    /// The access tokens, as they were configured.
    ///
    /// @param text what [TokenList] reads
    /// @param file that the text came from, read again when it changes; empty if there is none
    public record AuthTokens(Secret text, Optional<Path> file) {
        AuthTokens(Secret text) {
            this(text, Optional.empty());
        }
    }
}
