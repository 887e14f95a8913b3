package dev.greenroom.net.relay;

import dev.greenroom.config.ProxySections.RelaySettings;
import dev.greenroom.net.http.HttpHeader;
import dev.greenroom.net.http.UpgradeRequest;
import dev.greenroom.net.relay.Relay.RelayTraffic;
import dev.greenroom.net.server.InboundConnection;
import dev.greenroom.session.SessionEnding;
import dev.greenroom.session.SessionEnding.Cause;
import dev.greenroom.session.SessionEnding.Close;
import dev.greenroom.session.SessionId;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// Starts relays between clients and their upstream connections. Thread-safe.
public final class RelayStarter {
    private final RelaySettings settings;
    private final LongSupplier nanoTime;
    private final UpstreamKind kind;
    private final RelayTotals totals;

    /// A starter of relays to workers.
    ///
    /// @param nanoTime a monotonic clock, as [System#nanoTime]
    public RelayStarter(RelaySettings settings, LongSupplier nanoTime) {
        this(settings, nanoTime, UpstreamKind.WORKER, new RelayTotals());
    }

    /// @param nanoTime as above
    /// @param kind what is at the other end
    public RelayStarter(RelaySettings settings, LongSupplier nanoTime, UpstreamKind kind) {
        this(settings, nanoTime, kind, new RelayTotals());
    }

    /// @param nanoTime as above
    /// @param kind what is at the other end
    /// @param totals counts the traffic of these relays
    public RelayStarter(RelaySettings settings, LongSupplier nanoTime, UpstreamKind kind, RelayTotals totals) {
        this.totals = totals;
        this.settings = settings;
        this.nanoTime = nanoTime;
        this.kind = kind;
    }

    /// Sends the client its 101 and relays bytes in both directions from then on, on the client's event
    /// loop. Responds with 503 when the worker has disconnected. May be called on any thread. Both
    /// connections belong to the relay afterwards.
    ///
    /// @param headers more headers of the 101 than those of the handshake; values without control
    ///     characters
    public Relay join(InboundConnection client, OutboundConnection worker, List<HttpHeader> headers) {
        return join(client, worker, headers, ControlFrameUse.ALL, new SharedActivity(settings.idleTimeout()));
    }

    /// The same for a client of CDP: neither side gets pings, of which some such clients crash. A peer that
    /// is gone is found by TCP's keep-alive, and by what it does not acknowledge.
    ///
    /// @param upgrade the client's, which tells whether it gets close frames
    public Relay joinWithoutPings(
            InboundConnection client, OutboundConnection worker, List<HttpHeader> headers, UpgradeRequest upgrade) {
        return joinWithoutPings(client, worker, headers, upgrade, new SharedActivity(Optional.empty()));
    }

    /// The same for one of several connections to a session, which is idle when all of them are.
    public Relay joinWithoutPings(
            InboundConnection client,
            OutboundConnection worker,
            List<HttpHeader> headers,
            UpgradeRequest upgrade,
            SharedActivity activity) {
        var use = upgrade.knowsControlFrames() ? ControlFrameUse.NO_PINGS : ControlFrameUse.NONE_TO_CLIENT;
        return join(client, worker, headers, use, activity);
    }

    /// When the clients of a session have sent messages, and how long they may send none.
    public static final class SharedActivity {
        private final Optional<Duration> limit;
        private volatile long lastCallNanos;

        /// When a client was last known to wait for an answer; this is asked only where it would be idle.
        private volatile long lastWaitNanos;

        /// @param limit empty for none
        public SharedActivity(Optional<Duration> limit) {
            this.limit = limit;
            this.lastCallNanos = System.nanoTime();
            this.lastWaitNanos = lastCallNanos;
        }

        void called(long nowNanos) {
            lastCallNanos = nowNanos;
        }

        void waited(long nowNanos) {
            lastWaitNanos = nowNanos;
        }

        Duration since(long nowNanos) {
            return Duration.ofNanos(nowNanos - lastCallNanos);
        }

        boolean isOver(long nowNanos) {
            var silent = Math.min(nowNanos - lastCallNanos, nowNanos - lastWaitNanos);
            return limit.filter(most -> silent >= most.toNanos()).isPresent();
        }
    }

    private Relay join(
            InboundConnection client,
            OutboundConnection worker,
            List<HttpHeader> headers,
            ControlFrameUse use,
            SharedActivity activity) {
        var relay = new Relay(client.eventLoop(), settings, nanoTime, kind, totals, use, activity);
        worker.moveToLoop(client.eventLoop(), () -> relay.begin(client, worker, headers));
        return relay;
    }

    /// Which control frames a relay sends by itself.
    enum ControlFrameUse {
        /// Pings to silent peers, and close frames.
        ALL,
        /// Close frames.
        NO_PINGS,
        /// Close frames to the worker. The client gets none, the worker's neither.
        NONE_TO_CLIENT
    }

    /// The kind of the upstream connection, which decides what it means when it closes.
    public enum UpstreamKind {
        /// A worker, whose close frame says why it closes.
        WORKER(Cause.WORKER_LOST),

