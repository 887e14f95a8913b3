package dev.greenroom.registry;

import dev.greenroom.session.Endpoint;
import dev.greenroom.session.VersionOffer;
import dev.greenroom.session.WorkerId;
import java.time.Duration;
import java.time.Instant;

/// What the registry knows of a live worker.
///
/// @param active leases now
/// @param lifetime leases since its incarnation began
/// @param maxConcurrent the smaller of the worker's own cap and the grid's
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
        Duration interval,
        boolean suspect,
        String software) {}
