package dev.greenroom.ops.http;

import dev.greenroom.ops.http.CapacityReport.CapacityHistory;
import dev.greenroom.ops.http.OpsRoutes.GridView;
import dev.greenroom.registry.Registry.RegistryUnavailableException;
import dev.greenroom.schedule.PeriodicTask;
import dev.greenroom.session.BrowserType;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Refreshes the snapshot of the grid every second. Thread-safe.
final class GridWatch implements AutoCloseable {
    static final Duration PERIOD = Duration.ofSeconds(1);

    /// A proxy whose registry has not answered for longer is not ready.
    static final Duration LONGEST_SILENCE = Duration.ofSeconds(10);

    private static final Logger LOG = LoggerFactory.getLogger(GridWatch.class);

    private final GridView view;
    private final InstantSource clock;
    private final LongSupplier nanoTime;
    private final CapacityHistory history = new CapacityHistory();
    private final AtomicReference<GridSnapshot> latest;
    private final SortedSet<BrowserType> seen = new ConcurrentSkipListSet<>();
    private final WorkerStartCounter starts = new WorkerStartCounter();
    private volatile Optional<PeriodicTask> task = Optional.empty();

    GridWatch(GridView view, InstantSource clock, LongSupplier nanoTime) {
        this.view = view;
        this.clock = clock;
        this.nanoTime = nanoTime;
        this.latest = new AtomicReference<>(GridSnapshot.none(nanoTime.getAsLong()));
    }

    /// @param refreshed called after each refresh; must not block
    void start(Runnable refreshed) {
        task = Optional.of(PeriodicTask.startingIn(Duration.ZERO, PERIOD, "grid-watch", () -> {
            refresh();
            refreshed.run();
        }));
    }

    private void refresh() {
        var snapshot = fresh();
        if (snapshot.answers()) {
            var workers = snapshot.workers().stream()
                    .map(GridSnapshot.Sighted::worker)
                    .toList();
            starts.update(workers);
            history.seen(CapacityReport.of(workers, view.waiting()).total(), clock.instant());
        }
    }

    /// The last hour, as the body of a response.
    CapacityHistory.HistoryBody history() {
        return history.body();
    }

    /// The browser types that have had a worker since this process started, sorted.
    SortedSet<BrowserType> everSeen() {
        return new TreeSet<>(seen);
    }

    /// Worker runs that started since this process did.
    WorkerStartCounter starts() {
        return starts;
    }

    /// Calls the registry; returns the last snapshot if it does not answer. Blocks until the deadline of
    /// the registry at most.
    GridSnapshot fresh() {
        try {
            var workers = view.registry().workers();
            workers.forEach(worker -> seen.add(worker.worker().browser()));
            var own = view.liveSessions().getAsInt();
            var now = nanoTime.getAsLong();
            return latest.updateAndGet(before -> before.answered(workers, own, now));
        } catch (RegistryUnavailableException e) {
            LOG.atDebug()
                    .addKeyValue("code", "REGISTRY_SILENT")
                    .addKeyValue("cause", e.getMessage())
                    .log("The registry did not list the workers");
            return latest.updateAndGet(GridSnapshot::unanswered);
        }
    }

    /// The latest snapshot; never blocks.
    GridSnapshot last() {
        return latest.get();
    }

    /// The age of the snapshot.
    Duration silence() {
        return last().silence(nanoTime.getAsLong());
    }

    /// Why this proxy should get no new clients; empty if it is ready. Never blocks.
    Optional<String> whyNotReady() {
        if (view.draining().getAsBoolean()) {
            return Optional.of("draining");
        }
        var silence = silence();
        if (silence.compareTo(LONGEST_SILENCE) > 0) {
            return Optional.of("the registry has not answered for " + silence.toSeconds() + " s");
        }
        return last().everAnswered() ? Optional.empty() : Optional.of("starting");
    }

    long nowNanos() {
        return nanoTime.getAsLong();
    }

    @Override
    public void close() {
        task.ifPresent(PeriodicTask::close);
    }
}
