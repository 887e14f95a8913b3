package dev.greenroom.registry.redis;

import dev.greenroom.registry.RegistryLimits;
import dev.greenroom.registry.RegistryUnavailableException;
import java.util.Collection;
import java.util.List;
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
                Integer.toString(limits.maxConcurrent()),
                Integer.toString(limits.maxLifetime()),
                Long.toString(limits.leaseTtl().toMillis()),
                Long.toString(limits.shutdownCommandTtl().toMillis()));
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

    /// Runs a script; where somebody gave a key another type, it is deleted, and the script is run once more.
    ///
    /// @throws RegistryUnavailableException without an answer in time, or for one that is an error
    List<Object> run(Script script, Stream<String> arguments) {
        var all = Stream.concat(rules.stream(), arguments).toList();
        try {
            return link.run(script, all);
        } catch (RegistryUnavailableException e) {
            var cause = e.getCause();
            if (cause == null
                    || !(RedisLink.mentions(cause, "WRONGTYPE") || RedisLink.mentions(cause, "not an integer"))) {
                throw e;
            }
            LOG.atWarn()
                    .addKeyValue("keys", link.run(Script.REPAIR, rules))
                    .log("keys of another type than ours were deleted");
            return link.run(script, all);
        }
    }
}
