package dev.greenroom.net.relay;

import dev.greenroom.net.relay.Relay.RelayTraffic;
import java.util.concurrent.atomic.LongAdder;
import dev.greenroom.config.settings.ProxySections.RelaySettings;
import dev.greenroom.net.http.HttpHeader;
import dev.greenroom.net.server.InboundConnection;
import dev.greenroom.session.SessionEnding;
import dev.greenroom.session.SessionEnding.Cause;
import dev.greenroom.session.SessionEnding.Close;
import java.util.List;
import java.util.function.LongSupplier;

/// Joins clients and workers.
public final class RelayStarter {
    private final RelaySettings settings;
    private final LongSupplier nanoTime;
    private final UpstreamKind upstreamKind;
    private final RelayTotals totals;

    /// Joins clients and workers.
    ///
    /// @param nanoTime a clock that only goes forward, as [System#nanoTime]
    public RelayStarter(RelaySettings settings, LongSupplier nanoTime) {
        this(settings, nanoTime, UpstreamKind.WORKER, new RelayTotals());
    }

    /// @param nanoTime as above
    /// @param upstreamKind what is dialled
    public RelayStarter(RelaySettings settings, LongSupplier nanoTime, UpstreamKind upstreamKind) {
        this(settings, nanoTime, upstreamKind, new RelayTotals());
    }

    /// @param nanoTime as above
    /// @param upstreamKind what is dialled
    /// @param totals counts what these relays move
    public RelayStarter(RelaySettings settings, LongSupplier nanoTime, UpstreamKind upstreamKind, RelayTotals totals) {
        this.totals = totals;
        this.settings = settings;
        this.nanoTime = nanoTime;
        this.upstreamKind = upstreamKind;
    }

    /// Sends the client its 101 and moves bytes both ways from now on; where the worker has hung up
    /// meanwhile, the client is answered 503. May be called on any thread. Both connections belong to the
    /// relay afterwards, on the event loop of the client.
    ///
    /// @param headers of the 101, beyond those of the handshake; values without control characters
    public Relay join(InboundConnection client, OutboundConnection worker, List<HttpHeader> headers) {
        var relay = new Relay(client.eventLoop(), settings, nanoTime, upstreamKind, totals);
        worker.onLoop(client.eventLoop(), () -> relay.begin(client, worker, headers));
        return relay;
    }

    /// What is at the far side of a relay, and so what it means when it goes away by itself.
    public enum UpstreamKind {
        /// A worker: says itself why it closes.
        WORKER(Cause.WORKER_LOST),

        /// A browser behind its driver, which calls it "going away" when a browser has died, or closes
        /// without a code.
        BROWSER(Cause.BROWSER_CRASHED);

        private static final int GOING_AWAY = 1001;

        private final Cause cause;

        UpstreamKind(Cause cause) {
            this.cause = cause;
        }

        SessionEnding lost() {
            return SessionEnding.of(cause);
        }

        /// Whether its close frame says something else than what happened, so that the client must get
        /// another.
        boolean isWrongFor(Close close) {
            return this != WORKER && (close.code() == GOING_AWAY || close.code() == FrameTracker.NO_STATUS);
        }
    }

    /// What all relays of a process have moved, those that run included: each adds what is new some times a
    /// minute and at its end, so that counting costs nothing per message. Safe for use by many threads.
    public static final class RelayTotals {
        private final LongAdder bytesFromClients = new LongAdder();
        private final LongAdder bytesFromWorkers = new LongAdder();
        private final LongAdder messages = new LongAdder();

        /// @param before what was added for this relay so far
        void add(RelayTraffic now, RelayTraffic before) {
            bytesFromClients.add(now.bytesFromClient() - before.bytesFromClient());
            bytesFromWorkers.add(now.bytesFromWorker() - before.bytesFromWorker());
            messages.add(now.messagesFromClient() - before.messagesFromClient());
            messages.add(now.messagesFromWorker() - before.messagesFromWorker());
        }

        /// Bytes that came from clients.
        public long bytesFromClients() {
            return bytesFromClients.sum();
        }

        /// Bytes that came from workers.
        public long bytesFromWorkers() {
            return bytesFromWorkers.sum();
        }

        /// Whole messages, both directions together.
        public long messages() {
            return messages.sum();
        }
    }
}
