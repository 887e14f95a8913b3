package dev.greenroom.registry.redis;

import dev.greenroom.schedule.PeriodicTask;
import java.time.Duration;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;

/// Calls that Redis has not answered yet. A call is given up once its server was silent for too long: it answers in
/// order, so while it answers anything it has not come to this one yet.
///
/// One thread looks at all of them a few times a second; a timer for each call would cost more than the call. Safe for
/// many threads.
final class Unanswered implements AutoCloseable {
    /// How long a server may be silent while it has something to answer.
    static final Duration SILENCE = Duration.ofMillis(500);

    /// How long one call may take: where Redis answers a crowd, the last of it waits for the answers of all before it.
    static final Duration LONGEST = Duration.ofSeconds(2);

    private static final Duration LOOK_EVERY = Duration.ofMillis(50);

    /// A look that is later than this had no processor.
    private static final Duration LATE = Duration.ofMillis(50);

    private final Queue<Call> calls = new ConcurrentLinkedQueue<>();
    private volatile Optional<PeriodicTask> task = Optional.empty();

    /// When was looked last, and whether that was late; used by the task alone.
    private long before = System.nanoTime();

    private boolean late;

    /// Equal to itself alone, and found in the queue by that.
    private static final class Call {
        private final AtomicLong heard;
        private final CompletableFuture<?> reply;
        private final long sent;

        /// @param heard when the server answered last, see [System#nanoTime]
        private Call(AtomicLong heard, CompletableFuture<?> reply, long sent) {
            this.heard = heard;
            this.reply = reply;
            this.sent = sent;
        }

        private void giveUpIfLost(long now) {
            var silent = Math.min(now - sent, now - heard.get());
            if (silent >= SILENCE.toNanos() || now - sent >= LONGEST.toNanos()) {
                reply.completeExceptionally(new TimeoutException());
            }
        }
    }

    void start() {
        before = System.nanoTime();
        task = Optional.of(PeriodicTask.onPlatformThread(LOOK_EVERY, "redis-deadlines", this::look));
    }

    /// Adds a call that has just been sent.
    ///
    /// @param heard when its server answered last; is kept up to date
    /// @param reply ends with a [TimeoutException] when the server is silent for too long
    void add(AtomicLong heard, CompletableFuture<?> reply) {
        var call = new Call(heard, reply, System.nanoTime());
        calls.add(call);
        reply.whenComplete((_, failure) -> {
            if (!(failure instanceof TimeoutException)) {
                heard.set(System.nanoTime());
            }
            calls.remove(call);
        });
    }

    /// Nothing is given up any more.
    @Override
    public void close() {
        task.ifPresent(PeriodicTask::close);
    }

    private void look() {
        var now = System.nanoTime();
        // When this process stood still, what the server said meanwhile is still to be read.
        late = !late && now - before > LOOK_EVERY.plus(LATE).toNanos();
        if (!late) {
            calls.forEach(call -> call.giveUpIfLost(now));
        }
        before = now;
    }
}
