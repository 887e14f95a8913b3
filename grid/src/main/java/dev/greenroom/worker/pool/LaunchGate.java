package dev.greenroom.worker.pool;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/// Lets launches through: sessions a few at a time, refills one at a time and only while no session wants one.
final class LaunchGate {
    private final int atOnce;
    private final ReentrantLock lock = new ReentrantLock(true);
    private final Condition changed = lock.newCondition();
    private int running;
    private int sessionsWaiting;

    /// @param atOnce launches at the same time
    LaunchGate(int atOnce) {
        this.atOnce = atOnce;
    }

    /// Enters for a session; false when its patience ended first.
    boolean enter(Duration patience) throws InterruptedException {
        var nanos = patience.toNanos();
        if (!lock.tryLock(nanos, TimeUnit.NANOSECONDS)) {
            return false;
        }
        sessionsWaiting++;
        try {
            while (running >= atOnce) {
                if (nanos <= 0) {
                    return false;
                }
                nanos = changed.awaitNanos(nanos);
            }
            running++;
            return true;
        } finally {
            sessionsWaiting--;
            changed.signalAll();
            lock.unlock();
        }
    }

    /// Enters for a refill.
    void enterWhenQuiet() throws InterruptedException {
        lock.lockInterruptibly();
        try {
            while (running > 0 || sessionsWaiting > 0) {
                changed.await();
            }
            running++;
        } finally {
            lock.unlock();
        }
    }

    void leave() {
        lock.lock();
        try {
            running--;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }
}
