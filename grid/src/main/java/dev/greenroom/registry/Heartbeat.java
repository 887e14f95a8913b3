package dev.greenroom.registry;

import dev.greenroom.registry.WorkerRecord.WorkerStatus;
import dev.greenroom.session.SessionLimit.RecycleMode;
import dev.greenroom.session.PlaywrightVersion.SupportedVersions;
import dev.greenroom.session.WorkerEndpoint;
import dev.greenroom.session.WorkerId;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalInt;

/// What a worker run says of itself.
///
/// @param incarnation a random id of this run; a second live run of one worker id is refused
/// @param interval time to the next heartbeat
/// @param ttl how long the worker counts as alive after this one; over `interval`
/// @param software name and version of the program, for people
/// @param load what it may serve, and what it serves beside the registry's knowledge
/// @param recycling what it does when it is its turn to be recycled
public record Heartbeat(
        WorkerId worker,
        String incarnation,
        WorkerEndpoint endpoint,
        WorkerStatus status,
        Instant startedAt,
        SupportedVersions versions,
        Duration interval,
        Duration ttl,
        String software,
        Load load,
        RecycleRequest recycling) {

    /// What a worker may serve.
    ///
    /// @param slots the worker's own `MAX_CONCURRENT_SESSIONS`, over 0; empty where it is not set
    ///     explicitly
    /// @param lifetime the worker's own `MAX_LIFETIME_SESSIONS`, over 0; empty where it is not set
    ///     explicitly
    /// @param occupied slots of the same process that sessions of its earlier runs still use. This run has
    ///     only the others; it may have none
    public record Load(OptionalInt slots, OptionalInt lifetime, int occupied) {
        /// Nothing is set, and there was no earlier run.
        public static final Load NONE = new Load(OptionalInt.empty(), OptionalInt.empty(), 0);

        public Load {
            if (occupied < 0) {
                throw new IllegalArgumentException("occupied slots are 0 or more, but were " + occupied);
            }
        }
    }

    /// How a worker is recycled.
    ///
    /// @param mode what it does in its turn
    /// @param outgrown whether it uses more memory than it may, and wants to be recycled in its turn
    /// @param replaces the run of the same process that this one replaces; with the first heartbeat of this
    ///     run that one stops taking sessions, and its turn is over
    public record RecycleRequest(RecycleMode mode, boolean outgrown, Optional<WorkerId> replaces) {
        /// Of a worker that is well.
        public static RecycleRequest of(RecycleMode mode) {
            return new RecycleRequest(mode, false, Optional.empty());
        }
    }

    /// Of a worker that is well, exits in its turn, and sets its slots itself.
    public Heartbeat(
            WorkerId worker,
            String incarnation,
            WorkerEndpoint endpoint,
            WorkerStatus status,
            Instant startedAt,
            SupportedVersions versions,
            int slots,
            Duration interval,
            Duration ttl,
            String software) {
        this(
                worker,
                incarnation,
                endpoint,
                status,
                startedAt,
                versions,
                interval,
                ttl,
                software,
                new Load(OptionalInt.of(slots), OptionalInt.empty(), 0),
                RecycleRequest.of(RecycleMode.EXIT));
    }

    /// @throws IllegalArgumentException when the worker would count as dead between two heartbeats
    public Heartbeat {
        if (ttl.compareTo(interval) <= 0) {
            throw new IllegalArgumentException("a worker's ttl must be over its heartbeat interval, but was "
                    + ttl.toMillis() + " ms with an interval of " + interval.toMillis() + " ms");
        }
    }

    /// The same with another status.
    public Heartbeat with(WorkerStatus other) {
        return new Heartbeat(
                worker, incarnation, endpoint, other, startedAt, versions, interval, ttl, software, load, recycling);
    }

    /// The same with another load.
    public Heartbeat with(Load other) {
        return new Heartbeat(
                worker, incarnation, endpoint, status, startedAt, versions, interval, ttl, software, other, recycling);
    }

    /// The same recycled in another way.
    public Heartbeat with(RecycleRequest other) {
        return new Heartbeat(
                worker, incarnation, endpoint, status, startedAt, versions, interval, ttl, software, load, other);
    }

    /// What a worker is told at its heartbeat.
    public sealed interface HeartbeatReply {

        /// What the registry knows of a registered worker run.
        ///
        /// @param active leases on this run, those that are still on their way to it included
        /// @param lifetime leases since this run began
        /// @param slots sessions that it may serve at once: what its slot limit leaves beside its earlier
        ///     runs; may be 0
        /// @param lifetimeLimit sessions after which it is due to be recycled
        record Standing(int active, int lifetime, int slots, int lifetimeLimit) {}

        /// Go on.
        record Continue(Standing standing) implements HeartbeatReply {}

        /// It is this worker's turn to be recycled; no other one of its type is at it. One that renews
        /// itself starts its next run, and goes on serving until that one has registered. One that exits
        /// drains and exits with 0. Told at each heartbeat until then. A worker that is told to continue
        /// instead, after this, has lost its turn: because its next run did not come, or because the
        /// registry was emptied. It will be told again.
        record Recycle(Standing standing) implements HeartbeatReply {}

        /// A person, the API or the documented key says so: drain, finish, exit with 0.
        record Shutdown(Standing standing) implements HeartbeatReply {}

        /// Another live run has this id.
        record Duplicate() implements HeartbeatReply {}
    }
}
