package dev.greenroom.proxy;

import dev.greenroom.net.http.HttpHeader;
import dev.greenroom.net.relay.ActiveRelays;
import dev.greenroom.net.relay.OutboundConnection;
import dev.greenroom.net.relay.RelayStarter;
import dev.greenroom.net.server.ClientLog;
import dev.greenroom.proxy.Admission.Decision.Admitted;
import dev.greenroom.proxy.client.ClientConnection;
import dev.greenroom.proxy.client.SessionLog;
import dev.greenroom.proxy.client.SessionLog.Connect;
import dev.greenroom.proxy.client.SessionLog.Timed;
import dev.greenroom.proxy.client.SessionObserver;
import dev.greenroom.proxy.queue.LeaseKeeper.Lease;
import dev.greenroom.proxy.queue.SlotFinder;
import dev.greenroom.registry.Registry;
import dev.greenroom.registry.Registry.RegistryUnavailableException;
import dev.greenroom.registry.Registry.SlotRequest;
import dev.greenroom.registry.SessionList.LiveSession;
import dev.greenroom.registry.WorkerRecord;
import dev.greenroom.registry.WorkerRecord.WorkerStatus;
import dev.greenroom.session.BrowserType;
import dev.greenroom.session.PlaywrightVersion;
import dev.greenroom.session.Refusal;
import dev.greenroom.session.Refusal.ExclusionReason;
import dev.greenroom.session.Refusal.NoSlotReason;
import dev.greenroom.session.SessionEnding.Cause;
import dev.greenroom.session.WorkerEndpoint;
import dev.greenroom.session.WorkerId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Runs sessions: one session, one call of [#run], one virtual thread. The slot is held exactly as long as
/// the method that leased it is on the stack.
final class SessionRunner {
    private static final Logger LOG = LoggerFactory.getLogger(SessionRunner.class);

    /// A retry that could not end in time is not begun: asking the registry may take 2 s when a crowd does.
    private static final Duration LEAST_FOR_A_RETRY = Duration.ofMillis(2_500);

    private final Admission admission;
    private final SlotFinder slotFinder;
    private final Registry registry;
    private final WorkerDialer workerDialer;
    private final RelayStarter relayStarter;
    private final ActiveRelays activeRelays;
    private final SessionLog sessionLog;
    private final SessionObserver observer;
    private final Duration selectTimeout;
    private final Duration answerTimeout;
    private final LongSupplier nanoTime;

    /// Workers that failed here and have not been reached since, whose ejections grow longer until they
    /// are.
    private final Set<WorkerId> suspects = ConcurrentHashMap.newKeySet();

    /// One client, while it is here.
    ///
    /// @param began when its request was read
    private record Visitor(ClientConnection client, SessionObserver.Visit visit, long began) {}

    /// @param selectTimeout how long a client waits for a slot
    /// @param answerTimeout how long it waits for its answer, workers that are tried in vain included
    SessionRunner(
            Admission admission,
            SlotFinder slotFinder,
            Registry registry,
            WorkerDialer workerDialer,
            RelayStarter relayStarter,
            ActiveRelays activeRelays,
            SessionLog sessionLog,
            SessionObserver observer,
            Duration selectTimeout,
            Duration answerTimeout,
            LongSupplier nanoTime) {
        this.admission = admission;
        this.slotFinder = slotFinder;
        this.registry = registry;
        this.workerDialer = workerDialer;
        this.relayStarter = relayStarter;
        this.activeRelays = activeRelays;
        this.sessionLog = sessionLog;
        this.observer = observer;
        this.selectTimeout = selectTimeout;
        this.answerTimeout = answerTimeout;
        this.nanoTime = nanoTime;
    }

    /// Serves one client from its request to its end. Interruption means that nobody waits any more: the
    /// client hung up, or was dismissed.
    void run(ClientConnection client) throws InterruptedException {
        var visitor = new Visitor(client, observer.began(client), nanoTime.getAsLong());
        try {
            switch (admission.consider(client)) {
                case Admission.Decision.Refused(var why) -> refuse(visitor, why);
                case Admitted admitted -> {
                    try (admitted) {
                        client.connection().forgetFields();
                        place(visitor, admitted);
                    }
                }
            }
        } catch (RegistryUnavailableException e) {
            LOG.atDebug().addKeyValue("cause", e.getMessage()).log("The registry did not answer");
            refuse(visitor, new Refusal.RegistryUnavailable());
        } catch (InterruptedException e) {
            client.dismissal().ifPresentOrElse(why -> refuse(visitor, why), () -> left(visitor));
            throw e;
        }
    }

    private static LiveSession.Client described(Visitor visitor, Admitted admitted) {
        return new LiveSession.Client(
                admitted.request().version(),
                visitor.client().remote().getAddress().getHostAddress(),
                visitor.client().tenant().orElse(""));
    }

    private long since(Visitor visitor) {
        return nanoTime.getAsLong() - visitor.began();
    }

    private void left(Visitor visitor) {
        sessionLog.left(visitor.client(), since(visitor));
        visitor.visit().left();
    }

    private void refuse(Visitor visitor, Refusal why) {
        var answer = visitor.client().refuse(why);
        sessionLog.refused(visitor.client(), new Timed<>(why, since(visitor)), answer.status());
        visitor.visit().refused(why);
    }

    private Duration remainingAnswerTime(Visitor visitor) {
        return answerTimeout.minusNanos(since(visitor));
    }

    /// Tries workers until one takes the session or the time is up. A worker that fails costs the client
    /// only time, and not its place: it is still behind those who came before it, and before all others.
    private void place(Visitor visitor, Admitted admitted) throws InterruptedException {
        LOG.atDebug().addKeyValue("browser", admitted.browser()).log("Received WebSocket upgrade request");
        var deadline = visitor.began() + selectTimeout.toNanos();
        var tried = new TriedWorkers(nanoTime);
        DialAttempt dialAttempt = new DialAttempt.Again(Connect.NONE, NoSlotReason.TIMED_OUT);
        while (dialAttempt instanceof DialAttempt.Again(var spent, var noneLeft)) {
            var request = new SlotRequest(
                    visitor.client().session(),
                    admitted.browser(),
                    admitted.request().version(),
                    with(tried.excluded(), admitted.unable()),
                    Optional.of(slotFinder.requester(described(visitor, admitted))));
            if (!tried.isEmpty() && remainingAnswerTime(visitor).compareTo(LEAST_FOR_A_RETRY) < 0) {
                refuse(visitor, noSlot(visitor, admitted, noneLeft));
                return;
            }
            var waited = tried.isEmpty() ? Duration.ZERO : Duration.ofNanos(since(visitor));
            switch (slotFinder.lease(request, admitted.tenant(), waited, tried.patience(deadline))) {
                case SlotFinder.SlotResult.None(var reason) -> {
                    if (!tried.retryBusyWorkers(deadline)) {
                        refuse(visitor, noSlot(visitor, admitted, tried.isEmpty() ? reason : noneLeft));
                        return;
                    }
                }
                case SlotFinder.SlotResult.Leased(var held, var queueNanos, var selectNanos) -> {
                    try (var lease = held) {
                        dialAttempt = attempt(visitor, admitted, lease, spent.selected(queueNanos, selectNanos));
                        tried.add(lease.worker(), dialAttempt);
                        if (dialAttempt instanceof DialAttempt.Again) {
                            lease.release();
                        }
                    }
                    if (dialAttempt instanceof DialAttempt.Done(var lost) && lost) {
                        deregisterIfGone(held.worker(), held.endpoint());
                    }
                }
            }
        }
    }

    private Refusal noSlot(Visitor visitor, Admitted admitted, NoSlotReason reason) {
        return new Refusal.NoSlot(reason, shortage(admitted.browser(), Duration.ofNanos(since(visitor))));
    }

    /// What there is instead of a slot; empty when nobody knows.
    private Optional<Refusal.Shortage> shortage(BrowserType browser, Duration waited) {
        try {
            var workers = registry.workers();
            var slots = workers.stream()
                    .filter(worker -> worker.worker().browser() == browser && worker.status() == WorkerStatus.AVAILABLE)
                    .mapToInt(WorkerRecord::maxConcurrent)
                    .sum();
            var served = workers.stream()
                    .map(worker -> worker.worker().browser())
                    .distinct()
                    .sorted()
                    .toList();
            return Optional.of(new Refusal.Shortage(slots, waited, browser, served));
        } catch (RegistryUnavailableException e) {
            LOG.atDebug().addKeyValue("cause", e.getMessage()).log("Could not count the slots for a refusal");
            return Optional.empty();
        }
    }

    private static Set<WorkerId> with(Set<WorkerId> workers, Set<WorkerId> more) {
        if (more.isEmpty()) {
            return workers;
        }
        var all = new HashSet<>(more);
        all.addAll(workers);
        return all;
    }

    private DialAttempt attempt(Visitor visitor, Admitted admitted, Lease lease, Connect selected)
            throws InterruptedException {
        LOG.atDebug()
                .addKeyValue("worker", lease.worker())
                .addKeyValue("endpoint", "ws://" + lease.endpoint().authority() + "/...")
                .log("Selected worker");
        var asked = nanoTime.getAsLong();
        var outcome = dial(visitor, admitted, lease, selected);
        var connect = selected.dialled(nanoTime.getAsLong() - asked);
        switch (outcome) {
            case WorkerDialer.WorkerDialResult.Connected(var connection) -> {
                trust(lease.worker());
                var cause = relay(visitor, admitted, lease, connect.upgraded(connection.handshakeNanos()), connection);
                return new DialAttempt.Done(cause == Cause.WORKER_LOST);
            }
            case WorkerDialer.WorkerDialResult.NoVersion(var available) -> {
                admitted.request()
                        .version()
                        .ifPresent(wanted -> admission.versionRefused(lease.worker(), wanted, available));
                refuse(visitor, noVersion(admitted, available));
                return new DialAttempt.Done(false);
            }
            case WorkerDialer.WorkerDialResult.Refused(var why) -> {
                refuse(visitor, why);
                return new DialAttempt.Done(false);
            }
            case WorkerDialer.WorkerDialResult.NoRoom() -> {
                return new DialAttempt.Again(connect, NoSlotReason.AT_CAPACITY);
            }
            case WorkerDialer.WorkerDialResult.Preparing() -> {
                return new DialAttempt.Again(connect, NoSlotReason.PREPARING);
            }
            case WorkerDialer.WorkerDialResult.TimeIsUp() -> {
                return new DialAttempt.Again(connect, NoSlotReason.UNREACHABLE);
            }
            case WorkerDialer.WorkerDialResult.Distrusted(var why) -> {
                visitor.visit().distrusted(why);
                markSuspect(lease.worker(), why);
                return new DialAttempt.Again(connect, NoSlotReason.UNREACHABLE);
            }
            case WorkerDialer.WorkerDialResult.Unreachable(var why) -> {
                suspect(lease.worker(), why);
                return new DialAttempt.Again(connect, NoSlotReason.UNREACHABLE);
            }
        }
    }

    private WorkerDialer.WorkerDialResult dial(Visitor visitor, Admitted admitted, Lease lease, Connect selected)
            throws InterruptedException {
        var trace = visitor.visit().dialling(lease.worker(), selected).or(visitor.client()::trace);
        return workerDialer
                .dial(
                        lease.worker(),
                        lease.endpoint(),
                        admitted.request(),
                        trace,
                        visitor.client().eventLoop(),
                        remainingAnswerTime(visitor));
    }

    private static Refusal noVersion(Admitted admitted, List<PlaywrightVersion> available) {
        return admitted.request()
                .version()
                .<Refusal>map(wanted -> new Refusal.NoVersion(wanted, available))
                .orElse(new Refusal.NoSlot(NoSlotReason.UNREACHABLE));
    }

    private void trust(WorkerId worker) {
        if (suspects.remove(worker)) {
            registry.clearSuspicion(worker);
        }
    }

    /// Forgets those that have left the registry, which has forgotten their ejections, too.
    private void remember(WorkerId suspect) {
        try {
            var known = registry.workers().stream()
                    .map(WorkerRecord::worker)
                    .collect(Collectors.toSet());
            suspects.retainAll(known);
        } catch (RegistryUnavailableException e) {
            LOG.atDebug().addKeyValue("cause", e.getMessage()).log("Could not look which suspects have left");
        }
        suspects.add(suspect);
    }

    private void markSuspect(WorkerId worker, ExclusionReason why) {
        LOG.atWarn()
                .addKeyValue("code", "WORKER_DISTRUSTED")
                .addKeyValue("worker", worker)
                .addKeyValue("cause", why.words())
                .log("A worker is not to be trusted; it gets no session and is kept out of selection for a while");
        remember(worker);
        registry.suspect(worker);
    }

    /// Whose connections ended without a word may have been killed. The registry says who of those that
    /// notice was first.
    private void deregisterIfGone(WorkerId worker, WorkerEndpoint endpoint) {
        try {
            if (workerDialer.isGone(endpoint) && registry.deregister(worker)) {
                LOG.atWarn()
                        .addKeyValue("code", "WORKER_LOST")
                        .addKeyValue("worker", worker)
                        .addKeyValue("address", endpoint.authority())
                        .log("Worker lost: its sessions ended without a word, and nothing listens at its address");
            }
        } catch (RegistryUnavailableException e) {
            LOG.atDebug().addKeyValue("cause", e.getMessage()).log("Could not take a lost worker out of the registry");
        } catch (InterruptedException _) {
            // Its session is over, and nobody waits for this.
            Thread.currentThread().interrupt();
        }
    }

    private void suspect(WorkerId worker, String why) {
        LOG.atWarn()
                .addKeyValue("code", "WORKER_UNREACHABLE")
                .addKeyValue("worker", worker)
                .addKeyValue("cause", why)
                .log("A worker did not take a session; it is kept out of selection for a while");
        remember(worker);
        registry.suspect(worker);
    }

    private Cause relay(Visitor visitor, Admitted admitted, Lease lease, Connect connect, OutboundConnection worker)
            throws InterruptedException {
        LOG.atDebug().log("Backend connection established");
        var client = visitor.client();
        try (worker) {
            var ignored = new ArrayList<>(admitted.request().ignored());
            ignored.addAll(ClientLog.ignoredByWorker(worker.answer()));
            if (!ignored.isEmpty()) {
                LOG.atDebug()
                        .addKeyValue("code", "LAUNCH_OPTIONS_IGNORED")
                        .addKeyValue("ignored", String.join(", ", ignored))
                        .log("Launch options ignored");
            }
            List<HttpHeader> headers = new ArrayList<>();
            headers.add(client.connection().requestId());
            headers.addAll(ClientLog.connected(client.session(), lease.worker(), ignored));
            var relay = relayStarter.join(client.connection(), worker, headers);
            visitor.visit().connected(lease.worker(), connect, since(visitor));
            LOG.atDebug().log("Client connection upgraded");
            LOG.atDebug().log("Starting message relay");
            try (var _ = activeRelays.track(client.session(), relay)) {
                if (lease.isEndRequested()) {
                    // Ordered before its relay could hear it.
                    activeRelays.end(client.session(), Cause.OPERATOR);
                }
                var relayed = new Timed<>(relay.await(), since(visitor));
                sessionLog.ended(client, admitted.request(), lease.worker(), connect, relayed);
                visitor.visit().ended(relayed.value(), relayed.nanos());
                return relayed.value().ending().cause();
            }
        }
    }

    /// What came of trying one worker.
    sealed interface DialAttempt {
        /// The session is over, or the client has its refusal.
        ///
        /// @param lost whether its worker went away without a word
        record Done(boolean lost) implements DialAttempt {}

        /// This worker did not take the session; another may.
        ///
        /// @param spent on the connect so far
        /// @param why what the client is told when no other does
        record Again(Connect spent, NoSlotReason why) implements DialAttempt {
            /// Whether the worker is well, and only had no room or no browser of this version yet.
            boolean wasBusy() {
                return why == NoSlotReason.AT_CAPACITY || why == NoSlotReason.PREPARING;
            }
        }
    }
}
