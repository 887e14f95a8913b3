package dev.greenroom.registry.redis;

import java.security.cert.CertificateException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import javax.net.ssl.SSLException;

/// Why there is no connection to Redis, in terms that an operator can act on.
///
/// @param code for the log
/// @param sentence the problem and the remedy
/// @param cause the original message
record RedisConnectFailure(String code, String sentence, String cause) {
    private static final int MAX_CAUSES = 12;

    /// Messages of Redis, and what they mean.
    private static final List<KnownMessage> KNOWN = List.of(
            new KnownMessage("wrongpass", "REDIS_LOGIN_REFUSED", "Redis does not know this user and password"),
            new KnownMessage(
                    "noauth", "REDIS_LOGIN_REFUSED", "Redis requires a password; set REDIS_PASSWORD or REDIS_URL"),
            new KnownMessage("invalid password", "REDIS_LOGIN_REFUSED", "Redis does not know this user and password"),
            new KnownMessage(
                    "noperm",
                    "REDIS_RIGHTS_MISSING",
                    "the Redis user lacks rights; compare its ACL with the documented one"),
            new KnownMessage(
                    "max number of clients", "REDIS_FULL", "Redis accepts no more connections; raise its maxclients"),
            new KnownMessage(
                    "is a replica", "REDIS_REPLICA", "this Redis is a replica; connect to the master or to Sentinel"),
            new KnownMessage(
                    "cluster mode", "REDIS_CLUSTER", "Redis Cluster cannot be used; use a single Redis or Sentinel"),
            new KnownMessage("loading", "REDIS_LOADING", "Redis is loading its data; it will accept connections soon"));

    private record KnownMessage(String message, String code, String sentence) {}

    /// Explains a failed attempt to connect.
    static RedisConnectFailure of(Throwable failure) {
        var causes = Stream.iterate(failure, cause -> cause != null, Throwable::getCause)
                .limit(MAX_CAUSES)
                .toList();
        var message = String.valueOf(causes.getLast().getMessage());
        if (causes.stream().anyMatch(cause -> cause instanceof SSLException || cause instanceof CertificateException)) {
            return new RedisConnectFailure(
                    "REDIS_TLS_FAILED",
                    "The TLS handshake with Redis failed; look at its certificate's dates and name, and at what this"
                            + " JVM trusts",
                    message);
        }
        return causes.stream()
                .map(RedisConnectFailure::known)
                .flatMap(Optional::stream)
                .findFirst()
                .orElse(new RedisConnectFailure("REDIS_UNREACHABLE", "There is no connection to Redis", message));
    }

    private static Optional<RedisConnectFailure> known(Throwable cause) {
        var message = String.valueOf(cause.getMessage());
        var lower = message.toLowerCase(Locale.ROOT);
        return KNOWN.stream()
                .filter(known -> lower.contains(known.message()))
                .findFirst()
                .map(known -> new RedisConnectFailure(known.code(), known.sentence(), message));
    }
}
