package dev.greenroom.registry;

import dev.greenroom.session.Endpoint;
import dev.greenroom.session.VersionOffer;
import dev.greenroom.session.WorkerId;
import java.time.Duration;
import java.time.Instant;

/// What a worker says of itself.
///
/// @param incarnation a random id of this start; a second live incarnation of one worker id is refused
/// @param maxConcurrent the worker's own cap on sessions, over 0
/// @param interval time to the next heartbeat
/// @param ttl how long the worker counts as alive after this one; over `interval`
/// @param software name and version of the program, for people
/// @param outgrown whether the worker uses more memory than it may, and wants to be recycled in its turn
public record Heartbeat(
        WorkerId worker,
        String incarnation,
        Endpoint endpoint,
        WorkerStatus status,
        Instant startedAt,
        VersionOffer versions,
        int maxConcurrent,
        Duration interval,
        Duration ttl,
        String software,
        boolean outgrown) {
    /// Of a worker that is well.
    public Heartbeat(
            WorkerId worker,
            String incarnation,
            Endpoint endpoint,
            WorkerStatus status,
            Instant startedAt,
            VersionOffer versions,
            int maxConcurrent,
            Duration interval,
            Duration ttl,
            String software) {
        this(worker, incarnation, endpoint, status, startedAt, versions, maxConcurrent, interval, ttl, software, false);
    }

    /// @throws IllegalArgumentException when the worker would count as dead between two heartbeats
    public Heartbeat {
        if (ttl.compareTo(interval) <= 0) {
            throw new IllegalArgumentException("a worker's ttl must be over its heartbeat interval, but was "
                    + ttl.toMillis() + " ms with an interval of " + interval.toMillis() + " ms");
        }
    }
}
