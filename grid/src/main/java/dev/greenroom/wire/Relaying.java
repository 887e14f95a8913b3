package dev.greenroom.wire;

import dev.greenroom.session.Ending;

/// A session that is being relayed. Its methods may be called on any thread.
public sealed interface Relaying permits Relay, InsideLink {
    /// Ends the session with a close frame to both sides, unless something else has ended it already.
    void end(Ending why);

    /// Waits until the far side's connection is closed. Interruption ends the session.
    Relayed await() throws InterruptedException;
}
