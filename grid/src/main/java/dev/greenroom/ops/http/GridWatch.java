package dev.greenroom.ops.http;

import dev.greenroom.registry.Registry.RegistryUnavailableException;
import dev.greenroom.schedule.PeriodicTask;
import dev.greenroom.session.BrowserType;
import java.time.Duration;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Keeps a snapshot of the grid that is a second old at most while the registry answers. Safe for use by
/// many threads.
final class GridWatch implements AutoCloseable {
    static final Duration PERIOD = Duration.ofSeconds(1);

    /// A proxy that has not heard of the registry for longer had better get no new clients.
    static final Duration LONGEST_SILENCE = Duration.ofSeconds(10);

    private static final Logger LOG = LoggerFactory.getLogger(GridWatch.class);

    private final GridView view;
    private final LongSupplier nanoTime;
    private final AtomicReference<GridSnapshot> latest;
    private final SortedSet<BrowserType> seen = new ConcurrentSkipListSet<>();
    private final WorkerStartCounter starts = new WorkerStartCounter();
    private volatile Optional<PeriodicTask> task = Optional.empty();

    GridWatch(GridView view, LongSupplier nanoTime) {
        this.view = view;
        this.nanoTime = nanoTime;
        this.latest = new AtomicReference<>(GridSnapshot.none(nanoTime.getAsLong()));
    }

    /// @param looked called after each look; must not block
    void start(Runnable looked) {
        task = Optional.of(PeriodicTask.startingIn(Duration.ZERO, PERIOD, "grid-watch", () -> {
            look();
            looked.run();
        }));
    }

    private void look() {
        var snapshot = fresh();
        if (snapshot.answers()) {
            starts.look(snapshot.workers().stream()
                    .map(GridSnapshot.Sighted::worker)
                    .toList());
        }
    }

    /// The browsers that have had a worker since this process began, in their own order.
    SortedSet<BrowserType> everSeen() {
        return new TreeSet<>(seen);
    }

    /// Incarnations that began while this watches.
    WorkerStartCounter starts() {
        return starts;
    }

    /// Asks the registry, and gives the last answer when there is no new one. Blocks for no longer than the
    /// registry's own deadline.
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
                    .log("The registry did not say which workers there are");
            return latest.updateAndGet(GridSnapshot::unanswered);
        }
    }

    /// The latest snapshot; never blocks.
    GridSnapshot last() {
        return latest.get();
    }

    /// How old what we know is.
    Duration silence() {
        return last().silence(nanoTime.getAsLong());
    }

    /// Why this proxy should get no new clients now; empty when it should. Never blocks.
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
