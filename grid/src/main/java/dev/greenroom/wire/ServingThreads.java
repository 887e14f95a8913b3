package dev.greenroom.wire;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/// The virtual threads that serve requests, so that closing can wait for them. Safe for use by many threads.
final class ServingThreads {
    private final Thread.Builder threads = Thread.ofVirtual().name("serve-", 0);
    private final Set<Thread> alive = ConcurrentHashMap.newKeySet();

    /// Runs a task on a thread of its own.
    Thread start(Runnable task) {
        var thread = threads.unstarted(() -> {
            try {
                task.run();
            } finally {
                alive.remove(Thread.currentThread());
            }
        });
        alive.add(thread);
        thread.start();
        return thread;
    }

    /// Waits until none is left or the time is up.
    void awaitNone(Duration atMost) throws InterruptedException {
        var deadline = System.nanoTime() + atMost.toNanos();
        for (var thread : alive) {
            thread.join(Duration.ofNanos(Math.max(1, deadline - System.nanoTime())));
        }
    }
}
