package dev.greenroom.registry.redis;

import dev.greenroom.registry.Registry.RegistryUnavailableException;
import dev.greenroom.registry.RegistryLimits;
import dev.greenroom.session.SessionLimit;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.stream.Gatherers;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Gives every script the rules of the grid, long lists in pieces, and keys of the right type.
final class GridScripts {
    private static final Logger LOG = LoggerFactory.getLogger(GridScripts.class);
    private static final int BATCH = 200;

    private final ScriptClient link;
    private final List<String> rules;

    GridScripts(ScriptClient link, RegistryLimits limits) {
        this.link = link;
        this.rules = List.of(
                text(limits.maxConcurrent()),
                text(limits.maxLifetime()),
                Long.toString(limits.leaseTtl().toMillis()),
                limits.shutdownCommandTtl().toMillis() + ","
                        + limits.recycleWait().toMillis());
    }

    private static String text(SessionLimit limit) {
        return limit.value() + (limit.explicit() ? "" : "*");
    }

    /// Runs a script once per 200 items.
    ///
    /// @param first what precedes the items each time
    /// @return the reply to each
    List<List<Object>> runInBatches(RedisScript redisScript, List<String> first, Collection<?> items) {
        return items.stream()
                .map(Object::toString)
                .gather(Gatherers.windowFixed(BATCH))
                .map(batch -> run(redisScript, Stream.concat(first.stream(), batch.stream())))
                .toList();
    }

    /// Runs a script and waits for its reply.
    ///
    /// @throws RegistryUnavailableException as [#send]
    List<Object> run(RedisScript redisScript, Stream<String> arguments) {
        try {
            // Within the deadlines of the link.
            return send(redisScript, arguments).get();
        } catch (ExecutionException e) {
            throw e.getCause() instanceof RegistryUnavailableException unavailable
                    ? unavailable
                    : new IllegalStateException(redisScript + " went wrong", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new RegistryUnavailableException(redisScript + ": the wait for Redis was interrupted", e);
        }
    }

    /// Sends a script; where somebody gave a key another type, it is deleted, and the script is sent once
    /// more. The answer is completed on a thread that must not be held up.
    ///
    /// The answer is a [RegistryUnavailableException] without a reply in time, or for one that is an error.
    CompletableFuture<List<Object>> send(RedisScript redisScript, Stream<String> arguments) {
        var all = Stream.concat(rules.stream(), arguments).toList();
        return link.send(redisScript, all).exceptionallyCompose(failure -> {
            if (!isOfAnotherType(failure)) {
                return CompletableFuture.failedFuture(failure);
            }
            return link.send(RedisScript.REPAIR, rules).thenCompose(keys -> {
                LOG.atWarn().addKeyValue("keys", keys).log("keys of another type than ours were deleted");
                return link.send(redisScript, all);
            });
        });
    }

    private static boolean isOfAnotherType(Throwable failure) {
        var cause = ScriptClient.causeOf(failure).getCause();
        return cause != null
                && (ScriptClient.hasMessage(cause, "WRONGTYPE") || ScriptClient.hasMessage(cause, "not an integer"));
    }
}
