package dev.greenroom.registry.redis;

import java.security.cert.CertificateException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import javax.net.ssl.SSLException;

/// Why there is no connection to Redis, in words that an operator can act on.
///
/// @param code for the log
/// @param sentence what is wrong, and what to do
/// @param cause the words of whoever failed
record RedisConnectFailure(String code, String sentence, String cause) {
    private static final int MAX_CAUSES = 12;

    /// Words of Redis, and what they mean.
    private static final List<Words> KNOWN = List.of(
            new Words("wrongpass", "REDIS_LOGIN_REFUSED", "Redis does not know this user and password"),
            new Words("noauth", "REDIS_LOGIN_REFUSED", "Redis wants a password; set REDIS_PASSWORD or REDIS_URL"),
            new Words("invalid password", "REDIS_LOGIN_REFUSED", "Redis does not know this user and password"),
            new Words("noperm", "REDIS_RIGHTS_MISSING", "the Redis user lacks rights; compare its ACL with ours"),
            new Words("max number of clients", "REDIS_FULL", "Redis takes no more connections; raise its maxclients"),
            new Words("is a replica", "REDIS_REPLICA", "this Redis is a replica; connect to the master or to Sentinel"),
            new Words("cluster mode", "REDIS_CLUSTER", "Redis Cluster cannot be used; use a single Redis or Sentinel"),
            new Words("loading", "REDIS_LOADING", "Redis is loading its data; it will take connections soon"));

    private record Words(String said, String code, String sentence) {}

    /// Reads the causes of a failed attempt to connect.
    static RedisConnectFailure of(Throwable failure) {
        var causes = Stream.iterate(failure, cause -> cause != null, Throwable::getCause)
                .limit(MAX_CAUSES)
                .toList();
        var said = String.valueOf(causes.getLast().getMessage());
        if (causes.stream().anyMatch(cause -> cause instanceof SSLException || cause instanceof CertificateException)) {
            return new RedisConnectFailure(
                    "REDIS_TLS_FAILED",
                    "The TLS handshake with Redis failed; look at its certificate's dates and name, and at what this"
                            + " JVM trusts",
                    said);
        }
        return causes.stream()
                .map(RedisConnectFailure::known)
                .flatMap(Optional::stream)
                .findFirst()
                .orElse(new RedisConnectFailure("REDIS_UNREACHABLE", "There is no connection to Redis", said));
    }

    private static Optional<RedisConnectFailure> known(Throwable cause) {
        var said = String.valueOf(cause.getMessage());
        var lower = said.toLowerCase(Locale.ROOT);
        return KNOWN.stream()
                .filter(words -> lower.contains(words.said()))
                .findFirst()
                .map(words -> new RedisConnectFailure(words.code(), words.sentence(), said));
    }
}
