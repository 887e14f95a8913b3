package dev.greenroom;

import dev.greenroom.ops.metrics.Metric;
import dev.greenroom.ops.metrics.Metrics;
import dev.greenroom.session.Subscription;
import dev.greenroom.wire.Answer;
import dev.greenroom.worker.health.WorkerNumbers;
import dev.greenroom.worker.health.WorkerReport;
import dev.greenroom.worker.pool.PoolWatch;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;

/// What the worker runs of this process report, as metrics. Gauges are sums over the runs that live: the one that
/// serves, and those before it that drain.
public final class WorkerMetrics implements WorkerReport {
    private final Metrics metrics;
    private final List<Supplier<WorkerNumbers>> live = new CopyOnWriteArrayList<>();
    private final Metrics.Count begun;
    private final Metrics.Count failures;
    private final Metrics.Count crashes;
    private final Metrics.Count renewalFailures;
    private final Metrics.Clock launches;

    /// @param metrics takes them
    public WorkerMetrics(Metrics metrics) {
        this.metrics = metrics;
        this.begun = metrics.counter(Metric.WORKER_BEGUN);
        this.failures = metrics.counter(Metric.WORKER_LAUNCH_FAILURES);
        this.crashes = metrics.counter(Metric.WORKER_CRASHES);
        this.renewalFailures = metrics.counter(Metric.WORKER_RENEWAL_FAILURES);
        this.launches = metrics.clock(Metric.WORKER_LAUNCH_SECONDS);
        metrics.gauge(Metric.WORKER_RUNS, live::size);
        sum(Metric.WORKER_SESSIONS, WorkerNumbers::sessions);
        sum(Metric.WORKER_SLOTS, WorkerNumbers::slots);
        sum(Metric.WORKER_WARM, numbers -> numbers.pool().warm());
        sum(
                Metric.WORKER_DRIVERS,
                numbers -> numbers.pool().drivers().values().stream()
                        .mapToLong(Integer::longValue)
                        .sum());
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

    private void sum(Metric metric, ToLongFunction<WorkerNumbers> number) {
        metrics.gauge(
                metric, () -> live.stream().map(Supplier::get).mapToLong(number).sum());
    }

    @Override
    public PoolWatch pool() {
        return new PoolWatch() {
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
        };
    }

    @Override
    public Subscription began(Supplier<WorkerNumbers> numbers) {
        begun.add(1);
        live.add(numbers);
        return () -> live.remove(numbers);
    }

    @Override
    public void renewalFailed() {
        renewalFailures.add(1);
    }

    @Override
    public Answer metrics(String accept) {
        return metrics.text(accept)
                .map(text -> Answer.text(200, text.contentType(), text.text()))
                .orElse(Answer.json(404, "{\"error\":\"not found\"}"));
    }
}
