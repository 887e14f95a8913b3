package dev.greenroom.registry;

import dev.greenroom.registry.Registry.Heartbeat.HeartbeatReply;
import dev.greenroom.registry.SessionList.LiveSession;
import dev.greenroom.registry.WorkerRecord.WorkerStatus;
import dev.greenroom.schedule.Subscription;
import dev.greenroom.session.BrowserType;
import dev.greenroom.session.PlaywrightVersion;
import dev.greenroom.session.PlaywrightVersion.SupportedVersions;
import dev.greenroom.session.SessionId;
import dev.greenroom.session.SessionLimit;
import dev.greenroom.session.SessionLimit.RecycleMode;
import dev.greenroom.session.WorkerEndpoint;
import dev.greenroom.session.WorkerId;
import java.io.Serial;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Keeps track of slots: which of them are leased, and which worker gets the next session.
///
/// Every operation has an id that the caller created before the call, so it can be repeated after a lost
/// reply. No operation blocks for longer than the registry's deadline of 500 ms, or 2 s under heavy load.
/// All operations are safe for use by many threads. They are called on virtual threads, never on an event
/// loop, and throw [RegistryUnavailableException] when the registry does not answer.
///
/// A listener is called until its subscription is closed.
public interface Registry extends AutoCloseable {
    /// How many leases, sessions or places travel in one call to Redis at most. Longer collections are sent
    /// in several calls.
    int MAX_BATCH = 200;

    /// Leases a slot for a session, or returns why there is none. A session that holds a slot already gets
    /// the same one again.
    ///
    /// First come, first served: a slot that an earlier session in the queue could take is not granted,
    /// whether this session is queued or not. A grant removes the session from the queue. When this throws,
    /// the slot may have been granted all the same: the caller has to release the session.
    Acquisition acquire(SlotRequest request);

    /// Renews leases, and restores those that the registry lost. Never ends a session.
    ///
    /// @return the restored sessions, usually none, and those that somebody has ordered to end
    LeaseRenewal renew(Collection<HeldLease> leases);

    /// Releases slots. Sessions that hold none are skipped. Works when the registry is out of memory.
    void release(Collection<SessionId> sessions);

    /// A heartbeat of a worker run: registers it, keeps it registered, and returns its orders.
    HeartbeatReply heartbeat(Heartbeat heartbeat);

    /// Deregisters a worker run. Does nothing if it is not registered.
    ///
    /// @param incarnation of the run; a later incarnation of the same worker stays registered
    void deregister(WorkerId worker, String incarnation);

    /// Deregisters a worker that is known to be gone: nothing listens at its address any more. If it is
    /// alive after all, its next heartbeat registers it again. A foreign worker stays registered.
    ///
    /// @return whether it was registered
    boolean deregister(WorkerId worker);

    /// Ejects a worker that could not be reached from selection: for 5 s, doubling up to 60 s. The last
    /// worker of a type is never ejected.
    void suspect(WorkerId worker);

    /// A suspect worker was reached again: its ejection ends, and the next one starts at 5 s.
    void clearSuspicion(WorkerId worker);

    /// Orders a worker to drain, finish and exit.
    ///
    /// @return false when there is no such worker
    boolean orderShutdown(WorkerId worker);

    /// The list of live sessions.
    SessionList sessions();

    /// Every live worker. May be up to a second old.
    List<WorkerRecord> workers();

    /// Every live worker, from a cache that is a few seconds old at most. Reads the registry only if
    /// [#workers] was not called lately.
    default List<WorkerRecord> knownWorkers() {
        return workers();
    }

    /// Reads what a selection reads, and changes nothing. For health checks.
    void probe();

    /// Removes expired leases and dead workers; a safety net, since [#acquire] reclaims leases on demand.
    ///
    /// @return how many leases were removed
    int reap();

    /// Adds a session at the end of the queue, or returns its place if it has one. A call of [#acquire]
    /// after this one misses no slot that became free in between.
    ///
    /// A place is valid while its proxy refreshes its places with [#keepPlaces]: before the first call of
    /// this, and every second from then on.
    ///
    /// @param proxy the proxy of the client: a name that no other proxy has, nor this one after a restart
    /// @param waited how long the session has waited already: zero, except after a failed worker
    QueueEntry enqueue(String proxy, SlotRequest request, Duration waited);

