package dev.greenroom.registry.redis;

import dev.greenroom.registry.WorkerRecord;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/// The live workers, read at most once a second however many ask. Those who ask during a read wait for it.
final class WorkerList {
    private static final Duration MAX_AGE = Duration.ofSeconds(1);

    private final Supplier<List<WorkerRecord>> reader;
    private final LongSupplier nanos;
    private final ReentrantLock reading = new ReentrantLock();
    private volatile Snapshot last = new Snapshot(List.of(), 0, false);

    private record Snapshot(List<WorkerRecord> workers, long readAtNanos, boolean taken) {}

    /// @param reader reads them within a deadline, or throws
    WorkerList(Supplier<List<WorkerRecord>> reader, LongSupplier nanos) {
        this.reader = reader;
        this.nanos = nanos;
    }

    List<WorkerRecord> get() {
        if (isFresh(last)) {
            return last.workers();
        }
        reading.lock();
        try {
            if (!isFresh(last)) {
                var startedAt = nanos.getAsLong();
                last = new Snapshot(reader.get(), startedAt, true);
            }
            return last.workers();
        } finally {
            reading.unlock();
        }
    }

    private boolean isFresh(Snapshot snapshot) {
        return snapshot.taken() && nanos.getAsLong() - snapshot.readAtNanos() < MAX_AGE.toNanos();
    }
}
