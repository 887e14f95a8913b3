package dev.greenroom.proxy.client;

import dev.greenroom.net.relay.Relay.RelayResult;
import dev.greenroom.proxy.client.SessionLog.Connect;
import dev.greenroom.session.Refusal;
import dev.greenroom.session.Refusal.ExclusionReason;
import dev.greenroom.session.TraceContext;
import dev.greenroom.session.WorkerId;
import java.util.List;
import java.util.Optional;

/// Counts or follows clients on their way. Called on the thread of each session; nothing here may wait or
/// throw.
@FunctionalInterface
public interface SessionObserver {
    /// Nobody looks.
    SessionObserver NONE = _ -> Visit.UNSEEN;

    /// All of these, in this order; the first trace that one of them has is the one that a worker is told.
    static SessionObserver of(List<SessionObserver> observers) {
        return switch (observers.size()) {
            case 0 -> NONE;
            case 1 -> observers.getFirst();
            default -> new SessionObservers(observers);
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
        default void distrusted(ExclusionReason why) {}

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
        default void ended(RelayResult relayResult, long totalNanos) {}
    }

    /// Several that look, one after the other.
    record SessionObservers(List<SessionObserver> observers) implements SessionObserver {
        @Override
        public Visit began(ClientConnection client) {
            return new Visits(
                    observers.stream().map(observer -> observer.began(client)).toList());
        }

        private record Visits(List<Visit> visits) implements Visit {
            @Override
            public Optional<TraceContext> dialling(WorkerId worker, Connect soFar) {
                // Each of them hears of it, so the list is gone through to its end.
                return visits.stream().map(visit -> visit.dialling(worker, soFar)).toList().stream()
                        .flatMap(Optional::stream)
                        .findFirst();
            }

            @Override
            public void distrusted(ExclusionReason why) {
                visits.forEach(visit -> visit.distrusted(why));
            }

            @Override
            public void connected(WorkerId worker, Connect connect, long totalNanos) {
                visits.forEach(visit -> visit.connected(worker, connect, totalNanos));
            }

            @Override
            public void refused(Refusal why) {
                visits.forEach(visit -> visit.refused(why));
            }

            @Override
            public void left() {
                visits.forEach(Visit::left);
            }

            @Override
            public void ended(RelayResult relayResult, long totalNanos) {
                visits.forEach(visit -> visit.ended(relayResult, totalNanos));
            }
        }
    }
}
