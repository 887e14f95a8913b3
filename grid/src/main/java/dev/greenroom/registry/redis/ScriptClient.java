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

/// Runs scripts, each within a deadline, through one connection and one circuit breaker. Safe for use by many
/// threads.
///
/// The first call without a reply opens the breaker and closes the connection. The next connection admits one
/// call as the probe. So an outage costs one deadline, and it is over as soon as Redis can be reached.
final class ScriptClient implements AutoCloseable {
    /// Errors of a server that cannot serve now: another one may have taken over.
    private static final List<String> UNUSABLE_SERVER = List.of("READONLY", "LOADING", "MASTERDOWN");

    private volatile boolean cluster;
    private final RedisAccess access;
    private final ReconnectingConnection<Server> connection;
    private final PendingCommands pending;
    private final List<ObjLongConsumer<String>> answers = new CopyOnWriteArrayList<>();
    private final Subscription.Listeners<Server> reconnects = new Subscription.Listeners<>();
    private final CircuitBreaker breaker = new CircuitBreaker(System::nanoTime);

    /// A connected server that accepts commands.
    ///
    /// @param heard when it replied last, on the clock of [System#nanoTime]
    record Server(StatefulRedisConnection<String, String> connection, RedisServerInfo facts, AtomicLong heard)
            implements ReconnectingConnection.Open {}

    ScriptClient(RedisAccess access) {
        this.access = access;
        this.pending = new PendingCommands(access.readers());
        this.connection = new ReconnectingConnection<>("commands", this::connect, this::probe, Optional.empty());
    }

    Subscription onReconnect(Runnable listener) {
        return reconnects.add(_ -> listener.run());
    }

    void onAnswer(ObjLongConsumer<String> listener) {
        answers.add(listener);
    }

    void start() {
        pending.start();
        connection.start();
    }

    boolean awaitFirst(Duration limit) throws InterruptedException {
        return connection.awaitFirst(limit);
    }

    /// Whether there is a connection.
    boolean isConnected() {
        return connection.open().isPresent();
    }

    /// Whether the last server that was reached runs in cluster mode, which the scripts do not support.
    boolean isCluster() {
        return cluster;
    }

    /// Facts about the connected server; empty without a connection.
    Optional<RedisServerInfo> facts() {
        return connection.open().map(Server::facts);
    }

    /// Sends a script. The future completes on a thread of the connection, which must not be blocked: with
    /// the strings and longs that the script returned, or with a [RegistryUnavailableException] without a
    /// reply in time, or with an error as the reply.
    CompletableFuture<List<Object>> send(RedisScript script, List<String> arguments) {
        if (!breaker.admits()) {
            return CompletableFuture.failedFuture(
                    unavailable(script, "Redis did not answer the calls before this one", null));
        }
        var began = System.nanoTime();
        return call(script, arguments.toArray(String[]::new)).whenComplete((_, failure) -> {
            var nanos = System.nanoTime() - began;
            if (failure == null || !isOutage(causeOf(failure))) {
                breaker.succeeded();
            } else {
                breaker.failed();
            }
            answers.forEach(listener -> listener.accept(script.wireName(), nanos));
        });
    }

    @Override
    public void close() {
        connection.close();
        pending.close();
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

    /// Admits the next call as the breaker's probe; otherwise the breaker would refuse it for a second.
    private void probe(Server server) {
        breaker.allowProbe();
        // After the breaker: calls that listeners make at once must be admitted.
        reconnects.publish(server);
    }

    private CompletableFuture<List<Object>> call(RedisScript script, String[] arguments) {
        var open = connection.open();
        if (open.isEmpty()) {
            return CompletableFuture.failedFuture(unavailable(script, "there is no connection to Redis", null));
        }
        var server = open.get();
        var text = script.text(server.facts().supportsScriptFlags());
        // Composed, so that an exception while sending fails the future too.
        return CompletableFuture.completedFuture(server)
                .thenCompose(_ -> evaluate(server, text, arguments))
                .exceptionallyCompose(
                        failure -> CompletableFuture.failedFuture(wrap(server, script, causeOf(failure))));
    }

    private RegistryUnavailableException wrap(Server server, RedisScript script, Throwable cause) {
        if (cause instanceof PendingCommands.OverloadedException) {
            return unavailable(
                    script,
                    "Redis is overloaded and did not answer within " + PendingCommands.LONGEST.toMillis() + " ms",
                    cause);
        }
        if (cause instanceof TimeoutException) {
            // Opens a new connection. Until then calls fail at once instead of waiting for this one.
            connection.drop(server);
            return unavailable(
                    script, "Redis did not answer within " + PendingCommands.SILENCE.toMillis() + " ms", cause);
        }
        if (UNUSABLE_SERVER.stream().anyMatch(word -> hasMessage(cause, word))) {
            connection.drop(server);
        }
        return unavailable(script, "Redis answered " + cause.getMessage(), cause);
    }

    private CompletableFuture<List<Object>> evaluate(Server server, RedisScript.ScriptText text, String[] arguments) {
        var commands = server.connection().async();
        return inTime(server, commands.evalsha(text.digest(), ScriptOutputType.MULTI, new String[0], arguments))
                .exceptionallyCompose(failure -> causeOf(failure) instanceof RedisNoScriptException
                        ? inTime(server, commands.eval(text.body(), ScriptOutputType.MULTI, new String[0], arguments))
                        : CompletableFuture.failedFuture(failure));
    }

    private CompletableFuture<List<Object>> inTime(Server server, RedisFuture<List<Object>> reply) {
        return pending.add(server.heard(), reply.toCompletableFuture());
    }

    /// The failure itself, without the wrapper of a [CompletableFuture].
    static Throwable causeOf(Throwable failure) {
        var cause = failure.getCause();
        return failure instanceof CompletionException && cause != null ? cause : failure;
    }

    /// Whether Redis replied with an error that contains a word.
    static boolean hasMessage(Throwable failure, String word) {
        var message = failure.getMessage();
        return failure instanceof RedisCommandExecutionException && message != null && message.contains(word);
    }

    /// An error in a script is no outage: other scripts may work, above all releases. Nor are slow replies to
    /// very many calls.
    private static boolean isOutage(Throwable failure) {
        var cause = failure.getCause();
        return !(cause instanceof RedisCommandExecutionException
                        || cause instanceof PendingCommands.OverloadedException)
                || hasMessage(cause, "BUSY")
                || UNUSABLE_SERVER.stream().anyMatch(word -> hasMessage(cause, word));
    }

    private static RegistryUnavailableException unavailable(
            RedisScript script, String what, @Nullable Throwable cause) {
        return new RegistryUnavailableException(script + ": " + what, cause);
    }
}
