package dev.greenroom.ops.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.core.instrument.composite.CompositeMeterRegistry;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The metrics of one process. Thread-safe and non-blocking.
///
/// The same metric with the same labels is created once. A label value that [Metric] does not declare is
/// counted as `other`.
public final class MetricsRegistry implements AutoCloseable {
    private static final String TOTAL = "_total";
    private static final Duration[] QUICK = Stream.of(
                    1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 15_000)
            .map(Duration::ofMillis)
            .toArray(Duration[]::new);
    private static final Duration[] LONG = Stream.of(1, 5, 15, 30, 60, 300, 900, 1_800, 3_600, 14_400)
            .map(Duration::ofSeconds)
            .toArray(Duration[]::new);

    private final MeterRegistry registry;
    private final @Nullable PrometheusMeterRegistry prometheus;
    private final List<AutoCloseable> binders = new ArrayList<>();

    /// Keeps the sources of counters reachable, since Micrometer references them weakly.
    private final Queue<LongSupplier> totals = new ConcurrentLinkedQueue<>();

    /// A counter.
    @FunctionalInterface
    public interface Count {
        /// Increases the counter.
        ///
        /// @param more 0 or more
        void add(long more);
    }

    /// A histogram of durations.
    @FunctionalInterface
    public interface Clock {
        /// Records a duration.
        void took(long nanos);
    }

    private MetricsRegistry(MeterRegistry registry, @Nullable PrometheusMeterRegistry prometheus) {
        this.registry = registry;
        this.prometheus = prometheus;
    }

    /// Metrics that are collected, including those of the JVM and the process.
    public static MetricsRegistry on() {
        var prometheus = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        var metrics = new MetricsRegistry(prometheus, prometheus);
        Stream.of(
                        new JvmMemoryMetrics(),
                        new JvmGcMetrics(),
                        new JvmThreadMetrics(),
                        new ProcessorMetrics(),
                        new FileDescriptorMetrics(),
                        new UptimeMetrics())
                .forEach(metrics::bind);
        return metrics;
    }

    /// Metrics that are discarded.
    public static MetricsRegistry off() {
        return new MetricsRegistry(new CompositeMeterRegistry(), null);
    }

    private void bind(MeterBinder binder) {
        binder.bindTo(registry);
        if (binder instanceof AutoCloseable closeable) {
            binders.add(closeable);
        }
    }

    /// Whether the metrics are collected.
    public boolean areKept() {
        return prometheus != null;
    }

    /// A counter that the caller adds to.
    ///
    /// @param values of the metric's labels, in their order
    public Count counter(Metric metric, String... values) {
        var counter = Counter.builder(name(metric))
                .description(metric.meaning())
                .tags(tags(metric, values))
                .register(registry);
        return counter::increment;
    }

    /// A counter that is read on each scrape.
    ///
    /// @param total must be monotonic
    public void counted(Metric metric, LongSupplier total, String... values) {
        totals.add(total);
        FunctionCounter.builder(name(metric), total, LongSupplier::getAsLong)
                .description(metric.meaning())
                .tags(tags(metric, values))
                .register(registry);
    }

    /// A gauge that is read on each scrape.
    public void gauge(Metric metric, DoubleSupplier now, String... values) {
        Gauge.builder(name(metric), now::getAsDouble)
                .description(metric.meaning())
                .tags(tags(metric, values))
                .strongReference(true)
                .register(registry);
    }

    /// A histogram of durations.
    public Clock clock(Metric metric, String... values) {
        var timer = Timer.builder(name(metric))
                .description(metric.meaning())
                .tags(tags(metric, values))
                .serviceLevelObjectives(metric == Metric.SESSION_SECONDS ? LONG : QUICK)
                .register(registry);
        return nanos -> timer.record(nanos, TimeUnit.NANOSECONDS);
    }

    /// The text for Prometheus; empty when metrics are off.
    ///
    /// @param accept the `Accept` of the request
    public Optional<MetricsText> text(String accept) {
        return Optional.ofNullable(prometheus).map(kept -> MetricsText.of(kept, accept));
    }

    /// Micrometer appends `_total` itself.
    private static String name(Metric metric) {
        var title = metric.title();
        return title.endsWith(TOTAL) ? title.substring(0, title.length() - TOTAL.length()) : title;
    }

    private static List<Tag> tags(Metric metric, String... values) {
        var labels = metric.labels();
        if (labels.size() != values.length) {
            throw new IllegalArgumentException(metric.title() + " has " + labels.size() + " labels");
        }
        var tags = new ArrayList<Tag>();
        for (var i = 0; i < values.length; i++) {
            tags.add(Tag.of(labels.get(i).name(), labels.get(i).bounded(values[i])));
        }
        return tags;
    }

    @Override
    public void close() {
        registry.close();
        for (var binder : binders) {
            try {
                binder.close();
            } catch (Exception e) {
                throw new IllegalStateException("a listener of the JVM could not be removed", e);
            }
        }
    }

    /// Metrics as text for Prometheus.
    ///
    /// @param contentType OpenMetrics if the request accepts it, else the older text format
    public record MetricsText(String contentType, String text) {
        private static final String OPEN_METRICS = "application/openmetrics-text";
        private static final String OPEN_METRICS_TYPE = OPEN_METRICS + "; version=1.0.0; charset=utf-8";
        private static final String PLAIN_TYPE = "text/plain; version=0.0.4; charset=utf-8";
        private static final Pattern PLAIN = Pattern.compile("(?:^|,)\\s*text/plain\\s*;[^,]*version\\s*=");

        static MetricsText of(PrometheusMeterRegistry kept, String accept) {
            var type = wantsOpenMetrics(accept) ? OPEN_METRICS_TYPE : PLAIN_TYPE;
            return new MetricsText(type, kept.scrape(type));
        }

        /// Whether an `Accept` header comes from Prometheus: it names OpenMetrics, or plain text with a
        /// version.
        public static boolean isWantedBy(String accept) {
            return wantsOpenMetrics(accept)
                    || PLAIN.matcher(accept.toLowerCase(Locale.ROOT)).find();
        }

        private static boolean wantsOpenMetrics(String accept) {
            return accept.toLowerCase(Locale.ROOT).contains(OPEN_METRICS);
        }
    }
}
