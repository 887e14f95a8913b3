package dev.greenroom.net.relay;

import dev.greenroom.session.SessionEnding;
import dev.greenroom.session.SessionEnding.Cause;
import dev.greenroom.session.SessionId;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/// The relays of this process that are running. Thread-safe.
public final class ActiveRelays {
    private final ConcurrentHashMap<SessionId, Relay> relays = new ConcurrentHashMap<>();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition emptied = lock.newCondition();

    /// Lists a relay until the result is closed.
    public Tracked track(SessionId session, Relay relay) {
        relays.put(session, relay);
        return new Tracked(session);
    }

    /// The number of running relays.
    public int count() {
        return relays.size();
    }

    /// The time since each client's last call.
    public Map<SessionId, Duration> sinceLastCalls() {
        Map<SessionId, Duration> all = new HashMap<>();
        relays.forEach((session, relay) -> all.put(session, relay.sinceLastCall()));
        return all;
    }

    /// Ends a session, if it runs in this process.
    public boolean end(SessionId session, Cause cause) {
        return Optional.ofNullable(relays.get(session))
                .map(relay -> {
                    relay.end(SessionEnding.of(cause));
                    return true;
                })
                .orElse(false);
    }

    /// Ends all sessions.
    public void endAll(Cause cause) {
        relays.values().forEach(relay -> relay.end(SessionEnding.of(cause)));
    }

    /// Waits until no relay is running.
    ///
    /// @return false when the time was up and relays were still running
    public boolean awaitNone(Duration atMost) throws InterruptedException {
        var left = atMost.toNanos();
        lock.lock();
        try {
            while (!relays.isEmpty()) {
                if (left <= 0) {
                    return false;
                }
                left = emptied.awaitNanos(left);
            }
            return true;
        } finally {
            lock.unlock();
        }
    }

    /// An entry in the list of running relays.
    public final class Tracked implements AutoCloseable {
        private final SessionId session;

        private Tracked(SessionId session) {
            this.session = session;
        }

        @Override
        public void close() {
            relays.remove(session);
            if (relays.isEmpty()) {
                lock.lock();
                try {
                    emptied.signalAll();
                } finally {
                    lock.unlock();
                }
            }
        }
    }
}
