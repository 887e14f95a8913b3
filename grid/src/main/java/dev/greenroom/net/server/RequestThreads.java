package dev.greenroom.net.server;

import dev.greenroom.net.http.HttpResponse;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The virtual threads that serve requests, one each: an unexpected error costs its own request only, and
/// closing can wait for all of them. Safe for use by many threads.
final class RequestThreads {
    private static final Logger LOG = LoggerFactory.getLogger(RequestThreads.class);
    private static final HttpResponse FAILED = HttpResponse.json(500, "{\"error\":\"internal error\"}");

    private final Thread.Builder threads = Thread.ofVirtual().name("serve-", 0);
    private final Set<CountDownLatch> unfinished = ConcurrentHashMap.newKeySet();

    /// What one request needs.
    @FunctionalInterface
    interface Task {
        void run() throws InterruptedException;
    }

    /// Serves one request on a virtual thread of its own.
    ///
    /// @param path for the log
    /// @param answer gets a 500 when the request failed
    Thread start(Task task, String path, Consumer<HttpResponse> answer) {
        var finished = new CountDownLatch(1);
        unfinished.add(finished);
        return threads.start(() -> {
            try {
                serve(task, path, answer);
            } finally {
                unfinished.remove(finished);
                finished.countDown();
            }
        });
    }

    private static void serve(Task task, String path, Consumer<HttpResponse> answer) {
        try {
            task.run();
        } catch (InterruptedException _) {
            // The client is gone, or the server is closing: there is nobody to answer.
        } catch (RuntimeException | Error e) {
            LOG.atError()
                    .addKeyValue("code", "REQUEST_FAILED")
                    .addKeyValue("path", path)
                    .setCause(e)
                    .log("A request failed in a way that it must not; it alone is answered with 500");
            answer.accept(FAILED);
        }
    }

    /// Waits until none is left or the time is up.
    void awaitNone(Duration atMost) throws InterruptedException {
        var deadline = System.nanoTime() + atMost.toNanos();
        for (var finished : unfinished) {
            finished.await(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
        }
    }
}
