package dev.greenroom.net.server;

import io.netty.channel.EventLoopGroup;
import io.netty.util.concurrent.EventExecutor;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import java.util.stream.StreamSupport;

/// Measures the scheduling delay of the event loops. Each loop runs a task ten times a second, and its
/// delays are averaged, so that a single pause of the machine or of the garbage collector does not count
/// as overload. Thread-safe.
public final class EventLoopLag implements AutoCloseable {
    private static final Duration INTERVAL = Duration.ofMillis(100);

    /// The weight of a new delay in the average is one over this.
    private static final int WEIGHT_DIVISOR = 4;

    private final LongSupplier nanoTime;
    private final List<Loop> loops;
    private volatile boolean closed;

    /// @param due when the loop's next task should run
    /// @param average delay in nanoseconds; written by the loop only
    private record Loop(EventExecutor executor, AtomicLong due, AtomicLong average) {}

    /// @param nanoTime a monotonic clock, as [System#nanoTime]
    public EventLoopLag(EventLoopGroup loops, LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
        this.loops = StreamSupport.stream(loops.spliterator(), false)
                .map(executor -> new Loop(executor, new AtomicLong(nanoTime.getAsLong()), new AtomicLong()))
                .toList();
    }

    /// Starts measuring.
    public void start() {
        loops.forEach(this::schedule);
    }

    private void schedule(Loop loop) {
        if (closed) {
            return;
        }
        loop.due().set(nanoTime.getAsLong() + INTERVAL.toNanos());
        loop.executor()
                .schedule(
                        () -> {
                            loop.average().set(averaged(loop, delay(loop)));
                            schedule(loop);
                        },
                        INTERVAL.toMillis(),
                        TimeUnit.MILLISECONDS);
    }

    private long delay(Loop loop) {
        return Math.max(0, nanoTime.getAsLong() - loop.due().get());
    }

    private static long averaged(Loop loop, long delay) {
        var before = loop.average().get();
        return before + ((delay - before) / WEIGHT_DIVISOR);
    }

    /// The largest average delay of any event loop. A task that is overdue counts as if it ran now.
    public Duration current() {
        return Duration.ofNanos(loops.stream()
                .mapToLong(loop -> Math.max(loop.average().get(), averaged(loop, delay(loop))))
                .max()
                .orElse(0));
    }

    /// Stops measuring.
    @Override
    public void close() {
        closed = true;
    }
}
