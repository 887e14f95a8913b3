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

/// The session slots of a worker process, which all its runs share: the cap on sessions that holds even
/// when the registry is wrong. Safe for use by many threads.
public final class ProcessSlots {
    private final SessionLimit own;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition freed = lock.newCondition();
    private final Subscription.Listeners<RunSlots> releases = new Subscription.Listeners<>();

    // All below is guarded by the lock.
    private final List<RunSlots> runs = new ArrayList<>();
    private int limit;
    private int taken;

    /// @param own this process' `MAX_CONCURRENT_SESSIONS`; the default gives way to what the grid's proxies
    ///     say
    public ProcessSlots(SessionLimit own) {
        this.own = own;
        this.limit = own.value();
    }

    /// The slots of one more run, until they are closed.
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

    /// What the grid's proxies say; counts where this process was told nothing itself.
    public void gridSays(int maxConcurrent) {
        if (!own.explicit()) {
            locked(() -> limit = maxConcurrent);
        }
    }

    /// Sessions at once, of all runs together.
    public int limit() {
        return locked(() -> limit);
    }

    /// What a worker says in its record: only what somebody set.
    public OptionalInt explicitLimit() {
        return own.explicit() ? OptionalInt.of(own.value()) : OptionalInt.empty();
    }

    /// Sessions that all runs serve or prepare now.
    public int taken() {
        return locked(() -> taken);
    }

    /// Calls back when a run needs fewer slots than before. The listener must not block.
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
        private int underWay;
        private long served;
        private boolean draining;
        private Optional<Long> drainedBy = Optional.empty();

        private RunSlots() {}

        /// A slot that is taken until it is closed.
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

        /// Takes a slot; empty where the process has as many sessions as it may, and while this run drains.
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

        /// Gives out no more slots.
        public void drain() {
            locked(() -> draining = true);
        }

        /// Whether it gives out no more slots.
        public boolean isDraining() {
            return locked(() -> draining);
        }

        /// How often one was taken.
        public long served() {
            return locked(() -> served);
        }

        /// Sessions that this run serves or prepares now.
        public int taken() {
            return locked(() -> held);
        }

        /// Says how many sessions the registry has sent to this run, some of which may still be on their
        /// way.
        public void expect(int sessions) {
            locked(() -> underWay = sessions);
            releases.publish(this);
        }

        /// Slots that sessions of the other runs of this process use.
        public int occupied() {
            return locked(() -> runs.stream()
                    .filter(run -> run != this)
                    .mapToInt(run -> Math.max(run.held, run.underWay))
                    .sum());
        }

        /// The slots that are this run's: those that it uses while it drains, else what earlier runs leave.
        /// Those of all runs together are as many as the process has.
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
        /// @param atMost how long, unless [#drainWithin] says less; empty for as long as it takes
        /// @return false when some still were when the time was up
        boolean awaitDrained(Optional<Duration> atMost) throws InterruptedException {
            atMost.ifPresent(this::drainWithin);
            return await(() -> drainedBy);
        }

        /// Waits until no slot is taken.
        ///
        /// @return false when some still were when the time was up
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

        /// Has a drain take no longer than this from now on, also one that has begun.
        void drainWithin(Duration atMost) {
            locked(() -> {
                var by = System.nanoTime() + atMost.toNanos();
                if (drainedBy.isEmpty() || drainedBy.get() - by > 0) {
                    drainedBy = Optional.of(by);
                }
                freed.signalAll();
                return by;
            });
        }

        /// This run has ended: nothing of it counts any more.
        @Override
        public void close() {
            locked(() -> runs.remove(this));
        }
    }
}
