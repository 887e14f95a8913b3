package dev.greenroom.registry.redis;

import dev.greenroom.registry.Registry;
import dev.greenroom.registry.Registry.RegistryLimits;
import dev.greenroom.registry.Registry.RegistryUnavailableException;
import dev.greenroom.session.SessionLimit;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.Function;
import java.util.stream.Gatherers;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Runs scripts with the limits of the grid: long lists in batches, and once more after a key of another type
/// was deleted. Safe for use by many threads.
final class GridScripts {
    private static final Logger LOG = LoggerFactory.getLogger(GridScripts.class);

    private final ScriptClient client;
    private final List<String> limits;

    GridScripts(ScriptClient client, RegistryLimits limits) {
        this.client = client;
        this.limits = List.of(
                text(limits.maxConcurrent()),
                text(limits.maxLifetime()),
                Long.toString(limits.leaseTtl().toMillis()),
                limits.shutdownCommandTtl().toMillis() + ","
                        + limits.recycleWait().toMillis());
    }

    private static String text(SessionLimit limit) {
        return limit.value() + (limit.explicit() ? "" : "*");
    }

    /// Runs a script once for every [Registry#MAX_BATCH] items, and waits for the replies.
    ///
    /// @param arguments of the script for one item
    /// @return the reply to each batch
    <T> List<List<Object>> runInBatches(
            RedisScript script, Collection<T> items, Function<T, Stream<String>> arguments) {
        return items.stream()
                .gather(Gatherers.windowFixed(Registry.MAX_BATCH))
                .map(batch -> run(script, batch.stream().flatMap(arguments)))
                .toList();
    }

    /// As above, for items that are one argument each.
    List<List<Object>> runInBatches(RedisScript script, Collection<?> items) {
        return runInBatches(script, items, item -> Stream.of(item.toString()));
    }

    /// Runs a script and waits for its reply.
    ///
    /// @throws RegistryUnavailableException as [#send]
    List<Object> run(RedisScript script, Stream<String> arguments) {
        try {
            // Ends within the deadlines of the client.
            return send(script, arguments).get();
        } catch (ExecutionException e) {
            throw e.getCause() instanceof RegistryUnavailableException unavailable
                    ? unavailable
                    : new IllegalStateException(script + " failed unexpectedly", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new RegistryUnavailableException(script + ": the wait for Redis was interrupted", e);
        }
    }

    /// Sends a script. If it fails because a key has another type, such keys are deleted and the script is
    /// sent once more. The future completes on a thread of the connection, which must not be blocked; it
    /// fails with a [RegistryUnavailableException] without a reply in time, or with an error as the reply.
    CompletableFuture<List<Object>> send(RedisScript script, Stream<String> arguments) {
        var all = Stream.concat(limits.stream(), arguments).toList();
        return client.send(script, all).exceptionallyCompose(failure -> {
            if (!isWrongType(failure)) {
                return CompletableFuture.failedFuture(failure);
            }
            return client.send(RedisScript.REPAIR, limits).thenCompose(keys -> {
                LOG.atWarn()
                        .addKeyValue("code", "keys-of-another-type-than-ours-were-deleted")
                        .addKeyValue("keys", keys)
                        .log("Redis keys of another type deleted");
                return client.send(script, all);
            });
        });
    }

    private static boolean isWrongType(Throwable failure) {
        var cause = ScriptClient.causeOf(failure).getCause();
        return cause != null && ScriptClient.hasMessage(cause, "WRONGTYPE");
    }
}
