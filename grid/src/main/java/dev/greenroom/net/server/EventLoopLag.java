package dev.greenroom.net.server;

import io.netty.channel.EventLoopGroup;
import io.netty.util.concurrent.EventExecutor;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import java.util.stream.StreamSupport;

/// How far the event loops are behind: each is asked to be on time ten times a second, and the answers are
/// averaged, so that one pause of the machine or of the garbage collector is not taken for a loop that
/// cannot keep up. Safe for use by many threads.
public final class EventLoopLag implements AutoCloseable {
    private static final Duration INTERVAL = Duration.ofMillis(100);

    /// A new answer counts for so much of the average.
    private static final int WEIGHT_DIVISOR = 4;

    private final LongSupplier nanoTime;
    private final List<Loop> loops;
    private volatile boolean closed;

    /// @param due when the loop should be heard of next
    /// @param average of its latenesses, in nanoseconds; written by the loop alone
    private record Loop(EventExecutor executor, AtomicLong due, AtomicLong average) {}

    /// @param nanoTime a clock that only goes forward
    public EventLoopLag(EventLoopGroup loops, LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
        this.loops = StreamSupport.stream(loops.spliterator(), false)
                .map(executor -> new Loop(executor, new AtomicLong(nanoTime.getAsLong()), new AtomicLong()))
                .toList();
    }

    /// Begins to ask.
    public void start() {
        loops.forEach(this::ask);
    }

    private void ask(Loop loop) {
        if (closed) {
            return;
        }
        loop.due().set(nanoTime.getAsLong() + INTERVAL.toNanos());
        loop.executor()
                .schedule(
                        () -> {
                            loop.average().set(averaged(loop, lateness(loop)));
                            ask(loop);
                        },
                        INTERVAL.toMillis(),
                        TimeUnit.MILLISECONDS);
    }

    private long lateness(Loop loop) {
        return Math.max(0, nanoTime.getAsLong() - loop.due().get());
    }

    private static long averaged(Loop loop, long lateness) {
        var before = loop.average().get();
        return before + ((lateness - before) / WEIGHT_DIVISOR);
    }

    /// The average of the loop that is furthest behind; one that is stuck now counts as if it answered now.
    public Duration current() {
        return Duration.ofNanos(loops.stream()
                .mapToLong(loop -> Math.max(loop.average().get(), averaged(loop, lateness(loop))))
                .max()
                .orElse(0));
    }

    /// Asks no more.
    @Override
    public void close() {
        closed = true;
    }
}
