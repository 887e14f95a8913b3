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

/// Calls that Redis has not answered yet. A call is given up once its server was silent for too long: it
/// answers in order, so while it answers anything it has not come to this one yet.
///
/// One thread looks at all of them a few times a second; a timer for each call would cost more than the
/// call. Where the machine is busy, answers may have arrived while nobody had a processor to read them:
/// silence counts only up to the moment at which every thread that reads has run last. Safe for many
/// threads.
final class PendingCommands implements AutoCloseable {
    /// How long a server may be silent while it has something to answer.
    static final Duration SILENCE = Duration.ofMillis(500);

    /// How long one call may take: where Redis answers a crowd, the last of it waits for the answers of all
    /// before it.
    static final Duration LONGEST = Duration.ofSeconds(2);

    private static final Duration LOOK_EVERY = Duration.ofMillis(50);

    private final Queue<PendingCommand> calls = new ConcurrentLinkedQueue<>();
    private volatile Optional<PeriodicTask> task = Optional.empty();

    /// The threads that read answers, and until when each of them had read what was there.
    private final List<Executor> readers;

    private final AtomicLongArray read;

    /// @param readers run what they are given after they have read what has arrived
    PendingCommands(List<? extends Executor> readers) {
        this.readers = List.copyOf(readers);
        this.read = new AtomicLongArray(readers.size());
        var now = System.nanoTime();
        IntStream.range(0, readers.size()).forEach(reader -> read.set(reader, now));
    }

    /// A call took too long although its server answers: there is nothing wrong with the connection.
    static final class CrowdedException extends TimeoutException {
        private static final long serialVersionUID = 1;
    }

    /// Equal to itself alone, and found in the queue by that.
    private static final class PendingCommand {
        private final AtomicLong heard;
        private final CompletableFuture<?> reply;
        private final long sent;

        /// @param heard when the server answered last, see [System#nanoTime]
        private PendingCommand(AtomicLong heard, CompletableFuture<?> reply, long sent) {
            this.heard = heard;
            this.reply = reply;
            this.sent = sent;
        }

        /// @param read until when answers were read
        private void giveUpIfLost(long read) {
            var silent = Math.min(read - sent, read - heard.get());
            if (silent >= SILENCE.toNanos()) {
                reply.completeExceptionally(new TimeoutException());
            } else if (read - sent >= LONGEST.toNanos()) {
                reply.completeExceptionally(new CrowdedException());
            }
        }
    }

    void start() {
        task = Optional.of(PeriodicTask.onPlatformThread(LOOK_EVERY, "redis-deadlines", this::look));
    }

    /// Adds a call that has just been sent.
    ///
    /// @param heard when its server answered last; is kept up to date
    /// @param reply ends with a [TimeoutException] when the server is silent for too long, and with a
    ///     [CrowdedException] when it answers others for too long
    /// @return the reply, once this has noted it
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

    /// Nothing is given up any more.
    @Override
    public void close() {
        task.ifPresent(PeriodicTask::close);
    }

    private void look() {
        if (calls.isEmpty()) {
            return;
        }
        var allRead =
                IntStream.range(0, readers.size()).mapToLong(read::get).min().orElseGet(System::nanoTime);
        calls.forEach(call -> call.giveUpIfLost(allRead));
        for (var n = 0; n < readers.size(); n++) {
            var reader = n;
            readers.get(reader).execute(() -> read.set(reader, System.nanoTime()));
        }
    }
}