        /// A browser behind its driver. The driver sends "going away", or closes without a code, when its
        /// browser has crashed.
        BROWSER(Cause.BROWSER_CRASHED);

        private static final int GOING_AWAY = 1001;

        private final Cause cause;

        UpstreamKind(Cause cause) {
            this.cause = cause;
        }

        SessionEnding lost() {
            return SessionEnding.of(cause);
        }

        /// The upstream has sent a close frame.
        SessionEnding closed(Close close) {
            return this == WORKER ? SessionEnding.ofWorker(close) : SessionEnding.ofDriver(close);
        }

        /// Whether somebody says soon why the connection was lost: a process that has died closes its
        /// connections before its exit is known.
        boolean isExplainedLater() {
            return this != WORKER;
        }

        /// Whether a close frame hides that the browser crashed, so that the client must get another one.
        boolean isMisleading(Close close) {
            return this != WORKER && (close.code() == GOING_AWAY || close.code() == FrameTracker.NO_STATUS);
        }
    }

    /// The total traffic of all relays of a process, including running ones. Each relay adds its new
    /// traffic a few times a minute and at its end, so that no message pays for the counting.
    /// Thread-safe.
    public static final class RelayTotals {
        private final LongAdder bytesFromClients = new LongAdder();
        private final LongAdder bytesFromWorkers = new LongAdder();
        private final LongAdder messages = new LongAdder();

        /// @param before what this relay has added so far
        void add(RelayTraffic now, RelayTraffic before) {
            bytesFromClients.add(now.bytesFromClient() - before.bytesFromClient());
            bytesFromWorkers.add(now.bytesFromWorker() - before.bytesFromWorker());
            messages.add(now.messagesFromClient() - before.messagesFromClient());
            messages.add(now.messagesFromWorker() - before.messagesFromWorker());
        }

        /// Bytes received from clients.
        public long bytesFromClients() {
            return bytesFromClients.sum();
        }

        /// Bytes received from workers.
        public long bytesFromWorkers() {
            return bytesFromWorkers.sum();
        }

        /// Complete messages, in both directions.
        public long messages() {
            return messages.sum();
        }
    }

    /// The relays of this process that are running. Thread-safe.
    public static final class ActiveRelays {
        private final ConcurrentHashMap<SessionId, Relay> relays = new ConcurrentHashMap<>();

        /// Relays of connections that have joined a session, which may run at another proxy.
        private final ConcurrentHashMap<Relay, SessionId> joined = new ConcurrentHashMap<>();

        private final ConcurrentHashMap<SessionId, Consumer<Cause>> holds = new ConcurrentHashMap<>();

        private final ReentrantLock lock = new ReentrantLock();
        private final Condition emptied = lock.newCondition();
        private volatile @Nullable Cause allEnded;

        /// Lists a relay until the result is closed.
        public Tracked track(SessionId session, Relay relay) {
            relays.put(session, relay);
            endIfAllEnded(relay);
            return new Tracked(() -> relays.remove(session));
        }

        /// Lists a relay that has joined a session until the result is closed. It does not count.
        public Tracked trackJoined(SessionId session, Relay relay) {
            joined.put(relay, session);
            endIfAllEnded(relay);
            return new Tracked(() -> joined.remove(relay));
        }

        private void endIfAllEnded(Relay relay) {
            var cause = allEnded;
            if (cause != null) {
                relay.end(SessionEnding.of(cause));
            }
        }

        /// Lists a session whose client is away until the result is closed.
        ///
        /// @param end ends it; must not block
        public Tracked trackHold(SessionId session, Consumer<Cause> end) {
            holds.put(session, end);
            var cause = allEnded;
            if (cause != null) {
                end.accept(cause);
            }
            return new Tracked(() -> holds.remove(session));
        }

        /// The number of running sessions: relays, without those that have joined, and sessions whose client
        /// is away.
        public int count() {
            return relays.size() + holds.size();
        }

        /// The time since the last call of any client of each session.
        public Map<SessionId, Duration> sinceLastCalls() {
            Map<SessionId, Duration> all = new HashMap<>();
            relays.forEach((session, relay) -> all.put(session, relay.sinceLastCall()));
            joined.forEach((relay, session) ->
                    all.merge(session, relay.sinceLastCall(), (one, other) -> one.compareTo(other) < 0 ? one : other));
            return all;
        }

        /// Ends a session, if it runs in this process.
        public boolean end(SessionId session, Cause cause) {
            Optional.ofNullable(holds.get(session)).ifPresent(end -> end.accept(cause));
            return Optional.ofNullable(relays.get(session))
                    .map(relay -> {
                        relay.end(SessionEnding.of(cause));
                        return true;
                    })
                    .orElse(false);
        }

        /// Ends all sessions, and from now on each one as soon as it begins.
        public void endAll(Cause cause) {
            allEnded = cause;
            relays.values().forEach(relay -> relay.end(SessionEnding.of(cause)));
            joined.keySet().forEach(relay -> relay.end(SessionEnding.of(cause)));
            holds.values().forEach(end -> end.accept(cause));
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
            private final Runnable removal;

            private Tracked(Runnable removal) {
                this.removal = removal;
            }

            @Override
            public void close() {
                removal.run();
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
}
