package dev.greenroom.ops.metrics;

import dev.greenroom.ops.metrics.Metric.MetricLabel;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// Writes `docs/metrics.md` from the list of metrics.
final class MetricsReference {
    private static final String INTRODUCTION = """
            # Every metric

            This page is written from the program; do not edit it.

            * `GET /metrics/prometheus` on the public port of `greenroom proxy` and `greenroom up` is the text that
              Prometheus reads. `GET /metrics` is the same for who asks with the `Accept` of Prometheus, and else the
              documented `{"activeConnections": 12}`. A worker has its own on its own port, `GET /metrics`.
            * Every process tells its own numbers; those of the whole grid say so. `METRICS=off` measures nothing.
            * Labels have the values that are listed here and no others, whatever clients send: a process has fewer
              than 1,000 series, however many sessions it has seen.
            * A histogram has `_bucket`, `_sum` and `_count`, in seconds.

            | metric | kind | labels | meaning |
            |---|---|---|---|
            """;

    private static final String REST = """

            ## Values of labels

            """;

    private static final String OTHERS = """

            ## The process and the JVM

            `process_files_open_files` and `process_files_max_files` are the descriptors. Besides there are the usual
            `jvm_memory_*`, `jvm_buffer_*`, `jvm_gc_*`, `jvm_threads_*`, `process_cpu_*`, `process_uptime_seconds`,
            `process_start_time_seconds`, `system_cpu_*` and `system_load_average_1m` of Micrometer.
            """;

    private MetricsReference() {}

    static String markdown() {
        var metrics = Stream.of(Metric.values()).map(MetricsReference::line).collect(Collectors.joining());
        var labels = Stream.of(Metric.values())
                .flatMap(metric -> metric.labels().stream())
                .distinct()
                .map(MetricsReference::line)
                .collect(Collectors.joining());
        return INTRODUCTION + metrics + REST + labels + OTHERS;
    }

    private static String line(Metric metric) {
        var labels =
                metric.labels().stream().map(label -> "`" + label.name() + "`").collect(Collectors.joining(", "));
        return "| `" + metric.title() + "` | " + metric.kind().name().toLowerCase(Locale.ROOT) + " | "
                + (labels.isEmpty() ? "–" : labels) + " | " + metric.meaning() + " |\n";
    }

    private static String line(MetricLabel label) {
        return label.values().stream()
                .map(value -> "`" + value + "`")
                .collect(Collectors.joining(", ", "* `" + label.name() + "`: ", "\n"));
    }
}