    /// Refreshes all places of a proxy for 3 s, in one small call however many there are, and returns what
    /// the proxy may have missed.
    ///
    /// @param checked some of its queued sessions, to detect lost places
    KeptPlaces keepPlaces(String proxy, Collection<SlotRequest> checked);

    /// The state of a proxy's places.
    ///
    /// @param lapsed whether the places were not refreshed in time: all of them may be lost
    /// @param lost checked sessions that have neither a place nor a slot
    /// @param onTurn sessions that have a slot to take now, some tens at most: call [#acquire] for them
    record KeptPlaces(boolean lapsed, List<SessionId> lost, List<SessionId> onTurn) {}

    /// Whether a client of any proxy waits for a browser of this type.
    boolean hasQueue(BrowserType browser);

    /// Restores lost places at their positions. Sessions that have a place, or hold a slot, are skipped.
    void restorePlaces(String proxy, Collection<QueueWait> waits);

    /// Removes sessions from the queue. Sessions that are not queued are skipped.
    void dequeue(Collection<SessionId> sessions);

    /// Calls back when it is a queued session's turn, whichever proxy it belongs to. The notification may
    /// be lost. The listener must not block.
    Subscription onTurn(Consumer<SessionId> listener);

    /// Calls back when there is an order for a worker. The notification may be lost. The listener must not
    /// block.
    Subscription onOrder(Consumer<WorkerId> listener);

    /// Calls back when the registry can be reached again; it may have lost all data. The listener must not
    /// block. A registry that is always available never calls.
    Subscription onReconnect(Runnable listener);

    /// Closes connections and threads. Leases stay.
    @Override
    void close();

    /// A lease of a session on a worker.
    public record HeldLease(SessionId session, WorkerId worker) {}

    /// A session in the queue.
    ///
    /// @param waited how long it has waited already
    public record QueueWait(SlotRequest request, Duration waited) {}

    /// A request for a slot.
    ///
    /// @param version the client's version of Playwright; empty when it names none: every worker can serve
    ///     it
    /// @param excluded workers that failed for this session
    /// @param requester who asks; a session that is granted a slot is on the [SessionList] with it at once.
    ///     Empty for one that is not to be listed
    public record SlotRequest(
            SessionId session,
            BrowserType browser,
            Optional<PlaywrightVersion> version,
            Set<WorkerId> excluded,
            Optional<Requester> requester) {

        /// Who asks for a slot.
        ///
        /// @param proxy that will relay the session, as `<host>:<port>`
        public record Requester(String proxy, LiveSession.Client client) {}

        /// For a session that is not listed.
        public SlotRequest(
                SessionId session, BrowserType browser, Optional<PlaywrightVersion> version, Set<WorkerId> excluded) {
            this(session, browser, version, excluded, Optional.empty());
        }

        public SlotRequest {
            excluded = Set.copyOf(excluded);
        }
    }

    /// The registry did not answer, or not in time. Live sessions are not affected.
    public static final class RegistryUnavailableException extends RuntimeException {
        @Serial
        private static final long serialVersionUID = 1L;

        /// @param message the operation, and what went wrong
        /// @param cause null without a connection
        public RegistryUnavailableException(String message, @Nullable Throwable cause) {
            super(message, cause);
        }
    }

    /// The result of [#enqueue].
    public sealed interface QueueEntry {

        /// The session is in the queue.
        ///
        /// @param ahead sessions that are served before this one
        record Waiting(int ahead) implements QueueEntry {}

        /// The queue is full.
        ///
        /// @param limit the most sessions in it, across all proxies
        record Full(int limit) implements QueueEntry {}
    }

    /// The result of [#renew].
    ///
    /// @param restored sessions whose leases the registry had lost, together with their descriptions
    /// @param toEnd sessions that somebody has ordered to end
    public record LeaseRenewal(List<SessionId> restored, List<SessionId> toEnd) {}

    /// The result of [#acquire].
    public sealed interface Acquisition {

