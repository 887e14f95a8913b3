package dev.greenroom.registry;

import dev.greenroom.registry.WorkerRecord.WorkerStatus;
import dev.greenroom.session.PlaywrightVersion.SupportedVersions;
import dev.greenroom.session.SessionLimit.RecycleMode;
import dev.greenroom.session.WorkerEndpoint;
import dev.greenroom.session.WorkerId;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalInt;

/// A heartbeat of a worker run.
///
/// @param incarnation a random id of this run; a second live run with the same worker id is refused
/// @param interval time to the next heartbeat
/// @param ttl how long the worker counts as alive after this heartbeat; more than `interval`
/// @param software name and version of the program, for people
/// @param load its limits, and the slots that earlier runs of its process use
/// @param recycling how it is recycled
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

    /// The limits of a worker.
    ///
    /// @param slots the worker's own `MAX_CONCURRENT_SESSIONS`, over 0; empty where it is not set
    ///     explicitly
    /// @param lifetime the worker's own `MAX_LIFETIME_SESSIONS`, over 0; empty where it is not set
    ///     explicitly
    /// @param occupied slots of the same process that sessions of its earlier runs use; this run has only the
    ///     rest, perhaps none
    public record Load(OptionalInt slots, OptionalInt lifetime, int occupied) {
        /// No limit is set, and there was no earlier run.
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
    /// @param outgrown whether it is over its memory limit, and has to be recycled
    /// @param replaces the run of the same process that this one replaces; with the first heartbeat of this
    ///     run, the replaced one gets no more sessions and its turn ends
    public record RecycleRequest(RecycleMode mode, boolean outgrown, Optional<WorkerId> replaces) {
        /// For a worker without problems.
        public static RecycleRequest of(RecycleMode mode) {
            return new RecycleRequest(mode, false, Optional.empty());
        }
    }

    /// For a worker without problems that exits in its turn, and sets its slot limit itself.
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

    /// @throws IllegalArgumentException when the TTL is not more than the interval
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

    /// The same with another way of recycling.
    public Heartbeat with(RecycleRequest other) {
        return new Heartbeat(
                worker, incarnation, endpoint, status, startedAt, versions, interval, ttl, software, load, other);
    }

    /// The reply to a heartbeat.
    public sealed interface HeartbeatReply {

        /// The counts of a registered worker run.
        ///
        /// @param active leases on this run, including sessions that have not reached it yet
        /// @param lifetime leases since this run started
        /// @param slots concurrent sessions of this run: its slot limit without the slots of earlier runs; may
        ///     be 0
        /// @param lifetimeLimit sessions after which it is due to be recycled
        record Standing(int active, int lifetime, int slots, int lifetimeLimit) {}

        /// Serve on.
        record Continue(Standing standing) implements HeartbeatReply {}

        /// It is this worker's turn to be recycled; no other worker of its type is being recycled. One that
        /// renews itself starts its next run, and serves until that run has registered. One that exits
        /// drains and exits with 0. This is repeated at each heartbeat. A worker that gets `Continue` after
        /// this has lost its turn, because its next run did not register or the registry was emptied. It
        /// will get another turn.
        record Recycle(Standing standing) implements HeartbeatReply {}

        /// Ordered by a person, the API or the documented key: drain, finish sessions, exit with 0.
        record Shutdown(Standing standing) implements HeartbeatReply {}

        /// Another live run has this worker id.
        record Duplicate() implements HeartbeatReply {}
    }
}
