package dev.greenroom.ops.http;

import dev.greenroom.ops.metrics.Metric;
import dev.greenroom.ops.metrics.MetricsRegistry;
import dev.greenroom.registry.WorkerRecord;
import dev.greenroom.registry.WorkerRecord.WorkerStatus;
import dev.greenroom.session.BrowserType;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.function.ToIntFunction;

/// Metrics of the whole grid, from the last snapshot, so that a scrape never blocks.
final class GridMetrics {
    private final MetricsRegistry metrics;
    private final Supplier<GridSnapshot> snapshot;
    private final WorkerStartCounter starts;

    private GridMetrics(MetricsRegistry metrics, GridWatch watch) {
        this.metrics = metrics;
        this.snapshot = watch::last;
        this.starts = watch.starts();
    }

    static void register(MetricsRegistry metrics, GridWatch watch) {
        var grid = new GridMetrics(metrics, watch);
        metrics.gauge(Metric.REGISTRY_ANSWERING, () -> watch.last().answers() ? 1 : 0);
        for (var browser : BrowserType.values()) {
            grid.register(browser);
        }
    }

    private void register(BrowserType browser) {
        slots(browser, "active", CapacityReport.SlotCounts::active);
        slots(browser, "available", CapacityReport.SlotCounts::available);
        slots(browser, "unavailable", slots -> Math.max(0, slots.slots() - slots.active() - slots.available()));
        for (var status : WorkerStatus.values()) {
            workers(Metric.WORKERS, worker -> worker.status() == status, browser, status.wireName());
        }
        workers(Metric.WORKER_SUSPECT, WorkerRecord::suspect, browser);
        workers(Metric.WORKERS_DUE, WorkerRecord::isDue, browser);
        metrics.gauge(
                Metric.SESSIONS_PAST_LIFETIME,
                () -> snapshot.get().workers().stream()
                        .map(GridSnapshot.Sighted::worker)
                        .filter(worker -> worker.worker().browser() == browser)
                        .mapToLong(WorkerRecord::sessionsPastLimit)
                        .sum(),
                browser.wireName());
        metrics.counted(Metric.WORKER_STARTS, () -> starts.count(browser), browser.wireName());
    }

    private void slots(BrowserType browser, String state, ToIntFunction<CapacityReport.SlotCounts> number) {
        var name = browser.wireName();
        metrics.gauge(Metric.CAPACITY_SLOTS, () -> number.applyAsInt(capacity(browser)), name, state);
    }

    private CapacityReport.SlotCounts capacity(BrowserType browser) {
        var workers = snapshot.get().workers().stream()
                .map(GridSnapshot.Sighted::worker)
                .filter(worker -> worker.worker().browser() == browser)
                .toList();
        return CapacityReport.of(workers, _ -> 0).total();
    }

    private void workers(Metric metric, Predicate<WorkerRecord> counted, BrowserType browser, String... status) {
        var labels =
                status.length == 0 ? new String[] {browser.wireName()} : new String[] {browser.wireName(), status[0]};
        metrics.gauge(
                metric,
                () -> snapshot.get().workers().stream()
                        .map(GridSnapshot.Sighted::worker)
                        .filter(worker -> worker.worker().browser() == browser)
                        .filter(counted)
                        .count(),
                labels);
    }
}
