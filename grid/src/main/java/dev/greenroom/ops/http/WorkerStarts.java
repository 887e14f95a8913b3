package dev.greenroom.ops.http;

import dev.greenroom.registry.WorkerRecord;
import dev.greenroom.session.Browser;
import dev.greenroom.session.WorkerId;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/// Counts incarnations of workers as they appear. One that was lost from sight and comes back is not a start. Only one
/// thread may look; many may read.
final class WorkerStarts {
    /// Remembered beyond those that live; foreign workers keep their ids, ours never do.
    private static final int MAX_GONE = 5_000;

    private final Map<Browser, LongAdder> starts = new EnumMap<>(Browser.class);
    private final Map<WorkerId, WorkerRecord> known = new HashMap<>();
    private boolean looked;

    WorkerStarts() {
        for (var browser : Browser.values()) {
            starts.put(browser, new LongAdder());
        }
    }

    void look(List<WorkerRecord> workers) {
        for (var worker : workers) {
            var before = known.put(worker.worker(), worker);
            if (looked && (before == null || !before.startedAt().equals(worker.startedAt()))) {
                of(worker.worker().browser()).increment();
            }
        }
        if (known.size() > workers.size() + MAX_GONE) {
            known.keySet().retainAll(workers.stream().map(WorkerRecord::worker).toList());
        }
        looked = true;
    }

    private LongAdder of(Browser browser) {
        var adder = starts.get(browser);
        if (adder == null) {
            throw new IllegalStateException("every browser has a count");
        }
        return adder;
    }

    long count(Browser browser) {
        return of(browser).sum();
    }
}
