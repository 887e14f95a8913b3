package dev.greenroom.proxy.ending;

import dev.greenroom.proxy.client.ClientConnection;
import dev.greenroom.proxy.ending.SessionLog.Connect;
import dev.greenroom.session.Refusal;
import dev.greenroom.session.WorkerId;
import dev.greenroom.wire.Relayed;

/// Counts or follows clients on their way. Called on the thread of each session; nothing here may wait or throw.
@FunctionalInterface
public interface SessionObserver {
    /// Nobody looks.
    SessionObserver NONE = _ -> Visit.UNSEEN;

    /// A client asks for a session.
    Visit began(ClientConnection client);

    /// What becomes of one client: either `connected` and later `ended`, or one of the others.
    interface Visit {
        /// Nobody looks.
        Visit UNSEEN = new Visit() {};

        /// It has its 101.
        ///
        /// @param totalNanos since its request was read
        default void connected(WorkerId worker, Connect connect, long totalNanos) {}

        /// It got no session.
        default void refused(Refusal why) {}

        /// It hung up before it had an answer.
        default void left() {}

        /// Its session is over.
        ///
        /// @param totalNanos since its request was read
        default void ended(Relayed relayed, long totalNanos) {}
    }
}
