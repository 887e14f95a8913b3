package dev.greenroom.net.server;

import dev.greenroom.net.http.HttpResponse;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Runs each request on a virtual thread of its own. An unexpected error fails only its own request, and
/// a server that closes can wait for all threads. Thread-safe.
final class RequestThreads {
    private static final Logger LOG = LoggerFactory.getLogger(RequestThreads.class);
    private static final HttpResponse FAILED = HttpResponse.json(500, "{\"error\":\"internal error\"}");

    private final Thread.Builder threads = Thread.ofVirtual().name("serve-", 0);
    private final Set<CountDownLatch> unfinished = ConcurrentHashMap.newKeySet();

    /// Handles one request.
    @FunctionalInterface
    interface Task {
        void run() throws InterruptedException;
    }

    /// Starts the thread of one request.
    ///
    /// @param path for the log; evaluated only then, so that a session does not hold the head of its request
    /// @param answer receives a 500 when the task throws
    Thread start(Task task, Supplier<String> path, Consumer<HttpResponse> answer) {
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

    private static void serve(Task task, Supplier<String> path, Consumer<HttpResponse> answer) {
        try {
            task.run();
        } catch (InterruptedException _) {
            // The client has disconnected or the server is closing: nobody waits for a response.
        } catch (RuntimeException | Error e) {
            LOG.atError()
                    .addKeyValue("code", "REQUEST_FAILED")
                    .addKeyValue("path", path.get())
                    .setCause(e)
                    .log("Request failed unexpectedly and is answered with 500");
            answer.accept(FAILED);
        }
    }

    /// Waits until all requests have ended, or the time is up.
    void awaitNone(Duration atMost) throws InterruptedException {
        var deadline = System.nanoTime() + atMost.toNanos();
        for (var finished : unfinished) {
            finished.await(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
        }
    }
}
