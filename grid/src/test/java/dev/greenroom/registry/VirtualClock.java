package dev.greenroom.registry;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.function.LongSupplier;

/// A clock that moves only when a test moves it.
public final class VirtualClock implements InstantSource, LongSupplier {
    private volatile Duration elapsed = Duration.ZERO;

    public void pass(Duration time) {
        elapsed = elapsed.plus(time);
    }

    @Override
    public Instant instant() {
        return Instant.parse("2026-11-20T10:00:00Z").plus(elapsed);
    }

    @Override
    public long getAsLong() {
        return elapsed.toNanos();
    }
}
