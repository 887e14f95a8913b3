package dev.greenroom.ops.metrics;

import dev.greenroom.net.relay.Relay.RelayResult;
import dev.greenroom.net.relay.RelayStarter.RelayTotals;
import dev.greenroom.ops.metrics.Metric.MetricLabel;
import dev.greenroom.proxy.client.ClientConnection;
import dev.greenroom.proxy.client.SessionLog.Connect;
import dev.greenroom.proxy.client.SessionObserver;
import dev.greenroom.session.ClientProtocol;
import dev.greenroom.session.Refusal;
import dev.greenroom.session.Refusal.ExclusionReason;
import dev.greenroom.session.WorkerId;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.IntSupplier;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/// The gauges and counters of a proxy, read on each scrape.
public final class ProxyMetrics {
    private ProxyMetrics() {}

    /// The sources of the numbers. Called on the thread of the scrape; they must not block.
    ///
    /// @param sessions that the proxy relays now
    /// @param waiting queued clients of the proxy
    /// @param loopLag the largest scheduling delay of any event loop
    /// @param directBytes memory outside of the heap
    /// @param linesDropped by the log since the start
    /// @param relayed traffic since the start
    public record Sources(
            IntSupplier sessions,
            IntSupplier waiting,
            Supplier<Duration> loopLag,
            LongSupplier directBytes,
            LongSupplier linesDropped,
            RelayTotals relayed) {}

    /// Registers the metrics.
    public static void register(MetricsRegistry metrics, Sources sources) {
        var relayed = sources.relayed();
        metrics.gauge(Metric.SESSIONS, () -> sources.sessions().getAsInt());
        metrics.gauge(Metric.QUEUE_DEPTH, () -> sources.waiting().getAsInt());
        metrics.gauge(Metric.EVENT_LOOP_LAG, () -> sources.loopLag().get().toNanos() / 1e9);
        metrics.gauge(Metric.DIRECT_MEMORY, () -> sources.directBytes().getAsLong());
        metrics.counted(Metric.LOG_DROPPED, sources.linesDropped());
        metrics.counted(Metric.RELAY_BYTES, relayed::bytesFromClients, "from_client");
        metrics.counted(Metric.RELAY_BYTES, relayed::bytesFromWorkers, "from_worker");
        metrics.counted(Metric.RELAY_MESSAGES, relayed::messages);
    }

    /// Durations of Redis scripts.
    public static final class RedisMetrics {
        private final Map<String, MetricsRegistry.Clock> clocks;

        public RedisMetrics(MetricsRegistry metrics) {
            this.clocks = MetricLabel.OP.values().stream()
                    .collect(Collectors.toMap(Function.identity(), op -> metrics.clock(Metric.REDIS_OP_SECONDS, op)));
        }

        /// Records the duration of a script.
        public void answered(String script, long nanos) {
            Optional.ofNullable(clocks.get(MetricLabel.OP.bounded(script))).ifPresent(clock -> clock.took(nanos));
        }
    }

    /// Counts the outcomes of clients. Every series exists from the start, so that rates begin at 0.
    public static final class SessionMetrics implements SessionObserver {
        private static final String CONNECTED = "connected";

        private final Map<String, MetricsRegistry.Clock> phases;
        private final Map<String, MetricsRegistry.Count> distrusted;
        private final MetricsRegistry.Clock sessions;
        private final Map<ClientProtocol, ProtocolVisit> visits = new EnumMap<>(ClientProtocol.class);

        public SessionMetrics(MetricsRegistry metrics) {
            this.phases = each(MetricLabel.PHASE, phase -> metrics.clock(Metric.CONNECT_SECONDS, phase));
            this.distrusted = each(MetricLabel.DISTRUST, why -> metrics.counter(Metric.RECORDS_REFUSED, why));
            this.sessions = metrics.clock(Metric.SESSION_SECONDS);
            for (var protocol : ClientProtocol.values()) {
                visits.put(protocol, new ProtocolVisit(metrics, protocol.wireName()));
            }
        }

        private static <M> Map<String, M> each(MetricLabel label, Function<String, M> made) {
            return label.values().stream().collect(Collectors.toMap(Function.identity(), made));
        }

        private static <K, M> M known(Map<K, M> meters, K value) {
            var meter = meters.get(value);
            if (meter == null) {
                throw new IllegalStateException("no meter for the label value " + value);
            }
            return meter;
        }

        @Override
        public Visit began(ClientConnection client) {
            return of(client.protocol());
        }

        /// The clients of one protocol.
        Visit of(ClientProtocol protocol) {
            return known(visits, protocol);
        }

        private final class ProtocolVisit implements Visit {
            private final Map<String, MetricsRegistry.Count> outcomes;
            private final Map<String, MetricsRegistry.Count> endings;

            ProtocolVisit(MetricsRegistry metrics, String protocol) {
                this.outcomes =
                        each(MetricLabel.OUTCOME, outcome -> metrics.counter(Metric.CONNECTS, outcome, protocol));
                this.endings = each(MetricLabel.CAUSE, cause -> metrics.counter(Metric.ENDINGS, cause, protocol));
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
            public void ended(RelayResult result, long totalNanos) {
                known(endings, MetricLabel.value(result.ending().cause())).add(1);
                sessions.took(totalNanos);
            }
        }
    }
}
