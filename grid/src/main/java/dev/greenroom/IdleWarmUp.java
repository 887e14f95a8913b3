package dev.greenroom;

import dev.greenroom.config.WarmUpSettings;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Sessions of our own through the real pipeline, after the start and while nobody is there: code that has run some
/// thousand times is compiled, and takes a fraction of the time. It gives way to whoever comes, and nothing of it is
/// seen from outside or open meanwhile.
final class IdleWarmUp implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(IdleWarmUp.class);

    private final Bounds bounds;
    private final Opener grids;
    private final BooleanSupplier busy;
    private final CountDownLatch closing = new CountDownLatch(1);
    private final Thread thread = Thread.ofPlatform().daemon().name("warm-up").unstarted(this::run);
    private final AtomicInteger done = new AtomicInteger();

    /// How much there is of it.
    ///
    /// @param sessions in all
    /// @param work what they may take in all, waits for others not counted
    /// @param quiet how long nobody must have been here before it begins, or goes on
    record Bounds(int sessions, Duration work, Duration quiet) {
        /// After that many there is hardly anything left to compile.
        static final Bounds USUAL = new Bounds(3_000, Duration.ofSeconds(10), Duration.ofSeconds(1));
    }

    /// Opens what sessions are run through.
    interface Opener {
        StandInGrid open() throws IOException, InterruptedException;
    }

    /// @param busy whether somebody is here
    IdleWarmUp(Opener grids, BooleanSupplier busy) {
        this(Bounds.USUAL, grids, busy);
    }

    /// @param busy as above
    IdleWarmUp(Bounds bounds, Opener grids, BooleanSupplier busy) {
        this.bounds = bounds;
        this.grids = grids;
        this.busy = busy;
    }

    /// Begins, in the background, if it is wanted. Not where debug lines are read: its sessions would be among them.
    void start(WarmUpSettings settings) {
        if (settings.warmUp() && !LOG.isDebugEnabled()) {
            thread.start();
        }
    }

    private void run() {
        try {
            var left = bounds.work().toNanos();
            while (left > 0 && done.get() < bounds.sessions() && isQuiet()) {
                left -= work(System.nanoTime(), left);
            }
        } catch (IOException e) {
            WarmUp.failed(e);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    /// Waits for a while in which nobody comes; false when this is closed first.
    private boolean isQuiet() throws InterruptedException {
        var wasBusy = true;
        while (wasBusy) {
            wasBusy = busy.getAsBoolean();
            if (closing.await(bounds.quiet().toNanos(), TimeUnit.NANOSECONDS)) {
                return false;
            }
            wasBusy = wasBusy || busy.getAsBoolean();
        }
        return true;
    }

    private long work(long began, long most) throws IOException, InterruptedException {
        try (var grid = grids.open()) {
            while (done.get() < bounds.sessions()
                    && closing.getCount() > 0
                    && !busy.getAsBoolean()
                    && System.nanoTime() - began < most) {
                grid.session();
                done.incrementAndGet();
            }
        }
        return System.nanoTime() - began;
    }

    /// How many sessions there were.
    int done() {
        return done.get();
    }

    /// Whether it was started.
    boolean hasBegun() {
        return thread.getState() != Thread.State.NEW;
    }

    /// Whether there will be no more.
    boolean isOver() {
        return thread.getState() == Thread.State.TERMINATED;
    }

    /// Ends it and waits for that.
    @Override
    public void close() {
        closing.countDown();
        try {
            thread.join();
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }
}