        /// A slot, leased for as long as the lease is renewed.
        ///
        /// @param fence the fencing token: grows with every grant of the registry
        record Granted(SessionId session, WorkerId worker, WorkerEndpoint endpoint, long fence) implements Acquisition {
            /// The lease to renew.
            public HeldLease lease() {
                return new HeldLease(session, worker);
            }
        }

        /// All suitable slots are taken.
        record AllTaken() implements Acquisition {}

        /// There is no live worker of this browser type.
        record NoWorkers() implements Acquisition {}
    }

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
        /// @param occupied slots of the same process that sessions of its earlier runs use; this run has
        ///     only the rest, perhaps none
        /// @param hungDrivers driver processes that do not answer now
        /// @param browsersTaken how the sessions of the process came by their browsers
        public record Load(
                OptionalInt slots,
                OptionalInt lifetime,
                int occupied,
                int hungDrivers,
                WorkerRecord.BrowsersTaken browsersTaken) {
            /// No limit is set, there was no earlier run, and all drivers answer.
            public static final Load NONE =
                    new Load(OptionalInt.empty(), OptionalInt.empty(), 0, 0, WorkerRecord.BrowsersTaken.NONE);

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
        /// @param replaces the run of the same process that this one replaces; with the first heartbeat of
        ///     this run, the replaced one gets no more sessions and its turn ends
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
                    new Load(OptionalInt.of(slots), OptionalInt.empty(), 0, 0, WorkerRecord.BrowsersTaken.NONE),
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
                    worker,
                    incarnation,
                    endpoint,
                    other,
                    startedAt,
                    versions,
                    interval,
                    ttl,
                    software,
                    load,
                    recycling);
        }

        /// The same with another load.
        public Heartbeat with(Load other) {
            return new Heartbeat(
                    worker,
                    incarnation,
                    endpoint,
                    status,
                    startedAt,
                    versions,
                    interval,
                    ttl,
                    software,
                    other,
                    recycling);
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
            /// @param slots concurrent sessions of this run: its slot limit without the slots of earlier
            ///     runs; may be 0
            /// @param lifetimeLimit sessions after which it is due to be recycled
            record Standing(int active, int lifetime, int slots, int lifetimeLimit) {}

            /// Serve on.
            record Continue(Standing standing) implements HeartbeatReply {}

            /// It is this worker's turn to be recycled; no other worker of its type is being recycled. One
            /// that renews itself starts its next run, and serves until that run has registered. One that
            /// exits drains and exits with 0. This is repeated at each heartbeat. A worker that gets
            /// `Continue` after this has lost its turn, because its next run did not register or the
            /// registry was emptied. It will get another turn.
            record Recycle(Standing standing) implements HeartbeatReply {}

            /// Ordered by a person, the API or the documented key: drain, finish sessions, exit with 0.
            record Shutdown(Standing standing) implements HeartbeatReply {}

            /// Another live run has this worker id.
            record Duplicate() implements HeartbeatReply {}
        }
    }

    /// The limits and times of a registry.
    ///
    /// @param maxConcurrent concurrent sessions per worker, 1 to 4095
    /// @param maxLifetime sessions per worker run, over 0
    /// @param leaseTtl how long a lease is valid without renewal
    /// @param shutdownCommandTtl how long an order to a worker is kept
    /// @param recycleWait how long to wait for the replacement of a recycled worker, from its exit on
    public record RegistryLimits(
            SessionLimit maxConcurrent,
            SessionLimit maxLifetime,
            Duration leaseTtl,
            Duration shutdownCommandTtl,
            Duration recycleWait) {
        /// The default of `RECYCLE_WAIT`.
        private static final Duration DEFAULT_RECYCLE_WAIT = Duration.ofSeconds(90);

        /// Limits that are set explicitly, with the default wait for a replacement.
        public RegistryLimits(int maxConcurrent, int maxLifetime, Duration leaseTtl, Duration shutdownCommandTtl) {
            this(
                    SessionLimit.set(maxConcurrent),
                    SessionLimit.set(maxLifetime),
                    leaseTtl,
                    shutdownCommandTtl,
                    DEFAULT_RECYCLE_WAIT);
        }
    }
}
