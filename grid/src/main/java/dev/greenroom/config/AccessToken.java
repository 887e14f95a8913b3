package dev.greenroom.config;

import java.util.OptionalInt;
import java.util.Set;

/// One token that lets clients in. The token itself is not kept.
///
/// @param name whose it is, in the log; several tokens may have one name, and then share its limits
/// @param digest SHA-256 of the token, 64 hexadecimal digits in lower case
/// @param scopes what it is good for
public record AccessToken(String name, String digest, Limits limits, Set<Scope> scopes) {
    public AccessToken {
        scopes = Set.copyOf(scopes);
    }

    /// Whether it is good for something. Who may change things may also look at them.
    public boolean allows(Scope scope) {
        return scopes.contains(scope) || (scope == Scope.READ && scopes.contains(Scope.ADMIN));
    }

    /// What a token is good for.
    public enum Scope {
        /// Sessions.
        CONNECT,
        /// The dashboard, metrics and every `GET` of the API.
        READ,
        /// Everything that changes something.
        ADMIN
    }

    /// How much of this proxy a name may use; empty for no limit.
    ///
    /// @param sessions at once, those that wait included
    /// @param connectsPerMinute upgrades
    /// @param queue places in this proxy's queue
    public record Limits(OptionalInt sessions, OptionalInt connectsPerMinute, OptionalInt queue) {
        /// No limit of its own.
        public static final Limits NONE = new Limits(OptionalInt.empty(), OptionalInt.empty(), OptionalInt.empty());
    }
}
