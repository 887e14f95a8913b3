package dev.greenroom.worker.gateway;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;

/// The worker's own cap on sessions: the fence that holds even when the registry is wrong. Safe for use by many
/// threads.
final class Slots {
    private final int cap;
    private final Semaphore free;
    private final LongAdder served = new LongAdder();
    private volatile boolean draining;

    Slots(int cap) {
        this.cap = cap;
        this.free = new Semaphore(cap);
    }

    /// A slot that is taken until it is closed.
    final class Slot implements AutoCloseable {
        private Slot() {}

        @Override
        public void close() {
            free.release();
        }
    }

    /// Takes a slot; empty at the cap and while draining.
    Optional<Slot> take() {
        if (draining || !free.tryAcquire()) {
            return Optional.empty();
        }
        served.increment();
        return Optional.of(new Slot());
    }

    /// Gives out no more slots.
    void drain() {
        draining = true;
    }

    boolean isDraining() {
        return draining;
    }

    /// How often one was taken.
    long served() {
        return served.sum();
    }

    int taken() {
        return cap - free.availablePermits();
    }

    /// Waits until no slot is taken. Only after [#drain].
    ///
    /// @return false when some still were when the time was up
    boolean awaitNoneTaken(Duration atMost) throws InterruptedException {
        if (!free.tryAcquire(cap, atMost.toNanos(), TimeUnit.NANOSECONDS)) {
            return false;
        }
        free.release(cap);
        return true;
    }
}
