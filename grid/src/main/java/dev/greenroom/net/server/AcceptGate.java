package dev.greenroom.net.server;

import java.util.concurrent.Executor;
import java.util.function.BooleanSupplier;

/// Pauses accepting on a listening socket while its server has too many connections. New connections wait
/// in the kernel's backlog.
///
/// Connections open and close on many event loops, but only the event loop of the listening socket
/// switches it, always from the current number of connections. So the last switch is always the right
/// one. Thread-safe.
final class AcceptGate {
    private final BooleanSupplier crowded;
    private final Executor loop;
    private final AcceptSwitch accepting;

    /// Written by the event loop only.
    private volatile boolean paused;

    /// Switches the socket. Called by its event loop only.
    interface AcceptSwitch {
        void set(boolean accepting);
    }

    /// @param loop the event loop of the listening socket; runs one task at a time
    AcceptGate(BooleanSupplier crowded, Executor loop, AcceptSwitch accepting) {
        this.crowded = crowded;
        this.loop = loop;
        this.accepting = accepting;
    }

    /// Reports that a connection was opened or closed.
    void changed() {
        if (paused != crowded.getAsBoolean()) {
            loop.execute(this::apply);
        }
    }

    /// Checks again after each switch: a connection that was opened or closed meanwhile may have seen the
    /// old state and reported nothing.
    private void apply() {
        for (var now = crowded.getAsBoolean(); now != paused; now = crowded.getAsBoolean()) {
            paused = now;
            accepting.set(!now);
        }
    }
}
