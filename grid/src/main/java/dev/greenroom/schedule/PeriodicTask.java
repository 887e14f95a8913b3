package dev.greenroom.schedule;

import java.time.Duration;
import java.util.Collection;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A task that runs every interval on a thread of its own, until it is closed. It never runs twice at once.
/// A run that throws, whatever it throws, is logged and does not end the task. When a run takes longer than
/// the interval, the runs that are missed are left out. Safe for use by many threads.
///
/// All periodic work of Greenroom is one of these, because a `ScheduledExecutorService` drops a task
/// silently with its first exception.
public final class PeriodicTask implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(PeriodicTask.class);

    /// A task that fails all the time is logged once in this time.
    private static final Duration LOG_INTERVAL = Duration.ofMinutes(1);

    private final String name;
    private final long interval;
    private final Runnable work;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();

    /// When the next regular run is due, on the clock of [System#nanoTime]; this and what follows is
    /// guarded by the lock.
    private long regular;

    /// When a run was asked for that is earlier.
    private @Nullable Long asked;

    private boolean closed;
    private @Nullable Thread thread;

    /// Failures since the last one that was logged, and when that was; used by the task's own thread alone.
    private long unlogged;

    private @Nullable Long logged;

    private PeriodicTask(String name, Duration interval, Runnable work) {
        this.name = name;
        this.interval = Math.max(1, interval.toNanos());
        this.work = work;
    }

    /// A task that runs for the first time when one interval has passed. Runs on a virtual thread.
    ///
    /// @param name of the task, for the log and for its thread
    public static PeriodicTask every(Duration interval, String name, Runnable work) {
        return startingIn(interval, interval, name, work);
    }

    /// A task with a first delay of its own: zero to run at once, a random one to run apart from others.
    public static PeriodicTask startingIn(Duration first, Duration interval, String name, Runnable work) {
        var task = new PeriodicTask(name, interval, work);
        task.start(first, Thread.ofVirtual());
        return task;
    }

    /// As [#every], on a platform thread: for a task that has to be on time when the virtual threads are
    /// not.
    public static PeriodicTask onPlatformThread(Duration interval, String name, Runnable work) {
        var task = new PeriodicTask(name, interval, work);
        task.start(interval, Thread.ofPlatform().daemon());
        return task;
    }

    private void start(Duration first, Thread.Builder threads) {
        lock.lock();
        try {
            regular = System.nanoTime() + first.toNanos();
            thread = threads.name(name).start(this::runUntilClosed);
        } finally {
            lock.unlock();
        }
    }

    /// Has a run begin within this time, unless one is due earlier. A run that is under way does not count.
    public void runWithin(Duration delay) {
        lock.lock();
        try {
            var wanted = System.nanoTime() + delay.toNanos();
            if (wanted - due() < 0) {
                asked = wanted;
                changed.signalAll();
            }
        } finally {
            lock.unlock();
        }
    }

    /// Has the next regular run begin no earlier than in this time; for a run that has cost much.
    public void rest(Duration atLeast) {
        lock.lock();
        try {
            regular = later(regular, System.nanoTime() + atLeast.toNanos());
        } finally {
            lock.unlock();
        }
    }

    private long due() {
        return asked != null && asked - regular < 0 ? asked : regular;
    }

    private static long later(long nanos, long other) {
        return nanos - other < 0 ? other : nanos;
    }

    private void runUntilClosed() {
        try {
            while (awaitDue()) {
                try {
                    work.run();
                } catch (RuntimeException | Error e) {
                    failed(e);
                }
                skipMissedRuns();
            }
        } catch (InterruptedException _) {
            // Only `closeAll` interrupts.
        }
    }

    /// @return false when the task is closed
    private boolean awaitDue() throws InterruptedException {
        lock.lockInterruptibly();
        try {
            for (var left = due() - System.nanoTime(); left > 0 && !closed; left = due() - System.nanoTime()) {
                var _ = changed.awaitNanos(left);
            }
            asked = null;
            skipMissedRuns();
            return !closed;
        } finally {
            lock.unlock();
        }
    }

    /// Sets the next regular run to the next time in the rhythm that has not passed.
    private void skipMissedRuns() {
        lock.lock();
        try {
            var late = System.nanoTime() - regular;
            if (late >= 0) {
                regular += (late / interval + 1) * interval;
            }
        } finally {
            lock.unlock();
        }
    }

    private void failed(Throwable cause) {
        unlogged++;
        var now = System.nanoTime();
        if (logged == null || now - logged >= LOG_INTERVAL.toNanos()) {
            LOG.atError()
                    .addKeyValue("code", "PERIODIC_TASK_FAILED")
                    .addKeyValue("task", name)
                    .addKeyValue("failures", unlogged)
                    .setCause(cause)
                    .log("Periodic task failed; it runs again at its next time");
            logged = now;
            unlogged = 0;
        }
    }

    /// No run begins from now on. Does not wait for a run that is under way; may be called by the task
    /// itself.
    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /// Closes tasks and waits for their runs that are under way, all together for so long at most; those
    /// that take longer are interrupted.
    public static void closeAll(Collection<PeriodicTask> tasks, Duration patience) {
        tasks.forEach(PeriodicTask::close);
        var deadline = System.nanoTime() + patience.toNanos();
        for (var task : tasks) {
            task.awaitEnd(deadline);
        }
    }

    private void awaitEnd(long deadline) {
        var own = startedThread();
        if (own == null || own.equals(Thread.currentThread())) {
            return;
        }
        try {
            if (!own.join(Duration.ofNanos(Math.max(0, deadline - System.nanoTime())))) {
                own.interrupt();
            }
        } catch (InterruptedException _) {
            own.interrupt();
            Thread.currentThread().interrupt();
        }
    }

    private @Nullable Thread startedThread() {
        lock.lock();
        try {
            return thread;
        } finally {
            lock.unlock();
        }
    }
}
