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

/// The truth about slots: which are leased, and which worker may get the next session.
///
/// Every operation is keyed by an id that the caller made before the call, so all of them can be called
/// again after a lost reply. None blocks for longer than the registry's own deadline (500 ms), only a crowd
/// that asks for slots at once may wait for up to 2 s. All are safe for use by many threads and are called
/// on virtual threads, never on an event loop.
///
/// A listener is called until its subscription is closed.
///
/// Every operation throws [RegistryUnavailableException] when the registry does not answer.
public interface Registry extends AutoCloseable {
    /// How many leases, sessions or places travel in one call to Redis at most. Longer collections are sent in
    /// several calls.
    int MAX_BATCH = 200;

    /// Leases a slot for a session, or says why there is none now. A session that already holds one gets it
    /// again.
    ///
    /// First come, first served: a slot that a waiting session before this one could take is not granted,
    /// whether this one waits too or not. A grant ends the wait. When this throws, the slot may have been
    /// granted all the same: the session has to be released.
    Acquisition acquire(SlotRequest request);

    /// Extends leases; restores those that the registry lost. Never ends a session.
    ///
    /// @return which had to be restored, none in ordinary times, and which are to end because somebody said
    ///     so
    LeaseRenewal renew(Collection<HeldLease> leases);

    /// Gives slots back. Sessions that hold none are passed over. Works when the registry is out of memory.
    void release(Collection<SessionId> sessions);

    /// A worker's sign of life: it registers, keeps registered, and gets its orders.
    HeartbeatReply heartbeat(Heartbeat heartbeat);

    /// Takes a worker out of the registry. One that is not there is passed over.
    ///
    /// @param incarnation the one that leaves; a later incarnation of the same id is left alone
    void deregister(WorkerId worker, String incarnation);

    /// Takes a worker out that is known to be gone: nothing listens at its address any more. One that lives
    /// all the same is back with its next heartbeat. A foreign worker is left in.
    ///
    /// @return whether it was there
    boolean deregister(WorkerId worker);

    /// Keeps a worker that could not be reached out of selection: 5 s, doubling to 60 s, never the last one
    /// of its kind.
    void suspect(WorkerId worker);

    /// A worker that was suspect has been reached again: its next ejection starts at 5 s.
    void clearSuspicion(WorkerId worker);

    /// Orders a worker to drain, finish and exit.
    ///
    /// @return false when there is no such worker
    boolean orderShutdown(WorkerId worker);

    /// What is known of the sessions that run.
    SessionList sessions();

    /// Every live worker. May be up to a second old.
    List<WorkerRecord> workers();

    /// Every live worker as far as this process has heard, some seconds old at most. Reads the registry
    /// only where nobody has called [#workers] lately.
    default List<WorkerRecord> knownWorkers() {
        return workers();
    }

    /// Asks what a selection asks, and changes nothing.
    void probe();

    /// Drops expired leases and dead workers; a safety net, since [#acquire] reclaims on demand.
    ///
    /// @return how many leases were dropped
    int reap();

    /// Takes a place at the end of the queue for a slot, or answers the one there is. What became free in
    /// the meantime is not missed by a call of [#acquire] after this one.
    ///
    /// A place lasts as long as its proxy keeps all its places with [#keepPlaces]. It does so before it
    /// takes the first one, and every second from then on.
    ///
    /// @param proxy whose client it is: a name that no other proxy has, nor this one after a restart
    /// @param waited how long the session has waited already: zero, except for one whose worker failed
    QueueEntry enqueue(String proxy, SlotRequest request, Duration waited);

    /// Keeps every place of a proxy for 3 s more, in one small call however many there are, and tells the
    /// proxy what it may have missed.
    ///
    /// @param checked a few of its sessions that wait, to find out whether their places were lost
    KeptPlaces keepPlaces(String proxy, Collection<SlotRequest> checked);

    /// What the registry knows of a proxy's places.
    ///
    /// @param lapsed whether the registry has not known this proxy up to now: all its places may be lost
    /// @param lost those of the checked sessions that have neither a place nor a slot
    /// @param onTurn sessions that there is a slot for now, some tens at most: [#acquire] is worth a call
    record KeptPlaces(boolean lapsed, List<SessionId> lost, List<SessionId> onTurn) {}

    /// Gives places back that were lost, where they were. Sessions that have one, or hold a slot, are
    /// passed over.
    void restorePlaces(String proxy, Collection<QueueWait> waits);

    /// Gives places up. Sessions that have none are passed over.
    void dequeue(Collection<SessionId> sessions);

    /// Calls back, as a hint that may be lost, when it is a waiting session's turn, wherever that session
    /// waits. The listener must not block.
    Subscription onTurn(Consumer<SessionId> listener);

    /// Calls back, as a hint that may be lost, when a worker has an order waiting. The listener must not
    /// block.
    Subscription onOrder(Consumer<WorkerId> listener);

    /// Calls back when the registry can be reached again, and may have forgotten everything. The listener
    /// must not block. A registry that is always there never calls.
    Subscription onReconnect(Runnable listener);

    /// Lets go of connections and threads. Leases stay.
    @Override
    void close();

    /// A lease that somebody holds.
    public record HeldLease(SessionId session, WorkerId worker) {}

    /// A session's wait for a slot.
    ///
    /// @param waited how long it has lasted already
    public record QueueWait(SlotRequest request, Duration waited) {}

    /// A wish for a slot.
    ///
    /// @param version the client's version of Playwright; empty when it names none, which every worker can
    ///     serve
    /// @param excluded workers that this session has tried in vain
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

        /// Of a session that is not to be listed.
        public SlotRequest(
                SessionId session, BrowserType browser, Optional<PlaywrightVersion> version, Set<WorkerId> excluded) {
            this(session, browser, version, excluded, Optional.empty());
        }

        public SlotRequest {
            excluded = Set.copyOf(excluded);
        }
    }

    /// The registry did not answer, or not in time. Sessions that run are not affected.
    public static final class RegistryUnavailableException extends RuntimeException {
        @Serial
        private static final long serialVersionUID = 1L;

        /// @param message what was asked, and what happened instead of an answer
        /// @param cause null when there was no connection to fail
        public RegistryUnavailableException(String message, @Nullable Throwable cause) {
            super(message, cause);
        }
    }

    /// The answer to who wants to wait for a slot.
    public sealed interface QueueEntry {

        /// There is a place in line.
        ///
        /// @param ahead sessions that are served before this one
        record Waiting(int ahead) implements QueueEntry {}

        /// So many wait already that no more can.
        ///
        /// @param limit how many that is, across all proxies
        record Full(int limit) implements QueueEntry {}
    }

    /// What a proxy is told when it renews leases.
    ///
    /// @param restored sessions whose leases the registry had lost, and with them what it knew of the
    ///     sessions
    /// @param toEnd sessions that somebody has ordered to end
    public record LeaseRenewal(List<SessionId> restored, List<SessionId> toEnd) {}

    /// The answer to a [SlotRequest].
    public sealed interface Acquisition {

        /// A slot, for as long as its lease is renewed.
        ///
        /// @param fence grows with every grant of the registry
        record Granted(SessionId session, WorkerId worker, WorkerEndpoint endpoint, long fence) implements Acquisition {
            /// What has to be renewed.
            public HeldLease lease() {
                return new HeldLease(session, worker);
            }
        }

        /// Every suitable slot is taken; one may become free.
        record AllTaken() implements Acquisition {}

        /// No live worker serves this browser.
        record NoWorkers() implements Acquisition {}
    }
}
