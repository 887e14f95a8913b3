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

/// Several that look, one after the other.
record Observers(List<SessionObserver> observers) implements SessionObserver {
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
        public void distrusted(Distrust why) {
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
        public void ended(Relayed relayed, long totalNanos) {
            visits.forEach(visit -> visit.ended(relayed, totalNanos));
        }
    }
}
