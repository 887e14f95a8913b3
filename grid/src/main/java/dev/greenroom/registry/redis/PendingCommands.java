package dev.greenroom.registry.redis;

import dev.greenroom.schedule.PeriodicTask;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.stream.IntStream;

/// The deadlines of calls that Redis has not answered yet. A call times out when its server is silent for too
/// long: Redis replies in order, so while it answers other calls, it has not reached this one yet.
///
/// One thread checks all calls 20 times a second; a timer for each call would cost more than the call. On a
/// busy machine, replies may have arrived that no thread has had the time to read: silence counts only up to
/// the moment at which every event loop has run last. Safe for use by many threads.
final class PendingCommands implements AutoCloseable {
    /// How long a server may be silent while it has calls to answer.
    static final Duration SILENCE = Duration.ofMillis(500);

    /// How long one call may take while Redis answers other calls.
    static final Duration LONGEST = Duration.ofSeconds(2);

    private static final Duration CHECK_EVERY = Duration.ofMillis(50);

    private final Queue<PendingCommand> calls = new ConcurrentLinkedQueue<>();
    private volatile Optional<PeriodicTask> task = Optional.empty();

    /// The event loops that read replies; `read` is when each of them had read all that had arrived.
    private final List<Executor> readers;

    private final AtomicLongArray read;

    /// @param readers the event loops; each runs a task after it has read what had arrived before
    PendingCommands(List<? extends Executor> readers) {
        this.readers = List.copyOf(readers);
        this.read = new AtomicLongArray(readers.size());
        var now = System.nanoTime();
        IntStream.range(0, readers.size()).forEach(reader -> read.set(reader, now));
    }

    /// A call took too long although its server answers others: the connection works.
    static final class OverloadedException extends TimeoutException {
        private static final long serialVersionUID = 1;
    }

    /// Compared by identity, so no record.
    private static final class PendingCommand {
        private final AtomicLong heard;
        private final CompletableFuture<?> reply;
        private final long sent;

        /// @param heard when the server replied last, on the clock of [System#nanoTime]
        private PendingCommand(AtomicLong heard, CompletableFuture<?> reply, long sent) {
            this.heard = heard;
            this.reply = reply;
            this.sent = sent;
        }

        /// @param read up to when replies were read
        private void failIfOverdue(long read) {
            var silent = Math.min(read - sent, read - heard.get());
            if (silent >= SILENCE.toNanos()) {
                reply.completeExceptionally(new TimeoutException());
            } else if (read - sent >= LONGEST.toNanos()) {
                reply.completeExceptionally(new OverloadedException());
            }
        }
    }

    void start() {
        task = Optional.of(PeriodicTask.onPlatformThread(CHECK_EVERY, "redis-deadlines", this::check));
    }

    /// Adds a call that has just been sent.
    ///
    /// @param heard when its server replied last; is updated
    /// @param reply fails with a [TimeoutException] when the server is silent for too long, and with an
    ///     [OverloadedException] when it answers only others for too long
    /// @return the reply, completed after `heard` is updated
    <T> CompletableFuture<T> add(AtomicLong heard, CompletableFuture<T> reply) {
        var call = new PendingCommand(heard, reply, System.nanoTime());
        calls.add(call);
        return reply.whenComplete((_, failure) -> {
            if (!(failure instanceof TimeoutException)) {
                heard.set(System.nanoTime());
            }
            calls.remove(call);
        });
    }

    /// No call times out from now on.
    @Override
    public void close() {
        task.ifPresent(PeriodicTask::close);
    }

    private void check() {
        if (calls.isEmpty()) {
            return;
        }
        var allRead =
                IntStream.range(0, readers.size()).mapToLong(read::get).min().orElseGet(System::nanoTime);
        calls.forEach(call -> call.failIfOverdue(allRead));
        for (var n = 0; n < readers.size(); n++) {
            var reader = n;
            readers.get(reader).execute(() -> read.set(reader, System.nanoTime()));
        }
    }
}
