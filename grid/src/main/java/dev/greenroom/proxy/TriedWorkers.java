package dev.greenroom.proxy;

import dev.greenroom.proxy.SessionRunner.DialAttempt;
import dev.greenroom.schedule.Backoff;
import dev.greenroom.session.WorkerId;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.function.LongSupplier;

/// The workers that one session has tried without success. A worker that could not be reached is not
/// tried again. A worker that had no free slot, or was still preparing a browser, is tried again after
/// a pause: it may be the only one, and may have a slot or a browser soon. Used by one thread.
final class TriedWorkers {
    private static final Duration FIRST_PAUSE = Duration.ofMillis(25);
    private static final Duration LONGEST_PAUSE = Duration.ofMillis(800);

    private final LongSupplier nanoTime;

    /// Immutable sets that are replaced: nearly every session needs none, and keeps this object until
    /// it ends.
    private Set<WorkerId> unreachable = Set.of();

    private Set<WorkerId> busy = Set.of();
    private final Backoff backoff = new Backoff(FIRST_PAUSE, LONGEST_PAUSE);
    private Duration pause = backoff.failed();

    TriedWorkers(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
    }

    void add(WorkerId worker, DialAttempt dialAttempt) {
        if (dialAttempt instanceof DialAttempt.Again again) {
            if (again.wasBusy()) {
                busy = with(busy, worker);
            } else {
                unreachable = with(unreachable, worker);
            }
        }
    }

    boolean isEmpty() {
        return unreachable.isEmpty() && busy.isEmpty();
    }

    private static Set<WorkerId> with(Set<WorkerId> workers, WorkerId another) {
        var more = new HashSet<>(workers);
        more.add(another);
        return more;
    }

    /// The workers that must not be selected now.
    Set<WorkerId> excluded() {
        var all = unreachable;
        for (var worker : busy) {
            all = with(all, worker);
        }
        return all;
    }

    /// Until when to wait for another worker, on the monotonic clock.
    long waitUntil(long deadlineNanos) {
        return busy.isEmpty() ? deadlineNanos : Math.min(deadlineNanos, nanoTime.getAsLong() + pause.toNanos());
    }

    /// Lets busy workers be selected again. The pauses grow, since each selection counts towards a
    /// worker's lifetime.
    ///
    /// @return false if there are none, or the deadline has passed
    boolean retryBusyWorkers(long deadlineNanos) {
        if (busy.isEmpty() || nanoTime.getAsLong() >= deadlineNanos) {
            return false;
        }
        busy = Set.of();
        pause = backoff.failed();
        return true;
    }
}
