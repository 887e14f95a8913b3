package dev.greenroom.registry.memory;

import dev.greenroom.session.Browser;
import dev.greenroom.session.WorkerId;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.function.BiPredicate;

/// At most one worker of a browser recycles at a time. Guarded by the lock of [MemoryRegistry].
final class Recycling {
    private final Map<Browser, Token> tokens = new EnumMap<>(Browser.class);
    private final BiPredicate<WorkerId, Duration> isAlive;

    private record Token(WorkerId holder, Duration until) {}

    /// @param isAlive whether a worker is alive at a time
    Recycling(BiPredicate<WorkerId, Duration> isAlive) {
        this.isAlive = isAlive;
    }

    /// Takes the token for a worker, or keeps it longer.
    ///
    /// @return false while another live worker has it
    boolean begin(WorkerId worker, Duration now, Duration ttl) {
        var token = tokens.get(worker.browser());
        if (token != null
                && !token.holder().equals(worker)
                && token.until().compareTo(now) > 0
                && isAlive.test(token.holder(), now)) {
            return false;
        }
        tokens.put(worker.browser(), new Token(worker, now.plus(ttl)));
        return true;
    }

    boolean isHeldBy(WorkerId worker) {
        var token = tokens.get(worker.browser());
        return token != null && token.holder().equals(worker);
    }

    /// Gives the token back.
    ///
    /// @return whether the worker had it
    boolean end(WorkerId worker) {
        return isHeldBy(worker) && tokens.remove(worker.browser()) != null;
    }
}
