package dev.greenroom.ops.tracing;

import java.util.function.LongSupplier;

/// Times of one visit, in nanoseconds since 1970, that never go back: the clock on the wall is read once.
///
/// @param began when it began, on that clock
/// @param nanoBegan the same on the one that only goes forward
record VisitTimes(long began, long nanoBegan, LongSupplier nanoTime) {
    long now() {
        return began + (nanoTime.getAsLong() - nanoBegan);
    }
}
