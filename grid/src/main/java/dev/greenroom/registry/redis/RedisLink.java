package dev.greenroom.registry.redis;

import dev.greenroom.registry.RegistryUnavailableException;
import io.github.resilience4j.circuitbreaker.CallNotPermittedException;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig.SlidingWindowType;
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
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.ObjLongConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Runs scripts, each within a deadline, through one connection and one circuit breaker. Safe for many threads.
///
/// The first call without an answer opens the breaker and drops the connection; a new connection lets the next
/// operation through as the probe. So an outage costs one deadline, and its end is noticed when Redis can be reached.
final class RedisLink implements AutoCloseable {
    /// How long one call may take.
    static final Duration COMMAND_DEADLINE = Duration.ofMillis(500);

    private static final Logger LOG = LoggerFactory.getLogger(RedisLink.class);
    private static final Duration BREAKER_OPEN = Duration.ofSeconds(1);
    private static final int BREAKER_WINDOW_CALLS = 2;
    private static final int BREAKER_MIN_CALLS = 1;
    private static final List<String> USELESS_SERVER = List.of("READONLY", "LOADING", "MASTERDOWN");

    private final RedisAccess access;
    private final KeptConnection<Server> connection;
    private final List<ObjLongConsumer<String>> answers = new CopyOnWriteArrayList<>();
    private final List<Runnable> reconnects = new CopyOnWriteArrayList<>();
    private final CircuitBreaker breaker = CircuitBreaker.of(
            "redis",
            CircuitBreakerConfig.custom()
                    .slidingWindowType(SlidingWindowType.COUNT_BASED)
                    .slidingWindowSize(BREAKER_WINDOW_CALLS)
                    .minimumNumberOfCalls(BREAKER_MIN_CALLS)
                    .waitDurationInOpenState(BREAKER_OPEN)
                    .permittedNumberOfCallsInHalfOpenState(1)
                    .recordException(RedisLink::isOutage)
                    .build());

    /// A server that takes commands, and what it says of itself.
    record Server(StatefulRedisConnection<String, String> connection, ServerFacts facts)
            implements KeptConnection.Open {}

    RedisLink(RedisAccess access) {
        this.access = access;
        this.connection = new KeptConnection<>("commands", this::connect, this::probe);
    }

    void onReconnect(Runnable listener) {
        reconnects.add(listener);
    }

    void onAnswer(ObjLongConsumer<String> listener) {
        answers.add(listener);
    }

    void start() {
        breaker.getEventPublisher()
                .onStateTransition(event -> LOG.atInfo()
                        .addKeyValue("transition", event.getStateTransition())
                        .log("circuit breaker of Redis changed"));
        connection.start();
    }

    boolean awaitFirst(Duration limit) throws InterruptedException {
        return connection.awaitFirst(limit);
    }

    /// The server that is connected now.
    Optional<ServerFacts> facts() {
        return connection.open().map(Server::facts);
    }

    /// Runs a script and waits for its reply.
    ///
    /// @return strings and longs, as the script made them
    /// @throws RegistryUnavailableException without an answer in time, or for one that is an error
    List<Object> run(Script script, List<String> arguments) {
        try {
            return breaker.executeSupplier(() -> timed(script, arguments.toArray(String[]::new)));
        } catch (CallNotPermittedException e) {
            throw unavailable(script, "Redis did not answer shortly before", e);
        }
    }

    @Override
    public void close() {
        connection.close();
    }

    private Server connect() {
        var opened = access.client().connect(StringCodec.UTF8, access.address());
        try {
            var info = LettuceFutures.awaitOrCancel(
                    opened.async().info(), opened.getTimeout().toMillis(), TimeUnit.MILLISECONDS);
            var facts = ServerFacts.of(info);
            if (facts.replica() || facts.loading()) {
                throw new IllegalStateException(
                        facts.replica() ? "this Redis is a replica" : "Redis is loading its data");
            }
            return new Server(opened, facts);
        } catch (RuntimeException e) {
            var _ = opened.closeAsync();
            throw e;
        }
    }

    /// Lets the next operation be the breaker's probe; otherwise it would have to wait for the breaker.
    private void probe(Server server) {
        if (breaker.getState() == CircuitBreaker.State.OPEN) {
            breaker.transitionToHalfOpenState();
        }
        // After the breaker: what a listener does at once has to get through.
        reconnects.forEach(Runnable::run);
    }

    private List<Object> timed(Script script, String[] arguments) {
        var began = System.nanoTime();
        try {
            return call(script, arguments);
        } finally {
            var nanos = System.nanoTime() - began;
            var name = script.wireName();
            answers.forEach(listener -> listener.accept(name, nanos));
        }
    }

    private List<Object> call(Script script, String[] arguments) {
        var server = connection.open().orElseThrow(() -> unavailable(script, "there is no connection to Redis", null));
        var text = script.text(server.facts().knowsScriptFlags());
        try {
            return evaluate(server, text, arguments);
        } catch (ExecutionException e) {
            var cause = e.getCause() == null ? e : e.getCause();
            if (USELESS_SERVER.stream().anyMatch(word -> mentions(cause, word))) {
                connection.drop(server);
            }
            throw unavailable(script, "Redis answered " + cause.getMessage(), cause);
        } catch (TimeoutException e) {
            // Whatever hangs, a new connection finds out; until it is there, nobody else waits for this one.
            connection.drop(server);
            throw unavailable(script, "Redis did not answer within " + COMMAND_DEADLINE.toMillis() + " ms", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw unavailable(script, "the wait for Redis was interrupted", e);
        }
    }

    private static List<Object> evaluate(Server server, Script.Text text, String[] arguments)
            throws ExecutionException, TimeoutException, InterruptedException {
        var commands = server.connection().async();
        try {
            return await(commands.evalsha(text.digest(), ScriptOutputType.MULTI, new String[0], arguments));
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RedisNoScriptException) {
                return await(commands.eval(text.body(), ScriptOutputType.MULTI, new String[0], arguments));
            }
            throw e;
        }
    }

    private static List<Object> await(RedisFuture<List<Object>> reply)
            throws ExecutionException, TimeoutException, InterruptedException {
        try {
            return reply.get(COMMAND_DEADLINE.toMillis(), TimeUnit.MILLISECONDS);
        } finally {
            reply.cancel(true);
        }
    }

    /// Whether Redis answered with an error that contains a word.
    static boolean mentions(Throwable failure, String word) {
        var message = failure.getMessage();
        return failure instanceof RedisCommandExecutionException && message != null && message.contains(word);
    }

    /// An error that a script ran into is no outage: other operations may work, a release above all.
    private static boolean isOutage(Throwable failure) {
        var cause = failure.getCause();
        if (cause instanceof InterruptedException) {
            return false;
        }
        return !(cause instanceof RedisCommandExecutionException)
                || mentions(cause, "BUSY")
                || USELESS_SERVER.stream().anyMatch(word -> mentions(cause, word));
    }

    private static RegistryUnavailableException unavailable(Script script, String what, @Nullable Throwable cause) {
        return new RegistryUnavailableException(script + ": " + what, cause);
    }
}
