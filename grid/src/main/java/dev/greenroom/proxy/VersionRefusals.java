package dev.greenroom.proxy;

import dev.greenroom.session.PlaywrightVersion;
import dev.greenroom.session.WorkerId;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;

/// Which workers have refused which Playwright versions lately. A client that tries again and again would
/// otherwise take a slot each time, and count towards the lifetime of the worker that refuses it. Safe for
/// use by many threads.
final class VersionRefusals {
    /// How long a worker is not asked again.
    private static final Duration AGE = Duration.ofSeconds(30);

    private static final int MOST = 4_096;

    private final LongSupplier nanoTime;
    private final Map<Key, CachedVersionRefusal> refusals = new ConcurrentHashMap<>();

    private record Key(WorkerId worker, PlaywrightVersion version) {}

    private record CachedVersionRefusal(List<PlaywrightVersion> available, long atNanos) {}

    VersionRefusals(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
    }

    /// @param available what the worker has instead
    void add(WorkerId worker, PlaywrightVersion version, List<PlaywrightVersion> available) {
        if (refusals.size() >= MOST) {
            refusals.values().removeIf(this::isOld);
        }
        if (refusals.size() < MOST) {
            refusals.put(
                    new Key(worker, version), new CachedVersionRefusal(List.copyOf(available), nanoTime.getAsLong()));
        }
    }

    /// What the worker has instead; empty when it has not refused that version lately.
    Optional<List<PlaywrightVersion>> of(WorkerId worker, PlaywrightVersion version) {
        if (refusals.isEmpty()) {
            return Optional.empty();
        }
        return Optional.ofNullable(refusals.get(new Key(worker, version)))
                .filter(refusal -> !isOld(refusal))
                .map(CachedVersionRefusal::available);
    }

    private boolean isOld(CachedVersionRefusal refusal) {
        return nanoTime.getAsLong() - refusal.atNanos() > AGE.toNanos();
    }
}
