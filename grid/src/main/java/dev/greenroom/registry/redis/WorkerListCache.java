package dev.greenroom.registry.redis;

import dev.greenroom.registry.WorkerRecord;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/// Caches the list of live workers for a second. Callers of [#get] during a read wait for it. Safe for use by
/// many threads.
final class WorkerListCache {
    private static final Duration MAX_AGE = Duration.ofSeconds(1);

    /// A proxy reads the workers every second ([dev.greenroom.ops.http]), so the cached list is younger than
    /// this.
    private static final Duration MAX_KNOWN_AGE = Duration.ofSeconds(3);

    private final Supplier<List<WorkerRecord>> reader;
    private final LongSupplier nanos;
    private final ReentrantLock reading = new ReentrantLock();
    private volatile CachedWorkers last = new CachedWorkers(List.of(), 0, false);

    private record CachedWorkers(List<WorkerRecord> workers, long readAtNanos, boolean taken) {}

    /// @param reader reads them within a deadline, or throws
    WorkerListCache(Supplier<List<WorkerRecord>> reader, LongSupplier nanos) {
        this.reader = reader;
        this.nanos = nanos;
    }

    List<WorkerRecord> get() {
        if (isYounger(last, MAX_AGE)) {
            return last.workers();
        }
        reading.lock();
        try {
            if (!isYounger(last, MAX_AGE)) {
                var startedAt = nanos.getAsLong();
                last = new CachedWorkers(reader.get(), startedAt, true);
            }
            return last.workers();
        } finally {
            reading.unlock();
        }
    }

    /// The workers as they were read last, if that was less than three seconds ago.
    List<WorkerRecord> known() {
        var known = last;
        return isYounger(known, MAX_KNOWN_AGE) ? known.workers() : get();
    }

    private boolean isYounger(CachedWorkers snapshot, Duration age) {
        return snapshot.taken() && nanos.getAsLong() - snapshot.readAtNanos() < age.toNanos();
    }
}
