package dev.greenroom.ops.http;

import dev.greenroom.registry.WorkerRecord;
import dev.greenroom.session.BrowserType;
import dev.greenroom.session.WorkerId;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/// Counts worker runs as they appear in the registry. One that disappears and returns counts once. One
/// thread may update it; many may read.
final class WorkerStartCounter {
    /// Maximum number of dead workers to remember: foreign workers reuse their ids.
    private static final int MAX_GONE = 5_000;

    private final Map<BrowserType, LongAdder> starts = new EnumMap<>(BrowserType.class);
    private final Map<WorkerId, WorkerRecord> known = new HashMap<>();
    private boolean updated;

    WorkerStartCounter() {
        for (var browser : BrowserType.values()) {
            starts.put(browser, new LongAdder());
        }
    }

    void update(List<WorkerRecord> workers) {
        for (var worker : workers) {
            var before = known.put(worker.worker(), worker);
            if (updated && (before == null || !before.startedAt().equals(worker.startedAt()))) {
                of(worker.worker().browser()).increment();
            }
        }
        if (known.size() > workers.size() + MAX_GONE) {
            known.keySet().retainAll(workers.stream().map(WorkerRecord::worker).toList());
        }
        updated = true;
    }

    private LongAdder of(BrowserType browser) {
        var adder = starts.get(browser);
        if (adder == null) {
            throw new IllegalStateException("every browser has a count");
        }
        return adder;
    }

    long count(BrowserType browser) {
        return of(browser).sum();
    }
}
