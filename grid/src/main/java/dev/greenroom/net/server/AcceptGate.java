package dev.greenroom.net.server;

import java.util.concurrent.Executor;
import java.util.function.BooleanSupplier;

/// Stops a listening socket from accepting while its server is crowded; newcomers wait in the kernel's
/// backlog then.
///
/// Connections come and go on many event loops, but only the listening socket's own loop switches it on and
/// off, and it sets what the number of connections says at that moment. So the last switch is always the
/// right one. Safe for use by many threads.
final class AcceptGate {
    private final BooleanSupplier crowded;
    private final Executor loop;
    private final AcceptSwitch accepting;

    /// Written by the loop alone.
    private volatile boolean paused;

    /// Switches the socket; called by the loop alone.
    interface AcceptSwitch {
        void set(boolean accepting);
    }

    /// @param loop of the listening socket; runs one task at a time
    AcceptGate(BooleanSupplier crowded, Executor loop, AcceptSwitch accepting) {
        this.crowded = crowded;
        this.loop = loop;
        this.accepting = accepting;
    }

    /// Says that a connection has come or gone.
    void changed() {
        if (paused != crowded.getAsBoolean()) {
            loop.execute(this::apply);
        }
    }

    /// Looks again after each switch: who came or went meanwhile may have seen the old state, and said
    /// nothing.
    private void apply() {
        for (var now = crowded.getAsBoolean(); now != paused; now = crowded.getAsBoolean()) {
            paused = now;
            accepting.set(!now);
        }
    }
}
