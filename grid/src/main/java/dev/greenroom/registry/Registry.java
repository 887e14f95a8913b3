package dev.greenroom.registry;

import dev.greenroom.registry.Heartbeat.HeartbeatReply;
import dev.greenroom.registry.SessionList.LiveSession;
import dev.greenroom.schedule.Subscription;
import dev.greenroom.session.BrowserType;
import dev.greenroom.session.PlaywrightVersion;
import dev.greenroom.session.SessionId;
import dev.greenroom.session.WorkerEndpoint;
import dev.greenroom.session.WorkerId;
import java.io.Serial;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Keeps track of slots: which of them are leased, and which worker gets the next session.
///
/// Every operation has an id that the caller created before the call, so it can be repeated after a lost reply.
/// No operation blocks for longer than the registry's deadline of 500 ms, or 2 s under heavy load. All
/// operations are safe for use by many threads. They are called on virtual threads, never on an event loop,
/// and throw [RegistryUnavailableException] when the registry does not answer.
///
/// A listener is called until its subscription is closed.
public interface Registry extends AutoCloseable {
    /// How many leases, sessions or places travel in one call to Redis at most. Longer collections are sent in
    /// several calls.
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

    /// Deregisters a worker that is known to be gone: nothing listens at its address any more. If it is alive
    /// after all, its next heartbeat registers it again. A foreign worker stays registered.
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

    /// Every live worker, from a cache that is a few seconds old at most. Reads the registry only if [#workers]
    /// was not called lately.
    default List<WorkerRecord> knownWorkers() {
        return workers();
    }

    /// Reads what a selection reads, and changes nothing. For health checks.
    void probe();

    /// Removes expired leases and dead workers; a safety net, since [#acquire] reclaims leases on demand.
    ///
    /// @return how many leases were removed
    int reap();

    /// Adds a session at the end of the queue, or returns its place if it has one. A call of [#acquire] after
    /// this one misses no slot that became free in between.
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

    /// Restores lost places at their positions. Sessions that have a place, or hold a slot, are skipped.
    void restorePlaces(String proxy, Collection<QueueWait> waits);

    /// Removes sessions from the queue. Sessions that are not queued are skipped.
    void dequeue(Collection<SessionId> sessions);

    /// Calls back when it is a queued session's turn, whichever proxy it belongs to. The notification may be
    /// lost. The listener must not block.
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
    /// @param version the client's version of Playwright; empty when it names none: every worker can serve it
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
}
