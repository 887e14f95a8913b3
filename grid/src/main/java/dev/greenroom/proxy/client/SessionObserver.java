package dev.greenroom.proxy.client;

import dev.greenroom.net.relay.Relay.RelayResult;
import dev.greenroom.proxy.client.SessionLog.Connect;
import dev.greenroom.session.Refusal;
import dev.greenroom.session.Refusal.ExclusionReason;
import dev.greenroom.session.WorkerId;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

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

    /// The trace that a request belongs to (W3C Trace Context).
    ///
    /// @param parent the value of `traceparent`, well-formed
    /// @param state the value of `tracestate`: visible ASCII, commas and blanks, at most 512 characters
    public record TraceContext(String parent, Optional<String> state) {
        /// The header with the ids of trace and span.
        public static final String PARENT_HEADER = "traceparent";

        /// The header with vendor-specific data.
        public static final String STATE_HEADER = "tracestate";

        private static final String IDS = "(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}";

        /// Later versions may append more; version `ff` is invalid.
        private static final Pattern PARENT =
                Pattern.compile("00-" + IDS + "|(?!00|ff)[0-9a-f]{2}-" + IDS + "(-[!-~]{0,64})?");

        private static final Pattern STATE = Pattern.compile("[ -~\\t]{1,512}");

        /// Parses the values of both headers. Empty when there is no parent, more than one, or a malformed
        /// one; the request then starts a new trace. Ignores a malformed state.
        public static Optional<TraceContext> of(List<String> parents, List<String> states) {
            if (parents.size() != 1 || !PARENT.matcher(parents.getFirst()).matches()) {
                return Optional.empty();
            }
            var state = Optional.of(String.join(",", states))
                    .filter(text -> STATE.matcher(text).matches());
            return Optional.of(new TraceContext(parents.getFirst(), state));
        }
    }
}
