package dev.greenroom.worker.gateway;

import dev.greenroom.schedule.Subscription;
import dev.greenroom.session.SessionLimit;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Supplier;

/// The session slots of a worker process, which all its runs share. This limit on sessions holds even when
/// the registry is wrong. Safe for use by many threads.
public final class ProcessSlots {
    private final SessionLimit own;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition freed = lock.newCondition();
    private final Subscription.Listeners<RunSlots> releases = new Subscription.Listeners<>();

    // All below is guarded by the lock.
    private final List<RunSlots> runs = new ArrayList<>();
    private int limit;
    private int taken;

    /// @param own `MAX_CONCURRENT_SESSIONS` of this process; where it is the default, the limit of the
    ///     proxies counts
    public ProcessSlots(SessionLimit own) {
        this.own = own;
        this.limit = own.value();
    }

    /// Creates the slots of one more run; closed when the run ends.
    public RunSlots newRun() {
        lock.lock();
        try {
            var run = new RunSlots();
            runs.add(run);
            return run;
        } finally {
            lock.unlock();
        }
    }

    /// Sets the limit of the proxies; ignored where this process has its own.
    public void setGridLimit(int maxConcurrent) {
        if (!own.explicit()) {
            locked(() -> limit = maxConcurrent);
        }
    }

    /// Concurrent sessions of all runs together, at most.
    public int limit() {
        return locked(() -> limit);
    }

    /// The limit in the worker's record; empty for the default.
    public OptionalInt explicitLimit() {
        return own.explicit() ? OptionalInt.of(own.value()) : OptionalInt.empty();
    }

    /// Sessions that all runs serve or prepare now.
    public int taken() {
        return locked(() -> taken);
    }

    /// Calls the listener when a run needs fewer slots than before. It must not block.
    public Subscription onRelease(Consumer<RunSlots> listener) {
        return releases.add(listener);
    }

    private <T> T locked(Supplier<T> action) {
        lock.lock();
        try {
            return action.get();
        } finally {
            lock.unlock();
        }
    }

    /// The slots as one worker run sees them.
    public final class RunSlots implements AutoCloseable {
        // All guarded by the lock.
        private int held;
        private int expected;
        private long served;
        private boolean draining;
        private Optional<Long> drainDeadline = Optional.empty();

        private RunSlots() {}

        /// A taken slot; closing releases it.
        final class Slot implements AutoCloseable {
            private Slot() {}

            @Override
            public void close() {
                locked(() -> {
                    held--;
                    taken--;
                    freed.signalAll();
                    return held;
                });
                releases.publish(RunSlots.this);
            }
        }

        /// Takes a slot; empty when the process is at its limit, and while this run drains.
        Optional<Slot> take() {
            return locked(() -> {
                if (draining || taken >= limit) {
                    return Optional.empty();
                }
                held++;
                taken++;
                served++;
                return Optional.of(new Slot());
            });
        }

        /// Refuses all further slots.
        public void drain() {
            locked(() -> draining = true);
        }

        /// Whether it refuses all further slots.
        public boolean isDraining() {
            return locked(() -> draining);
        }

        /// How many slots were taken since the start.
        public long served() {
            return locked(() -> served);
        }

        /// Sessions that this run serves or prepares now.
        public int taken() {
            return locked(() -> held);
        }

        /// Sets how many sessions the registry has granted to this run, including those not yet connected.
        public void expect(int sessions) {
            locked(() -> expected = sessions);
            releases.publish(this);
        }

        /// Slots that sessions of the other runs of this process use.
        public int occupied() {
            return locked(() -> runs.stream()
                    .filter(run -> run != this)
                    .mapToInt(run -> Math.max(run.held, run.expected))
                    .sum());
        }

        /// The slots of this run: while it drains, those that it uses; otherwise what earlier runs leave.
        /// All runs together have as many as the process.
        public int allotted() {
            return locked(() -> {
                var left = limit;
                for (var run : runs) {
                    var its = run.draining ? run.held : left;
                    if (run == this) {
                        return its;
                    }
                    left = Math.max(0, left - its);
                }
                return 0;
            });
        }

        /// Waits until no slot is taken, after [#drain].
        ///
        /// @param atMost how long, unless [#drainWithin] sets less; empty for no limit
        /// @return false when slots are still taken after that time
        boolean awaitDrained(Optional<Duration> atMost) throws InterruptedException {
            atMost.ifPresent(this::drainWithin);
            return await(() -> drainDeadline);
        }

        /// Waits until no slot is taken.
        ///
        /// @return false when slots are still taken after that time
        boolean awaitNoneTaken(Duration atMost) throws InterruptedException {
            var by = Optional.of(System.nanoTime() + atMost.toNanos());
            return await(() -> by);
        }

        private boolean await(Supplier<Optional<Long>> byNanos) throws InterruptedException {
            lock.lockInterruptibly();
            try {
                while (held > 0) {
                    var by = byNanos.get();
                    if (by.isEmpty()) {
                        freed.await();
                    } else if (by.get() - System.nanoTime() <= 0) {
                        return false;
                    } else {
                        var _ = freed.await(by.get() - System.nanoTime(), TimeUnit.NANOSECONDS);
                    }
                }
                return true;
            } finally {
                lock.unlock();
            }
        }

        /// Limits a drain from now on, also one that is under way.
        void drainWithin(Duration atMost) {
            locked(() -> {
                var by = System.nanoTime() + atMost.toNanos();
                if (drainDeadline.isEmpty() || drainDeadline.get() - by > 0) {
                    drainDeadline = Optional.of(by);
                }
                freed.signalAll();
                return by;
            });
        }

        /// Ends the run's share of the slots.
        @Override
        public void close() {
            locked(() -> runs.remove(this));
        }
    }
}
