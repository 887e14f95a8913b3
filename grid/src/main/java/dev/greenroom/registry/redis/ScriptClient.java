package dev.greenroom.registry.redis;

import dev.greenroom.registry.Registry.RegistryUnavailableException;
import dev.greenroom.registry.redis.RedisExamination.RedisServerInfo;
import dev.greenroom.schedule.Subscription;
import io.lettuce.core.LettuceFutures;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.RedisNoScriptException;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.StringCodec;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.ObjLongConsumer;
import org.jspecify.annotations.Nullable;

/// Runs scripts, each within a deadline, through one connection and one circuit breaker. Safe for many
/// threads.
///
/// The first call without an answer opens the breaker and drops the connection; a new connection lets the
/// next operation through as the probe. So an outage costs one deadline, and its end is noticed when Redis
/// can be reached.
final class ScriptClient implements AutoCloseable {
    private static final List<String> USELESS_SERVER = List.of("READONLY", "LOADING", "MASTERDOWN");

    private volatile boolean cluster;
    private final RedisAccess access;
    private final ReconnectingConnection<Server> connection;
    private final PendingCommands pendingCommands;
    private final List<ObjLongConsumer<String>> answers = new CopyOnWriteArrayList<>();
    private final Subscription.Listeners<Server> reconnects = new Subscription.Listeners<>();
    private final CircuitBreaker breaker = new CircuitBreaker(System::nanoTime);

    /// A server that takes commands, and what it says of itself.
    ///
    /// @param heard when it answered last
    record Server(StatefulRedisConnection<String, String> connection, RedisServerInfo facts, AtomicLong heard)
            implements ReconnectingConnection.Open {}

    ScriptClient(RedisAccess access) {
        this.access = access;
        this.pendingCommands = new PendingCommands(access.readers());
        this.connection = new ReconnectingConnection<>("commands", this::connect, this::probe, Optional.empty());
    }

    Subscription onReconnect(Runnable listener) {
        return reconnects.add(_ -> listener.run());
    }

    void onAnswer(ObjLongConsumer<String> listener) {
        answers.add(listener);
    }

    void start() {
        pendingCommands.start();
        connection.start();
    }

    boolean awaitFirst(Duration limit) throws InterruptedException {
        return connection.awaitFirst(limit);
    }

    /// Whether Redis can be reached, as far as this connection knows.
    boolean isConnected() {
        return connection.open().isPresent();
    }

    /// Whether the last server that was reached runs in cluster mode, which the scripts cannot use.
    boolean isCluster() {
        return cluster;
    }

    /// What the server that is connected now says of itself.
    Optional<RedisServerInfo> facts() {
        return connection.open().map(Server::facts);
    }

    /// Sends a script. The answer is completed on a thread of the connection, which must not be held up:
    /// with strings and longs, as the script made them, or with a [RegistryUnavailableException] without a
    /// reply in time, or for a reply that is an error.
    CompletableFuture<List<Object>> send(RedisScript redisScript, List<String> arguments) {
        if (!breaker.admits()) {
            return CompletableFuture.failedFuture(
                    unavailable(redisScript, "Redis did not answer shortly before", null));
        }
        var began = System.nanoTime();
        return call(redisScript, arguments.toArray(String[]::new)).whenComplete((_, failure) -> {
            var nanos = System.nanoTime() - began;
            if (failure == null || !isOutage(causeOf(failure))) {
                breaker.succeeded();
            } else {
                breaker.failed();
            }
            answers.forEach(listener -> listener.accept(redisScript.wireName(), nanos));
        });
    }

    @Override
    public void close() {
        connection.close();
        pendingCommands.close();
    }

