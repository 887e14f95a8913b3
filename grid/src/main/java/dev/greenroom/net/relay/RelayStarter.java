package dev.greenroom.net.relay;

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
}
