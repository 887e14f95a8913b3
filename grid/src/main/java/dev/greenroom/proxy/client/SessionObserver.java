package dev.greenroom.proxy.client;

import dev.greenroom.net.relay.Relay.RelayResult;
import dev.greenroom.proxy.client.SessionLog.Connect;
import dev.greenroom.session.Refusal;
import dev.greenroom.session.Refusal.ExclusionReason;
import dev.greenroom.session.TraceContext;
import dev.greenroom.session.WorkerId;
import java.util.List;
import java.util.Optional;

/// Is told of every client, for metrics and traces. Called on the session's thread; implementations
/// must not block or throw.
@FunctionalInterface
public interface SessionObserver {
    /// Does nothing.
    SessionObserver NONE = _ -> Visit.UNSEEN;

    /// Calls all of these in order. The worker is sent the first trace that one of them returns.
    static SessionObserver of(List<SessionObserver> observers) {
        return switch (observers.size()) {
            case 0 -> NONE;
            case 1 -> observers.getFirst();
            default -> new SessionObservers(observers);
        };
    }

    /// A client asks for a session.
    Visit began(ClientConnection client);

    /// Follows one client. Either `connected` and later `ended` is called, or `refused`, or `left`.
    interface Visit {
        /// Does nothing.
        Visit UNSEEN = new Visit() {};

        /// A slot was leased, and its worker is dialled now.
        ///
        /// @param soFar the times so far, earlier attempts included
        /// @return the trace context for the worker; empty if this observer has none
        default Optional<TraceContext> dialling(WorkerId worker, Connect soFar) {
            return Optional.empty();
        }

        /// The worker failed authentication; another one is tried.
        default void distrusted(ExclusionReason why) {}

        /// The client got its 101.
        ///
        /// @param totalNanos since its request was read
        default void connected(WorkerId worker, Connect connect, long totalNanos) {}

        /// The client was refused.
        default void refused(Refusal why) {}

        /// The client hung up before it had an answer.
        default void left() {}

        /// The session ended.
        ///
        /// @param totalNanos since its request was read
        default void ended(RelayResult relayResult, long totalNanos) {}
    }

    /// Several observers, called one after the other.
    record SessionObservers(List<SessionObserver> observers) implements SessionObserver {
        @Override
        public Visit began(ClientConnection client) {
            return new Visits(
                    observers.stream().map(observer -> observer.began(client)).toList());
        }

        private record Visits(List<Visit> visits) implements Visit {
            @Override
            public Optional<TraceContext> dialling(WorkerId worker, Connect soFar) {
                // toList() first: every observer must be called, also after the first one that has a trace.
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
