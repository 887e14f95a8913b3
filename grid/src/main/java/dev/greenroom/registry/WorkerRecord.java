package dev.greenroom.registry;

import dev.greenroom.session.Endpoint;
import dev.greenroom.session.VersionOffer;
import dev.greenroom.session.WorkerId;
import java.time.Duration;
import java.time.Instant;

/// What the registry knows of a live worker.
///
/// @param active leases now
/// @param lifetime leases since this run began
/// @param maxConcurrent sessions that this run may serve at once: what `slotLimit` leaves beside what is `occupied`.
/// One
///     that was replaced has as many as it still serves
/// @param slotLimit sessions at once of the whole worker process
/// @param lifetimeLimit sessions after which it is due to be recycled
/// @param occupied slots of the same process that sessions of its earlier runs still use
/// @param interval time between its heartbeats; zero when it does not say
/// @param suspect whether it is kept out of selection after failed dials
public record WorkerRecord(
        WorkerId worker,
        Endpoint endpoint,
        WorkerStatus status,
        Instant startedAt,
        Instant lastHeartbeat,
        VersionOffer versions,
        int active,
        int lifetime,
        int maxConcurrent,
        EffectiveLimit slotLimit,
        EffectiveLimit lifetimeLimit,
        int occupied,
        Duration interval,
        boolean suspect,
        String software) {

    /// Whether it has served as many sessions as it may and goes on, because it is not its turn to be recycled yet.
    public boolean isDue() {
        return status == WorkerStatus.AVAILABLE && lifetime >= lifetimeLimit.value();
    }

    /// Sessions that it has served beyond its limit.
    public int sessionsPastLimit() {
        return isDue() ? lifetime - lifetimeLimit.value() : 0;
    }
}
