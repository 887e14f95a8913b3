package dev.greenroom.ops.metrics;

import dev.greenroom.proxy.client.ClientConnection;
import dev.greenroom.proxy.ending.SessionLog.Connect;
import dev.greenroom.proxy.ending.SessionObserver;
import dev.greenroom.session.Distrust;
import dev.greenroom.session.Refusal;
import dev.greenroom.session.WorkerId;
import dev.greenroom.wire.Relayed;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/// Counts what becomes of clients. Every series is there from the start, so that a rate of it begins at 0.
public final class SessionMetrics implements SessionObserver, SessionObserver.Visit {
    private static final String CONNECTED = "connected";

    private final Map<String, Metrics.Clock> phases;
    private final Map<String, Metrics.Count> outcomes;
    private final Map<String, Metrics.Count> endings;
    private final Map<String, Metrics.Count> distrusted;
    private final Metrics.Clock sessions;

    public SessionMetrics(Metrics metrics) {
        this.phases = each(Label.PHASE, phase -> metrics.clock(Metric.CONNECT_SECONDS, phase));
        this.outcomes = each(Label.OUTCOME, outcome -> metrics.counter(Metric.CONNECTS, outcome));
        this.endings = each(Label.CAUSE, cause -> metrics.counter(Metric.ENDINGS, cause));
        this.distrusted = each(Label.DISTRUST, why -> metrics.counter(Metric.RECORDS_REFUSED, why));
        this.sessions = metrics.clock(Metric.SESSION_SECONDS);
    }

    private static <M> Map<String, M> each(Label label, Function<String, M> made) {
        return label.values().stream().collect(Collectors.toMap(Function.identity(), made));
    }

    private static <M> M known(Map<String, M> meters, String value) {
        var meter = meters.get(value);
        if (meter == null) {
            throw new IllegalStateException("every value of a label has its meter, but not " + value);
        }
        return meter;
    }

    @Override
    public Visit began(ClientConnection client) {
        return this;
    }

    @Override
    public void distrusted(Distrust why) {
        known(distrusted, Label.value(why)).add(1);
    }

    @Override
    public void connected(WorkerId worker, Connect connect, long totalNanos) {
        known(outcomes, CONNECTED).add(1);
        known(phases, "queue").took(connect.queueNanos());
        known(phases, "select").took(connect.selectNanos());
        known(phases, "dial").took(connect.dialNanos());
        known(phases, "upgrade").took(connect.upgradeNanos());
        known(phases, "total").took(totalNanos);
    }

    @Override
    public void refused(Refusal why) {
        known(outcomes, Label.value(why)).add(1);
    }

    @Override
    public void left() {
        refused(new Refusal.ClientLeft());
    }

    @Override
    public void ended(Relayed relayed, long totalNanos) {
        known(endings, Label.value(relayed.ending().cause())).add(1);
        sessions.took(totalNanos);
    }
}
