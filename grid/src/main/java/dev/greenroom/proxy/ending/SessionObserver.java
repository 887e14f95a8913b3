package dev.greenroom.proxy.ending;

import dev.greenroom.proxy.client.ClientConnection;
import dev.greenroom.proxy.ending.SessionLog.Connect;
import dev.greenroom.session.Distrust;
import dev.greenroom.session.Refusal;
import dev.greenroom.session.TraceContext;
import dev.greenroom.session.WorkerId;
import dev.greenroom.wire.Relayed;
import java.util.List;
import java.util.Optional;

/// Counts or follows clients on their way. Called on the thread of each session; nothing here may wait or throw.
@FunctionalInterface
public interface SessionObserver {
    /// Nobody looks.
    SessionObserver NONE = _ -> Visit.UNSEEN;

    /// All of these, in this order; the first trace that one of them has is the one that a worker is told.
    static SessionObserver of(List<SessionObserver> observers) {
        return switch (observers.size()) {
            case 0 -> NONE;
            case 1 -> observers.getFirst();
            default -> new Observers(observers);
        };
    }

    /// A client asks for a session.
    Visit began(ClientConnection client);

    /// What becomes of one client: either `connected` and later `ended`, or one of the others.
    interface Visit {
        /// Nobody looks.
        Visit UNSEEN = new Visit() {};

        /// A worker was found for it, and is dialled now.
        ///
        /// @param soFar what earlier tries took is part of it
        /// @return the trace that the worker is told of; empty when this observer has none
        default Optional<TraceContext> dialling(WorkerId worker, Connect soFar) {
            return Optional.empty();
        }

        /// The worker that was found is not to be trusted; another one is looked for.
        default void distrusted(Distrust why) {}

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
