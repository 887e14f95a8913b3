package dev.greenroom.registry.redis;

import dev.greenroom.registry.RegistryLimits;
import dev.greenroom.registry.RegistryUnavailableException;
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
final class Scripts {
    private static final Logger LOG = LoggerFactory.getLogger(Scripts.class);
    private static final int BATCH = 200;

    private final RedisLink link;
    private final List<String> rules;

    Scripts(RedisLink link, RegistryLimits limits) {
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
    List<List<Object>> runInBatches(Script script, List<String> first, Collection<?> items) {
        return items.stream()
                .map(Object::toString)
                .gather(Gatherers.windowFixed(BATCH))
                .map(batch -> run(script, Stream.concat(first.stream(), batch.stream())))
                .toList();
    }

    /// Runs a script and waits for its reply.
    ///
    /// @throws RegistryUnavailableException as [#send]
    List<Object> run(Script script, Stream<String> arguments) {
        try {
            // Within the deadlines of the link.
            return send(script, arguments).get();
        } catch (ExecutionException e) {
            throw e.getCause() instanceof RegistryUnavailableException unavailable
                    ? unavailable
                    : new IllegalStateException(script + " went wrong", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new RegistryUnavailableException(script + ": the wait for Redis was interrupted", e);
        }
    }

    /// Sends a script; where somebody gave a key another type, it is deleted, and the script is sent once more. The
    /// answer is completed on a thread that must not be held up.
    ///
    /// The answer is a [RegistryUnavailableException] without a reply in time, or for one that is an error.
    CompletableFuture<List<Object>> send(Script script, Stream<String> arguments) {
        var all = Stream.concat(rules.stream(), arguments).toList();
        return link.send(script, all).exceptionallyCompose(failure -> {
            if (!isOfAnotherType(failure)) {
                return CompletableFuture.failedFuture(failure);
            }
            return link.send(Script.REPAIR, rules).thenCompose(keys -> {
                LOG.atWarn().addKeyValue("keys", keys).log("keys of another type than ours were deleted");
                return link.send(script, all);
            });
        });
    }

    private static boolean isOfAnotherType(Throwable failure) {
        var cause = RedisLink.causeOf(failure).getCause();
        return cause != null && (RedisLink.mentions(cause, "WRONGTYPE") || RedisLink.mentions(cause, "not an integer"));
    }
}
