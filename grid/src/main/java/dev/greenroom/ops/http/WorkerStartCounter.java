package dev.greenroom.ops.http;

import dev.greenroom.registry.WorkerRecord;
import dev.greenroom.session.BrowserType;
import dev.greenroom.session.WorkerId;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/// Counts incarnations of workers as they appear. One that was lost from sight and comes back is not a
/// start. Only one thread may look; many may read.
final class WorkerStartCounter {
    /// Remembered beyond those that live; foreign workers keep their ids, ours never do.
    private static final int MAX_GONE = 5_000;

    private final Map<BrowserType, LongAdder> starts = new EnumMap<>(BrowserType.class);
    private final Map<WorkerId, WorkerRecord> known = new HashMap<>();
    private boolean looked;

    WorkerStartCounter() {
        for (var browser : BrowserType.values()) {
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
