package dev.greenroom.ops.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.net.relay.Relay.RelayResult;
import dev.greenroom.net.relay.Relay.RelayTraffic;
import dev.greenroom.net.relay.RelayStarter.RelayTotals;
import dev.greenroom.ops.metrics.ProxyMetrics.RedisMetrics;
import dev.greenroom.ops.metrics.ProxyMetrics.SessionMetrics;
import dev.greenroom.proxy.client.SessionLog.Connect;
import dev.greenroom.proxy.client.SessionObserver;
import dev.greenroom.session.BrowserType;
import dev.greenroom.session.ClientProtocol;
import dev.greenroom.session.PlaywrightVersion;
import dev.greenroom.session.Refusal;
import dev.greenroom.session.Refusal.ExclusionReason;
import dev.greenroom.session.Refusal.NoSlotReason;
import dev.greenroom.session.SessionEnding;
import dev.greenroom.session.SessionEnding.Cause;
import dev.greenroom.session.WorkerId;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class SessionMetricsTest {
    private static final int SESSIONS = 100_000;
    private static final WorkerId WORKER = new WorkerId(BrowserType.CHROMIUM, "a");

    private final MetricsRegistry metrics = MetricsRegistry.on();
    private final SessionObserver.Visit sessions = new SessionMetrics(metrics).of(ClientProtocol.PLAYWRIGHT);

    @AfterEach
    void close() {
        metrics.close();
    }

    @Test
    void a_session_is_measured_in_each_of_its_phases() {
        sessions.connected(WORKER, new Connect(0, 2_000_000, 3_000_000, 400_000_000, 1), 405_000_000);
        sessions.ended(relayed(Cause.CLIENT_CLOSED, "bye"), 61_000_000_000L);

        assertThat(scrape())
                .contains("grid_connects_total{outcome=\"connected\",protocol=\"playwright\"} 1.0\n")
                .contains("grid_connect_seconds_count{phase=\"queue\"} 1\n")
                .contains("grid_connect_seconds_bucket{phase=\"select\",le=\"0.001\"} 0\n")
                .contains("grid_connect_seconds_bucket{phase=\"select\",le=\"0.002\"} 1\n")
                .contains("grid_connect_seconds_sum{phase=\"upgrade\"} 0.4\n")
                .contains("grid_connect_seconds_sum{phase=\"total\"} 0.405\n")
                .contains("grid_endings_total{cause=\"client_closed\",protocol=\"playwright\"} 1.0\n")
                .contains("grid_session_seconds_sum 61.0\n");
    }

    @Test
    void a_client_without_a_session_is_counted_by_what_it_was_told() {
        sessions.refused(new Refusal.NoSlot(NoSlotReason.QUEUE_FULL));
        sessions.refused(new Refusal.RegistryUnavailable());
        sessions.left();

        assertThat(scrape())
                .contains("grid_connects_total{outcome=\"queue_full\",protocol=\"playwright\"} 1.0\n")
                .contains("grid_connects_total{outcome=\"registry_unavailable\",protocol=\"playwright\"} 1.0\n")
                .contains("grid_connects_total{outcome=\"client_left\",protocol=\"playwright\"} 1.0\n")
                .contains("grid_connects_total{outcome=\"connected\",protocol=\"playwright\"} 0.0\n");
    }

    @Test
    void S17_a_worker_that_was_not_trusted_is_counted_by_the_reason() {
        sessions.distrusted(ExclusionReason.SIGNATURE);
        sessions.distrusted(ExclusionReason.ADDRESS);
        sessions.distrusted(ExclusionReason.ADDRESS);

        assertThat(scrape())
                .contains("grid_worker_records_refused_total{reason=\"signature\"} 1.0\n")
                .contains("grid_worker_records_refused_total{reason=\"address\"} 2.0\n")
                .contains("grid_worker_records_refused_total{reason=\"proof\"} 0.0\n");
    }

    @Test
    void a_hundred_thousand_hostile_sessions_make_fewer_than_a_thousand_series() {
        var redis = new RedisMetrics(metrics);
        var totals = new RelayTotals();
        var sources = new ProxyMetrics.Sources(() -> 1, () -> 1, () -> Duration.ZERO, () -> 1, () -> 1, totals);
        ProxyMetrics.register(metrics, sources);

        for (var i = 0; i < SESSIONS; i++) {
            var hostile = "\"} evil{x=\"\n" + i;
            sessions.refused(refusal(i, hostile));
            sessions.connected(
                    new WorkerId(one(List.of(BrowserType.values()), i), "w" + i), new Connect(i, i, i, i, i), i);
            sessions.ended(relayed(one(List.of(Cause.values()), i), hostile), i);
            redis.answered(hostile, i);
        }

        var text = scrape();
        var series = text.lines().filter(line -> !line.startsWith("#")).toList();
        assertThat(series).hasSizeLessThan(1_000).noneMatch(line -> line.contains("evil"));
        assertThat(text)
                .contains("grid_connects_total{outcome=\"connected\",protocol=\"playwright\"} " + (double) SESSIONS);
    }

    private static Refusal refusal(int i, String hostile) {
        return switch (i % 4) {
            case 0 -> new Refusal.RefusedOption(hostile, hostile);
            case 1 -> new Refusal.BadRequest(hostile);
            case 2 -> new Refusal.NoVersion(new PlaywrightVersion(1, i), List.of());
            default -> new Refusal.NoSlot(one(List.of(NoSlotReason.values()), i));
        };
    }

    private static <T> T one(List<T> all, int i) {
        return all.get(i % all.size());
    }

    private static RelayResult relayed(Cause cause, String reason) {
        return new RelayResult(
                SessionEnding.of(cause, new SessionEnding.Close(1000, reason)), new RelayTraffic(1, 2, 3, 4));
    }

    private String scrape() {
        return metrics.text("").orElseThrow().text();
    }
}
