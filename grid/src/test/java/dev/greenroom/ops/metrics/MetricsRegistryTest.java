package dev.greenroom.ops.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.greenroom.ops.metrics.MetricsRegistry.MetricsText;
import java.lang.ref.WeakReference;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

final class MetricsRegistryTest {
    private final MetricsRegistry metrics = MetricsRegistry.on();

    @AfterEach
    void close() {
        metrics.close();
    }

    @ParameterizedTest
    @EnumSource(Metric.class)
    void a_metric_is_exposed_under_its_name_whatever_its_kind(Metric metric) {
        var values =
                metric.labels().stream().map(label -> label.values().getFirst()).toArray(String[]::new);

        switch (metric.kind()) {
            case COUNTER -> metrics.counter(metric, values).add(3);
            case GAUGE -> metrics.gauge(metric, () -> 3, values);
            case HISTOGRAM -> metrics.clock(metric, values).took(1_500_000);
        }

        var suffix = metric.kind() == Metric.MetricKind.HISTOGRAM ? "_count" : "";
        assertThat(scrape("")).containsPattern("(?m)^" + metric.title() + suffix + "(\\{.*})? [13]\\.?0?$");
    }

    @Test
    void a_value_that_its_label_cannot_have_is_other() {
        metrics.clock(Metric.REDIS_OP_SECONDS, "a script\nof an attacker").took(1);

        assertThat(scrape(""))
                .contains("grid_redis_op_seconds_count{op=\"other\"} 1\n")
                .doesNotContain("attacker");
    }

    @Test
    void a_counter_that_is_read_outlives_a_collection_of_garbage() {
        var total = new AtomicLong();
        metrics.counted(Metric.LOG_DROPPED, () -> total.get());
        var collected = new WeakReference<>(new Object());

        await().until(() -> {
            System.gc();
            return collected.get() == null;
        });
        total.set(7);

        assertThat(scrape("")).contains("grid_log_dropped_total 7.0\n");
    }

    @Test
    void a_metric_without_its_labels_is_a_mistake() {
        assertThatThrownBy(() -> metrics.counter(Metric.ENDINGS)).hasMessage("grid_endings_total has 2 labels");
    }

    @Test
    void the_process_and_the_jvm_are_measured_too() {
        assertThat(scrape(""))
                .contains("process_files_open_files ", "jvm_memory_used_bytes{", "jvm_buffer_memory_used_bytes{")
                .contains("jvm_threads_live_threads ", "process_cpu_usage ", "process_uptime_seconds ");
    }

    @Test
    void metrics_that_are_off_take_everything_and_say_nothing() {
        try (var off = MetricsRegistry.off()) {
            off.counter(Metric.CONNECTS, "connected", "playwright").add(1);
            off.clock(Metric.SESSION_SECONDS).took(1);
            off.gauge(Metric.SESSIONS, () -> 1);

            assertThat(off.text("")).isEmpty();
            assertThat(off.areKept()).isFalse();
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                application/openmetrics-text;version=1.0.0,text/plain;q=0.5         | true
                Application/OpenMetrics-Text                                        | true
                text/plain;version=0.0.4;q=0.5,*/*;q=0.1                            | true
                application/json, text/plain; version=0.0.4                         | true
                text/plain                                                          | false
                text/plain, application/json;version=1                              | false
                */*                                                                 | false
                text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8     | false
                """)
    void prometheus_is_known_by_what_it_accepts(String accept, boolean wanted) {
        assertThat(MetricsText.isWantedBy(accept)).isEqualTo(wanted);
    }

    @Test
    void who_asks_for_open_metrics_gets_it() {
        var open = metrics.text("application/openmetrics-text; version=1.0.0").orElseThrow();
        var plain = metrics.text("text/plain; version=0.0.4").orElseThrow();

        assertThat(open.contentType()).startsWith("application/openmetrics-text");
        assertThat(open.text()).endsWith("# EOF\n");
        assertThat(plain.contentType()).startsWith("text/plain; version=0.0.4");
        assertThat(plain.text()).doesNotContain("# EOF");
    }

    @Test
    void every_value_of_every_label_is_a_plain_word() {
        assertThat(Stream.of(Metric.values()).flatMap(metric -> metric.labels().stream()))
                .allSatisfy(label -> assertThat(label.values())
                        .doesNotHaveDuplicates()
                        .allMatch(value -> value.matches("[a-z][a-z_]*")));
    }

    private String scrape(String accept) {
        return metrics.text(accept).orElseThrow().text();
    }
}
