package dev.greenroom.wire;

import dev.greenroom.config.RelaySettings;
import java.util.List;
import java.util.function.LongSupplier;

/// Joins clients and workers.
public final class Relays {
    private final RelaySettings settings;
    private final LongSupplier nanoTime;
    private final FarSide farSide;
    private final RelayTotals totals;

    /// Joins clients and workers.
    ///
    /// @param nanoTime a clock that only goes forward, as [System#nanoTime]
    public Relays(RelaySettings settings, LongSupplier nanoTime) {
        this(settings, nanoTime, FarSide.WORKER, new RelayTotals());
    }

    /// @param nanoTime as above
    /// @param farSide what is dialled
    public Relays(RelaySettings settings, LongSupplier nanoTime, FarSide farSide) {
        this(settings, nanoTime, farSide, new RelayTotals());
    }

    /// @param nanoTime as above
    /// @param farSide what is dialled
    /// @param totals counts what these relays move
    public Relays(RelaySettings settings, LongSupplier nanoTime, FarSide farSide, RelayTotals totals) {
        this.totals = totals;
        this.settings = settings;
        this.nanoTime = nanoTime;
        this.farSide = farSide;
    }

    /// Sends the client its 101 and moves bytes both ways from now on; where the worker has hung up meanwhile, the
    /// client is answered 503. May be called on any thread. Both connections belong to the relay afterwards, on the
    /// event loop of the client.
    ///
    /// @param headers of the 101, beyond those of the handshake; values without control characters
    public Relay join(InboundConnection client, OutboundConnection worker, List<Header> headers) {
        var relay = new Relay(client.eventLoop(), settings, nanoTime, farSide, totals);
        worker.onLoop(client.eventLoop(), () -> relay.begin(client, worker, headers));
        return relay;
    }
}
