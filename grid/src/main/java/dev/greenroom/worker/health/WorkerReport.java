package dev.greenroom.worker.health;

import dev.greenroom.wire.Answer;
import dev.greenroom.worker.pool.PoolWatch;
import java.util.function.Supplier;

/// Where a worker reports what can be counted. Safe for use by many threads; nothing here blocks.
public interface WorkerReport {
    /// Nobody wants to know.
    WorkerReport NOWHERE = new WorkerReport() {
        @Override
        public PoolWatch pool() {
            return PoolWatch.NOBODY;
        }

        @Override
        public Mention began(Supplier<WorkerNumbers> numbers) {
            return () -> {};
        }

        @Override
        public Answer metrics(String accept) {
            return Answer.json(404, "{\"error\":\"not found\"}");
        }
    };

    /// Hears of launches and crashes.
    PoolWatch pool();

    /// A worker began. Its numbers are asked for until what this answers is closed.
    Mention began(Supplier<WorkerNumbers> numbers);

    /// Lasts until it is closed.
    interface Mention extends AutoCloseable {
        @Override
        void close();
    }

    /// The text for Prometheus.
    ///
    /// @param accept the `Accept` of the request
    Answer metrics(String accept);
}
