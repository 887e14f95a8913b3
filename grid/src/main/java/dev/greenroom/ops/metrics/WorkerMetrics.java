package dev.greenroom.ops.metrics;

import dev.greenroom.net.http.HttpResponse;
import dev.greenroom.ops.metrics.Metric.MetricLabel;
import dev.greenroom.registry.WorkerRecord.BrowsersTaken;
import dev.greenroom.schedule.Subscription;
import dev.greenroom.worker.driver.Driver.DriverDeath;
import dev.greenroom.worker.health.WorkerMetricsSink;
import dev.greenroom.worker.health.WorkerMetricsSink.WorkerHealth;
import dev.greenroom.worker.pool.BrowserPool.PoolListener;
import dev.greenroom.worker.pool.PooledBrowser.BrowserOrigin;
import java.time.Duration;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;

/// Registers the metrics of the worker runs in this process. Gauges are sums over all live runs: the one
/// that takes sessions, and earlier ones that drain.
public final class WorkerMetrics implements WorkerMetricsSink {
    private final MetricsRegistry metrics;
    private final List<Supplier<WorkerHealth>> live = new CopyOnWriteArrayList<>();
    private final MetricsRegistry.Count begun;
    private final MetricsRegistry.Count failures;
    private final MetricsRegistry.Count crashes;
    private final MetricsRegistry.Count renewalFailures;
    private final Map<String, MetricsRegistry.Count> deaths = new HashMap<>();
    private final Map<BrowserOrigin, MetricsRegistry.Count> taken = new EnumMap<>(BrowserOrigin.class);
    private final Map<BrowserOrigin, LongAdder> takenSoFar = new EnumMap<>(BrowserOrigin.class);
    private final MetricsRegistry.Clock launches;

    /// @param metrics where they are registered
    public WorkerMetrics(MetricsRegistry metrics) {
        this.metrics = metrics;
        this.begun = metrics.counter(Metric.WORKER_BEGUN);
        this.failures = metrics.counter(Metric.WORKER_LAUNCH_FAILURES);
        this.crashes = metrics.counter(Metric.WORKER_CRASHES);
        this.renewalFailures = metrics.counter(Metric.WORKER_RENEWAL_FAILURES);
        for (var origin : BrowserOrigin.values()) {
            taken.put(origin, metrics.counter(Metric.WORKER_BROWSERS_TAKEN, origin.word()));
            takenSoFar.put(origin, new LongAdder());
        }
        MetricLabel.DRIVER_DEATHS.forEach(word -> deaths.put(word, metrics.counter(Metric.WORKER_DRIVER_DEATHS, word)));
        this.launches = metrics.clock(Metric.WORKER_LAUNCH_SECONDS);
        metrics.gauge(Metric.WORKER_RUNS, live::size);
        sum(Metric.WORKER_SESSIONS, WorkerHealth::sessions);
        sum(Metric.WORKER_SLOTS, WorkerHealth::slots);
        sum(Metric.WORKER_WARM, numbers -> numbers.pool().warm());
        sum(
                Metric.WORKER_DRIVERS,
                numbers -> numbers.pool().drivers().values().stream()
                        .mapToLong(Integer::longValue)
                        .sum());
        sum(Metric.WORKER_DRIVERS_HUNG, numbers -> numbers.pool().hungDrivers());
        sum(Metric.WORKER_MEMORY, numbers -> numbers.memory().worker());
        sum(Metric.WORKER_SESSIONS_MEMORY, numbers -> numbers.memory().sessions());
        metrics.gauge(
                Metric.WORKER_SESSION_PEAK,
                () -> live.stream()
                        .mapToLong(numbers -> numbers.get().memory().sessionPeak())
                        .max()
                        .orElse(0));
        metrics.gauge(
                Metric.WORKER_HEALTHY,
                () -> live.stream()
                                .anyMatch(numbers -> numbers.get().unhealthy().isPresent())
                        ? 0
                        : 1);
    }

    private void sum(Metric metric, ToLongFunction<WorkerHealth> number) {
        metrics.gauge(
                metric, () -> live.stream().map(Supplier::get).mapToLong(number).sum());
    }

    @Override
    public PoolListener pool() {
        return new PoolListener() {
            @Override
            public void taken(BrowserOrigin origin) {
                Optional.ofNullable(taken.get(origin)).ifPresent(count -> count.add(1));
                Optional.ofNullable(takenSoFar.get(origin)).ifPresent(LongAdder::increment);
            }

            @Override
            public void launched(Duration took) {
                launches.took(took.toNanos());
            }

            @Override
            public void launchFailed() {
                failures.add(1);
            }

            @Override
            public void crashed() {
                crashes.add(1);
            }

            @Override
            public void driverDied(DriverDeath death) {
                Optional.ofNullable(deaths.get(MetricLabel.ofDriverDeath(death.cause())))
                        .ifPresent(count -> count.add(1));
            }
        };
    }

    @Override
    public BrowsersTaken browsersTaken() {
        return new BrowsersTaken(soFar(BrowserOrigin.WARM), soFar(BrowserOrigin.REUSED), soFar(BrowserOrigin.LAUNCHED));
    }

    private long soFar(BrowserOrigin origin) {
        return Optional.ofNullable(takenSoFar.get(origin)).map(LongAdder::sum).orElse(0L);
    }

    @Override
    public Subscription began(Supplier<WorkerHealth> numbers) {
        begun.add(1);
        live.add(numbers);
        return () -> live.remove(numbers);
    }

    @Override
    public void renewalFailed() {
        renewalFailures.add(1);
    }

    @Override
    public HttpResponse metrics(String accept) {
        return metrics.text(accept)
                .map(text -> HttpResponse.text(200, text.contentType(), text.text()))
                .orElse(HttpResponse.json(404, "{\"error\":\"not found\"}"));
    }
}
