package dev.greenroom.proxy;

import dev.greenroom.proxy.client.ClientConnection;
import dev.greenroom.session.Refusal;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/// The sessions of this proxy that run now: queued, being connected or relayed. Thread-safe.
final class ActiveSessions {
    private static final int ALL = Integer.MAX_VALUE;

    private final Set<ClientConnection> clients = ConcurrentHashMap.newKeySet();

    /// Each session takes a permit; all permits are free when there is no session.
    private final Semaphore permits = new Semaphore(ALL);

    /// Adds a session until the result is closed.
    ActiveSession add(ClientConnection client) {
        permits.acquireUninterruptibly();
        clients.add(client);
        return new ActiveSession(client);
    }

    /// The number of sessions.
    int count() {
        return clients.size();
    }

    /// Refuses clients that are not relayed yet; sessions that are relayed go on.
    void refuseWaiting(Refusal why) {
        clients.forEach(client -> client.refuseWhileWaiting(why));
    }

    /// Waits until there is no session.
    ///
    /// @return false if the time was up before
    boolean awaitNone(Duration atMost) throws InterruptedException {
        if (!permits.tryAcquire(ALL, atMost.toNanos(), TimeUnit.NANOSECONDS)) {
            return false;
        }
        permits.release(ALL);
        return true;
    }

    /// One session; closed when it ends.
    final class ActiveSession implements AutoCloseable {
        private final ClientConnection client;

        private ActiveSession(ClientConnection client) {
            this.client = client;
        }

        @Override
        public void close() {
            clients.remove(client);
            permits.release();
        }
    }
}