    private Server connect() {
        var opened = access.client().connect(StringCodec.UTF8, access.address());
        try {
            var info = LettuceFutures.awaitOrCancel(
                    opened.async().info(), opened.getTimeout().toMillis(), TimeUnit.MILLISECONDS);
            var facts = RedisServerInfo.of(info);
            if (facts.replica() || facts.loading()) {
                throw new IllegalStateException(
                        facts.replica() ? "this Redis is a replica" : "Redis is loading its data");
            }
            cluster = facts.cluster();
            if (cluster) {
                throw new IllegalStateException("this Redis runs in cluster mode");
            }
            return new Server(opened, facts, new AtomicLong(System.nanoTime()));
        } catch (RuntimeException e) {
            var _ = opened.closeAsync();
            throw e;
        }
    }

    /// Lets the next operation be the breaker's probe; otherwise it would have to wait for the breaker.
    private void probe(Server server) {
        breaker.allowProbe();
        // After the breaker: what a listener does at once has to get through.
        reconnects.publish(server);
    }

    private CompletableFuture<List<Object>> call(RedisScript redisScript, String[] arguments) {
        var open = connection.open();
        if (open.isEmpty()) {
            return CompletableFuture.failedFuture(unavailable(redisScript, "there is no connection to Redis", null));
        }
        var server = open.get();
        var text = redisScript.text(server.facts().supportsScriptFlags());
        // Composed, so that whatever is thrown on the way is an answer too.
        return CompletableFuture.completedFuture(server)
                .thenCompose(_ -> evaluate(server, text, arguments))
                .exceptionallyCompose(
                        failure -> CompletableFuture.failedFuture(failed(server, redisScript, causeOf(failure))));
    }

    private RegistryUnavailableException failed(Server server, RedisScript redisScript, Throwable cause) {
        if (cause instanceof PendingCommands.CrowdedException) {
            return unavailable(
                    redisScript,
                    "Redis did not answer all who ask within " + PendingCommands.LONGEST.toMillis() + " ms",
                    cause);
        }
        if (cause instanceof TimeoutException) {
            // Whatever hangs, a new connection finds out; until it is there, nobody else waits for this one.
            connection.drop(server);
            return unavailable(
                    redisScript, "Redis did not answer within " + PendingCommands.SILENCE.toMillis() + " ms", cause);
        }
        if (USELESS_SERVER.stream().anyMatch(word -> hasMessage(cause, word))) {
            connection.drop(server);
        }
        return unavailable(redisScript, "Redis answered " + cause.getMessage(), cause);
    }

    private CompletableFuture<List<Object>> evaluate(Server server, RedisScript.ScriptText text, String[] arguments) {
        var commands = server.connection().async();
        return inTime(server, commands.evalsha(text.digest(), ScriptOutputType.MULTI, new String[0], arguments))
                .exceptionallyCompose(failure -> causeOf(failure) instanceof RedisNoScriptException
                        ? inTime(server, commands.eval(text.body(), ScriptOutputType.MULTI, new String[0], arguments))
                        : CompletableFuture.failedFuture(failure));
    }

    private CompletableFuture<List<Object>> inTime(Server server, RedisFuture<List<Object>> reply) {
        return pendingCommands.add(server.heard(), reply.toCompletableFuture());
    }

    /// What went wrong, without what completions wrap around it.
    static Throwable causeOf(Throwable failure) {
        var cause = failure.getCause();
        return failure instanceof CompletionException && cause != null ? cause : failure;
    }

    /// Whether Redis answered with an error that contains a word.
    static boolean hasMessage(Throwable failure, String word) {
        var message = failure.getMessage();
        return failure instanceof RedisCommandExecutionException && message != null && message.contains(word);
    }

    /// An error that a script ran into is no outage: other operations may work, a release above all. Nor is
    /// a crowd.
    private static boolean isOutage(Throwable failure) {
        var cause = failure.getCause();
        return !(cause instanceof RedisCommandExecutionException || cause instanceof PendingCommands.CrowdedException)
                || hasMessage(cause, "BUSY")
                || USELESS_SERVER.stream().anyMatch(word -> hasMessage(cause, word));
    }

    private static RegistryUnavailableException unavailable(
            RedisScript redisScript, String what, @Nullable Throwable cause) {
        return new RegistryUnavailableException(redisScript + ": " + what, cause);
    }
}
