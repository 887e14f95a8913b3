package dev.greenroom.wire;

import io.netty.channel.EventLoop;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/// The virtual threads that serve requests, so that closing can wait for them. Safe for use by many threads.
final class ServingThreads {
    private final Thread.Builder threads = Thread.ofVirtual().name("serve-", 0);
    private final Set<CountDownLatch> unfinished = ConcurrentHashMap.newKeySet();

    /// Runs a task on a thread of its own, soon.
    ///
    /// @param loop whose work it is, as [Wakeups] has it
    Thread start(EventLoop loop, Runnable task) {
        var finished = new CountDownLatch(1);
        var thread = threads.unstarted(() -> {
            try {
                task.run();
            } finally {
                unfinished.remove(finished);
                finished.countDown();
            }
        });
        unfinished.add(finished);
        Wakeups.wake(loop, thread::start);
        return thread;
    }

    /// Waits until none is left or the time is up.
    void awaitNone(Duration atMost) throws InterruptedException {
        var deadline = System.nanoTime() + atMost.toNanos();
        for (var finished : unfinished) {
            finished.await(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
        }
    }
}
