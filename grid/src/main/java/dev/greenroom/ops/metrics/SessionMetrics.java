package dev.greenroom.ops.metrics;

import dev.greenroom.net.relay.Relay.RelayResult;
import dev.greenroom.ops.metrics.Metric.MetricLabel;
import dev.greenroom.proxy.client.ClientConnection;
import dev.greenroom.proxy.client.SessionLog.Connect;
import dev.greenroom.proxy.client.SessionObserver;
import dev.greenroom.session.Refusal;
import dev.greenroom.session.Refusal.ExclusionReason;
import dev.greenroom.session.WorkerId;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/// Counts the outcomes of clients. Every series exists from the start, so that rates begin at 0.
public final class SessionMetrics implements SessionObserver, SessionObserver.Visit {
    private static final String CONNECTED = "connected";

    private final Map<String, MetricsRegistry.Clock> phases;
    private final Map<String, MetricsRegistry.Count> outcomes;
    private final Map<String, MetricsRegistry.Count> endings;
    private final Map<String, MetricsRegistry.Count> distrusted;
    private final MetricsRegistry.Clock sessions;

    public SessionMetrics(MetricsRegistry metrics) {
        this.phases = each(MetricLabel.PHASE, phase -> metrics.clock(Metric.CONNECT_SECONDS, phase));
        this.outcomes = each(MetricLabel.OUTCOME, outcome -> metrics.counter(Metric.CONNECTS, outcome));
        this.endings = each(MetricLabel.CAUSE, cause -> metrics.counter(Metric.ENDINGS, cause));
        this.distrusted = each(MetricLabel.DISTRUST, why -> metrics.counter(Metric.RECORDS_REFUSED, why));
        this.sessions = metrics.clock(Metric.SESSION_SECONDS);
    }

    private static <M> Map<String, M> each(MetricLabel label, Function<String, M> made) {
        return label.values().stream().collect(Collectors.toMap(Function.identity(), made));
    }

    private static <M> M known(Map<String, M> meters, String value) {
        var meter = meters.get(value);
        if (meter == null) {
            throw new IllegalStateException("no meter for the label value " + value);
        }
        return meter;
    }

    @Override
    public Visit began(ClientConnection client) {
        return this;
    }

    @Override
    public void distrusted(ExclusionReason why) {
        known(distrusted, MetricLabel.value(why)).add(1);
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
        known(outcomes, MetricLabel.value(why)).add(1);
    }

    @Override
    public void left() {
        refused(new Refusal.ClientLeft());
    }

    @Override
    public void ended(RelayResult relayResult, long totalNanos) {
        known(endings, MetricLabel.value(relayResult.ending().cause())).add(1);
        sessions.took(totalNanos);
    }
}
