package dev.greenroom.proxy.selection;

import java.util.ArrayDeque;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/// Where the clients of one browser type wait: first come, first served. Only the first in line may try for a slot,
/// when it
/// is woken or when a while has passed; nobody else costs anything.
final class WaitingRoom {
    static final long FALLBACK_NANOS = 500_000_000;

    private final ReentrantLock lock = new ReentrantLock();
    private final ArrayDeque<Place> line = new ArrayDeque<>();
    private final AtomicInteger waiting;
    private final int limit;
    private final LongSupplier nanoTime;

    /// @param waiting how many wait in all rooms together
    /// @param limit how many may
    WaitingRoom(AtomicInteger waiting, int limit, LongSupplier nanoTime) {
        this.waiting = waiting;
        this.limit = limit;
        this.nanoTime = nanoTime;
    }

    boolean isEmpty() {
        lock.lock();
        try {
            return line.isEmpty();
        } finally {
            lock.unlock();
        }
    }

    int size() {
        lock.lock();
        try {
            return line.size();
        } finally {
            lock.unlock();
        }
    }

    /// Takes a place at the end of the line; empty when all places are taken.
    Optional<Place> enter() {
        if (waiting.incrementAndGet() > limit) {
            waiting.decrementAndGet();
            return Optional.empty();
        }
        lock.lock();
        try {
            var place = new Place(lock.newCondition());
            line.addLast(place);
            place.called = line.size() == 1;
            return Optional.of(place);
        } finally {
            lock.unlock();
        }
    }

    /// A slot may have become free.
    void call() {
        lock.lock();
        try {
            callFirst();
        } finally {
            lock.unlock();
        }
    }

    private void callFirst() {
        var first = line.peekFirst();
        if (first != null) {
            first.called = true;
            first.turn.signal();
        }
    }

    /// A place in the line, given up by closing it. Used by one thread.
    final class Place implements AutoCloseable {
        private final Condition turn;
        private boolean called;

        private Place(Condition turn) {
            this.turn = turn;
        }

        /// Waits until it is this place's turn to try.
        ///
        /// @return false when the deadline has passed
        boolean awaitTurn(long deadlineNanos) throws InterruptedException {
            lock.lockInterruptibly();
            try {
                while (true) {
                    var left = deadlineNanos - nanoTime.getAsLong();
                    if (left <= 0) {
                        return false;
                    }
                    var first = line.peekFirst() == this;
                    if (first && called) {
                        called = false;
                        return true;
                    }
                    var wait = first ? Math.min(left, FALLBACK_NANOS) : left;
                    if (turn.awaitNanos(wait) <= 0 && first) {
                        called = true;
                    }
                }
            } finally {
                lock.unlock();
            }
        }

        @Override
        public void close() {
            waiting.decrementAndGet();
            lock.lock();
            try {
                var wasFirst = line.peekFirst() == this;
                line.remove(this);
                if (wasFirst) {
                    callFirst();
                }
            } finally {
                lock.unlock();
            }
        }
    }
}
