package dev.greenroom.proxy;

import dev.greenroom.session.PlaywrightVersion;
import dev.greenroom.session.WorkerId;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;

/// Remembers which workers have recently refused which Playwright versions. Otherwise a client that
/// retries would take a slot each time, and count towards the lifetime of the worker that refuses it.
/// Thread-safe.
final class VersionRefusals {
    /// How long a refusal counts.
    private static final Duration TTL = Duration.ofSeconds(30);

    private static final int MAX_ENTRIES = 4_096;

    private final LongSupplier nanoTime;
    private final Map<Key, CachedVersionRefusal> refusals = new ConcurrentHashMap<>();

    private record Key(WorkerId worker, PlaywrightVersion version) {}

    private record CachedVersionRefusal(List<PlaywrightVersion> available, long atNanos) {}

    VersionRefusals(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
    }

    /// @param available the versions that the worker has
    void add(WorkerId worker, PlaywrightVersion version, List<PlaywrightVersion> available) {
        if (refusals.size() >= MAX_ENTRIES) {
            refusals.values().removeIf(this::isExpired);
        }
        if (refusals.size() < MAX_ENTRIES) {
            refusals.put(
                    new Key(worker, version), new CachedVersionRefusal(List.copyOf(available), nanoTime.getAsLong()));
        }
    }

    /// The versions that the worker has; empty if it has not recently refused this one.
    Optional<List<PlaywrightVersion>> of(WorkerId worker, PlaywrightVersion version) {
        if (refusals.isEmpty()) {
            return Optional.empty();
        }
        return Optional.ofNullable(refusals.get(new Key(worker, version)))
                .filter(refusal -> !isExpired(refusal))
                .map(CachedVersionRefusal::available);
    }

    private boolean isExpired(CachedVersionRefusal refusal) {
        return nanoTime.getAsLong() - refusal.atNanos() > TTL.toNanos();
    }
}
