package dev.greenroom.proxy;

import dev.greenroom.proxy.client.ClientConnection;
import dev.greenroom.session.Refusal;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/// The sessions whose method is on a stack: those that wait, are being dialled, or are relayed. Safe for
/// use by many threads.
final class ActiveSessions {
    private static final int ALL = Integer.MAX_VALUE;

    private final Set<ClientConnection> clients = ConcurrentHashMap.newKeySet();

    /// One permit less for each client in the set; all of them are to be had when there is none.
    private final Semaphore left = new Semaphore(ALL);

    /// Counts a session until it is closed.
    Stay add(ClientConnection client) {
        left.acquireUninterruptibly();
        clients.add(client);
        return new Stay(client);
    }

    /// How many there are.
    int count() {
        return clients.size();
    }

    /// Refuses those that still wait; sessions that are being relayed go on.
    void endAll(Refusal why) {
        clients.forEach(client -> client.releaseThread(why));
    }

    /// Waits until there is none.
    ///
    /// @return false when there still were some when the time was up
    boolean awaitNone(Duration atMost) throws InterruptedException {
        if (!left.tryAcquire(ALL, atMost.toNanos(), TimeUnit.NANOSECONDS)) {
            return false;
        }
        left.release(ALL);
        return true;
    }

    /// One session's.
    final class Stay implements AutoCloseable {
        private final ClientConnection client;

        private Stay(ClientConnection client) {
            this.client = client;
        }

        @Override
        public void close() {
            clients.remove(client);
            left.release();
        }
    }
}
