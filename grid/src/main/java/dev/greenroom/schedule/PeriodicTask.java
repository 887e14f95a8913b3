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

    /// A task that keeps failing is logged once per interval.
    private static final Duration LOG_INTERVAL = Duration.ofMinutes(1);

    private final String name;
    private final long interval;
    private final Runnable work;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();

    /// When the next regular run is due, on the clock of [System#nanoTime]. This and the next three
    /// fields are guarded by the lock.
    private long nextRegular;

    /// When an earlier run was requested for.
    private @Nullable Long requested;

    private boolean closed;
    private @Nullable Thread thread;

    /// Failures since the last logged one, and when that was logged. Used by the task's own thread only.
    private long failuresSinceLogged;

    private @Nullable Long lastLogged;

    private PeriodicTask(String name, Duration interval, Runnable work) {
        this.name = name;
        this.interval = Math.max(1, interval.toNanos());
        this.work = work;
    }

    /// Starts a task on a virtual thread; its first run is one interval from now.
    ///
    /// @param name for the log and the thread
    public static PeriodicTask every(Duration interval, String name, Runnable work) {
        return startingIn(interval, interval, name, work);
    }

    /// Starts a task with a first delay of its own: zero to run at once, random to spread the tasks of
    /// many processes.
    public static PeriodicTask startingIn(Duration first, Duration interval, String name, Runnable work) {
        var task = new PeriodicTask(name, interval, work);
        task.start(first, Thread.ofVirtual());
        return task;
    }

    /// Starts a task as [#every] does, on a platform thread: for a task that must be on time when all
    /// carrier threads are busy.
    public static PeriodicTask onPlatformThread(Duration interval, String name, Runnable work) {
        var task = new PeriodicTask(name, interval, work);
        task.start(interval, Thread.ofPlatform().daemon());
        return task;
    }

    private void start(Duration first, Thread.Builder threads) {
        lock.lock();
        try {
            nextRegular = System.nanoTime() + first.toNanos();
            thread = threads.name(name).start(this::runUntilClosed);
        } finally {
            lock.unlock();
        }
    }

    /// Schedules a run within a delay, unless one is due earlier. The current run does not count.
    public void runWithin(Duration delay) {
        lock.lock();
        try {
            var wanted = System.nanoTime() + delay.toNanos();
            if (wanted - due() < 0) {
                requested = wanted;
                changed.signalAll();
            }
        } finally {
            lock.unlock();
        }
    }

    /// Delays the next regular run by at least this time, after an expensive run.
    public void rest(Duration atLeast) {
        lock.lock();
        try {
            nextRegular = later(nextRegular, System.nanoTime() + atLeast.toNanos());
        } finally {
            lock.unlock();
        }
    }

    private long due() {
        return requested != null && requested - nextRegular < 0 ? requested : nextRegular;
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
            requested = null;
            skipMissedRuns();
            return !closed;
        } finally {
            lock.unlock();
        }
    }

    /// Moves the next regular run to the next multiple of the interval that has not passed.
    private void skipMissedRuns() {
        lock.lock();
        try {
            var late = System.nanoTime() - nextRegular;
            if (late >= 0) {
                nextRegular += (late / interval + 1) * interval;
            }
        } finally {
            lock.unlock();
        }
    }

    private void failed(Throwable cause) {
        failuresSinceLogged++;
        var now = System.nanoTime();
        if (lastLogged == null || now - lastLogged >= LOG_INTERVAL.toNanos()) {
            LOG.atError()
                    .addKeyValue("code", "PERIODIC_TASK_FAILED")
                    .addKeyValue("task", name)
                    .addKeyValue("failures", failuresSinceLogged)
                    .setCause(cause)
                    .log("Periodic task failed; it runs again at its next time");
            lastLogged = now;
            failuresSinceLogged = 0;
        }
    }

    /// Starts no further run. Does not wait for the current run; may be called by the task itself.
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

    /// Closes tasks and waits for their current runs, at most this long for all of them. Runs that take
    /// longer are interrupted.
    public static void closeAll(Collection<PeriodicTask> tasks, Duration atMost) {
        tasks.forEach(PeriodicTask::close);
        var deadline = System.nanoTime() + atMost.toNanos();
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
