package dev.greenroom.proxy;

import dev.greenroom.config.DurationText;
import dev.greenroom.config.ProxySections.CdpSettings;
import dev.greenroom.config.ProxySections.RelaySettings;
import dev.greenroom.net.http.HttpHeader;
import dev.greenroom.net.relay.Hold;
import dev.greenroom.net.relay.OutboundConnection;
import dev.greenroom.net.relay.Relay.RelayResult;
import dev.greenroom.net.relay.RelayStarter;
import dev.greenroom.net.relay.RelayStarter.ActiveRelays;
import dev.greenroom.net.server.RefusalResponses.ClientLog;
import dev.greenroom.proxy.Admission.Decision.Admitted;
import dev.greenroom.proxy.CdpRoutes.CdpRoute;
import dev.greenroom.proxy.client.CdpUse;
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
import dev.greenroom.registry.SessionList.FoundBrowser;
import dev.greenroom.registry.SessionList.LiveSession;
import dev.greenroom.registry.WorkerRecord;
import dev.greenroom.registry.WorkerRecord.WorkerStatus;
import dev.greenroom.session.BrowserType;
import dev.greenroom.session.CdpBrowserId.CdpLimits;
import dev.greenroom.session.ClientProtocol;
import dev.greenroom.session.PlaywrightVersion;
import dev.greenroom.session.Refusal;
import dev.greenroom.session.Refusal.ExclusionReason;
import dev.greenroom.session.Refusal.NoSlotReason;
import dev.greenroom.session.SessionEnding;
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
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Runs sessions. Each session is one call of [#run] on a virtual thread of its own. Its slot is leased
/// by try-with-resources, so it is held exactly as long as the method that leased it runs.
final class SessionRunner {
    private static final Logger LOG = LoggerFactory.getLogger(SessionRunner.class);

    /// Below this, a session does not try another worker: under load the registry may take 2 s to answer.
    private static final Duration MIN_TIME_FOR_RETRY = Duration.ofMillis(2_500);

    /// How often a session whose client is away is looked at.
    private static final Duration HOLD_CHECK = Duration.ofSeconds(1);

    /// How often it is asked whether somebody waits for its slot.
    private static final Duration GRACE_CHECK = Duration.ofMillis(100);

    private final Admission admission;
    private final SlotFinder slotFinder;
    private final Registry registry;
    private final WorkerDialer workerDialer;
    private final RelayStarter relayStarter;
    private final ActiveRelays activeRelays;
    private final SessionLog sessionLog;
    private final SessionHistory history;
    private final SessionObserver observer;
    private final Duration selectTimeout;
    private final Duration answerTimeout;
    private final LongSupplier nanoTime;
    private final RelaySettings relaySettings;
    private final CdpSettings cdpSettings;
    private final CdpRoutes cdpRoutes = new CdpRoutes();
    private final CdpJoins cdpJoins;

    /// Workers that failed here and have not been reached since. The registry ejects them from selection
    /// for a longer time with each failure.
    private final Set<WorkerId> suspects = ConcurrentHashMap.newKeySet();

    /// One client, from its request to its end.
    ///
    /// @param began when its request was read, on the monotonic clock
    /// @param route by which others join it, if its client speaks CDP and knows the browser's address
    private record ClientSession(
            ClientConnection client, SessionObserver.Visit visit, long began, Optional<CdpRoutes.OpenRoute> route) {}

    /// @param selectTimeout how long a client is queued for a slot
    /// @param answerTimeout how long a client waits for its answer in all, failed workers included
    /// @param nanoTime a monotonic clock
    SessionRunner(
            Admission admission,
            SlotFinder slotFinder,
            Registry registry,
            WorkerDialer workerDialer,
            RelayStarter relayStarter,
            ActiveRelays activeRelays,
            SessionLog sessionLog,
            SessionHistory history,
            SessionObserver observer,
            Duration selectTimeout,
            Duration answerTimeout,
            RelaySettings relaySettings,
            CdpSettings cdpSettings,
            LongSupplier nanoTime) {
        this.admission = admission;
        this.slotFinder = slotFinder;
        this.registry = registry;
        this.workerDialer = workerDialer;
        this.relayStarter = relayStarter;
        this.activeRelays = activeRelays;
        this.sessionLog = sessionLog;
        this.history = history;
        this.observer = observer;
        this.selectTimeout = selectTimeout;
        this.answerTimeout = answerTimeout;
        this.relaySettings = relaySettings;
        this.cdpSettings = cdpSettings;
        this.nanoTime = nanoTime;
        this.cdpJoins = new CdpJoins(admission, registry, workerDialer, relayStarter, activeRelays, answerTimeout);
    }

    /// Serves one client from its request to its end. Blocks until then.
    ///
    /// @throws InterruptedException if the client hung up, or a drain refused it
    void run(ClientConnection client) throws InterruptedException {
        if (client.cdp().isEmpty()) {
            run(client, Optional.empty());
            return;
        }
        var use = client.cdp().get();
        try {
            switch (use.kind()) {
                case NEW -> run(client, Optional.empty());
                case PAGE -> cdpJoins.joinPage(client);
                case ADDRESSED, JOINING, HOLD -> runAddressed(client, use);
            }
        } catch (RegistryUnavailableException e) {
            LOG.atDebug()
                    .addKeyValue("code", "could-not-look-for-a-browser")
                    .addKeyValue("cause", e.getMessage())
                    .log("Browser of a session not found");
            cdpJoins.refuse(client, new Refusal.RegistryUnavailable());
        }
    }

    /// Serves a connection to the browser of an address: the first one begins a session, others join it.
    private void runAddressed(ClientConnection client, CdpUse use) throws InterruptedException {
        switch (cdpRoutes.enter(use.id())) {
            case CdpRoutes.CdpEntry.Known(var route) -> join(client, use.joining(), route);
            case CdpRoutes.CdpEntry.First(var opened) -> {
                try (var route = opened) {
                    switch (registry.sessions().findBrowser(use.id().digest())) {
                        case FoundBrowser.Unused()
                        when use.kind() == CdpUse.CdpConnectionKind.ADDRESSED -> run(client, Optional.of(route));
                        case FoundBrowser.Running(var worker, var endpoint) -> {
                            var found = new CdpRoute(worker, endpoint);
                            route.found(found);
                            cdpJoins.join(client, use.joining(), found);
                        }
                        case FoundBrowser.Unused(), FoundBrowser.Ended() ->
                            cdpJoins.refuse(client, new Refusal.SessionEnded());
                    }
                }
            }
        }
    }

    /// Joins a browser that another connection at this proxy asks for now, or has.
    private void join(ClientConnection client, CdpUse use, Future<Optional<CdpRoute>> coming)
            throws InterruptedException {
        try {
            var route = coming.get(answerTimeout.toNanos(), TimeUnit.NANOSECONDS);
            if (route.isPresent()) {
                cdpJoins.join(client, use, route.get());
            } else {
                cdpJoins.refuse(client, new Refusal.SessionEnded());
            }
        } catch (TimeoutException _) {
            cdpJoins.refuse(client, new Refusal.NoSlot(NoSlotReason.TIMED_OUT));
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }

    private void run(ClientConnection client, Optional<CdpRoutes.OpenRoute> route) throws InterruptedException {
        var session = new ClientSession(client, observer.began(client), nanoTime.getAsLong(), route);
        try {
            switch (admission.decide(client)) {
                case Admission.Decision.Refused(var why) -> refuse(session, why);
                case Admitted admitted -> {
                    try (admitted) {
                        client.connection().dropHeaders();
                        var tooLong = tooLongKept(admitted);
                        if (tooLong.isPresent()) {
                            refuse(session, tooLong.get());
                        } else {
                            place(session, admitted);
                        }
                    }
                }
            }
        } catch (RegistryUnavailableException e) {
            LOG.atDebug()
                    .addKeyValue("code", "the-registry-did-not-answer")
                    .addKeyValue("cause", e.getMessage())
                    .log("Registry unavailable");
            refuse(session, new Refusal.RegistryUnavailable());
        } catch (InterruptedException e) {
            client.dismissal().ifPresentOrElse(why -> refuse(session, why), () -> left(session));
            throw e;
        }
    }

    private Optional<Refusal> tooLongKept(Admitted admitted) {
        var most = cdpSettings.keepAliveMax();
        return admitted.request()
                .cdp()
                .filter(use -> use.limits().keepAlive().compareTo(most) > 0)
                .map(_ -> new Refusal.BadRequest("keepAlive must be at most " + DurationText.show(most)
                        + ", which is CDP_KEEP_ALIVE_MAX of this grid"));
    }

    private static LiveSession.Client described(ClientSession session, Admitted admitted) {
        return new LiveSession.Client(
                admitted.request().version(),
                session.client().remote().getAddress().getHostAddress(),
                session.client().tenant().orElse(""),
                session.client().protocol(),
                admitted.request().labels());
    }

    private long since(ClientSession session) {
        return nanoTime.getAsLong() - session.began();
    }

    private void left(ClientSession session) {
        sessionLog.left(session.client(), since(session));
        session.visit().left();
    }

    private void refuse(ClientSession session, Refusal why) {
        var answer = session.client().refuse(why);
        sessionLog.refused(session.client(), new Timed<>(why, since(session)), answer.status());
        session.visit().refused(why);
    }

    private Duration remainingAnswerTime(ClientSession session) {
        return answerTimeout.minusNanos(since(session));
    }

    /// Tries workers until one takes the session or the time is up. A worker that fails costs the client
    /// time only: it keeps its place in the queue.
    private void place(ClientSession session, Admitted admitted) throws InterruptedException {
        LOG.atDebug().addKeyValue("browser", admitted.browser()).log("Received WebSocket upgrade request");
        var deadline = session.began() + selectTimeout.toNanos();
        var tried = new TriedWorkers(nanoTime);
        DialAttempt dialAttempt = new DialAttempt.Again(Connect.NONE, NoSlotReason.TIMED_OUT);
        while (dialAttempt instanceof DialAttempt.Again(var spent, var noneLeft)) {
            var request = new SlotRequest(
                    session.client().session(),
                    admitted.browser(),
                    admitted.request().version(),
                    union(tried.excluded(), admitted.unable()),
                    Optional.of(slotFinder.requester(described(session, admitted))));
            if (!tried.isEmpty() && remainingAnswerTime(session).compareTo(MIN_TIME_FOR_RETRY) < 0) {
                refuse(session, noSlot(session, admitted, noneLeft));
                return;
            }
            var waited = tried.isEmpty() ? Duration.ZERO : Duration.ofNanos(since(session));
            switch (slotFinder.acquire(request, admitted.tenant(), waited, tried.waitUntil(deadline))) {
                case SlotFinder.SlotResult.None(var reason) -> {
                    if (!tried.retryBusyWorkers(deadline)) {
                        refuse(session, noSlot(session, admitted, tried.isEmpty() ? reason : noneLeft));
                        return;
                    }
                }
                case SlotFinder.SlotResult.Leased(var held, var queueNanos, var selectNanos) -> {
                    try (var lease = held) {
                        dialAttempt = attempt(session, admitted, lease, spent.selected(queueNanos, selectNanos));
                        tried.add(lease.worker(), dialAttempt);
                        if (dialAttempt instanceof DialAttempt.Again) {
                            lease.release();
                        }
                    }
                    if (dialAttempt instanceof DialAttempt.Done(var lost) && lost) {
                        deregisterIfDead(held.worker(), held.endpoint());
                    }
                }
            }
        }
    }

    private Refusal noSlot(ClientSession session, Admitted admitted, NoSlotReason reason) {
        return new Refusal.NoSlot(reason, shortage(admitted.browser(), Duration.ofNanos(since(session))));
    }

    /// How many slots there are, for the refusal; empty if the registry does not answer.
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
            LOG.atDebug()
                    .addKeyValue("code", "could-not-count-the-slots-for-a-refusal")
                    .addKeyValue("cause", e.getMessage())
                    .log("Slots not counted for a refusal");
            return Optional.empty();
        }
    }

    private static Set<WorkerId> union(Set<WorkerId> workers, Set<WorkerId> more) {
        if (more.isEmpty()) {
            return workers;
        }
        var all = new HashSet<>(more);
        all.addAll(workers);
        return all;
    }

    private DialAttempt attempt(ClientSession session, Admitted admitted, Lease lease, Connect selected)
            throws InterruptedException {
        LOG.atDebug()
                .addKeyValue("worker", lease.worker())
                .addKeyValue("endpoint", "ws://" + lease.endpoint().authority() + "/...")
                .log("Selected worker");
        var asked = nanoTime.getAsLong();
        var outcome = dial(session, admitted, lease, selected);
        var connect = selected.dialled(nanoTime.getAsLong() - asked);
        switch (outcome) {
            case WorkerDialer.WorkerDialResult.Connected(var connection) -> {
                clearSuspicion(lease.worker());
                session.route().ifPresent(it -> it.found(new CdpRoute(lease.worker(), lease.endpoint())));
                var cause = relay(session, admitted, lease, connect.upgraded(connection.handshakeNanos()), connection);
                return new DialAttempt.Done(cause == Cause.WORKER_LOST);
            }
            case WorkerDialer.WorkerDialResult.NoVersion(var available) -> {
                admitted.request()
                        .version()
                        .ifPresent(wanted -> admission.recordVersionRefusal(lease.worker(), wanted, available));
                refuse(session, noVersion(admitted, available));
                return new DialAttempt.Done(false);
            }
            case WorkerDialer.WorkerDialResult.Refused(var why) -> {
                refuse(session, why);
                return new DialAttempt.Done(false);
            }
            case WorkerDialer.WorkerDialResult.NoRoom() -> {
                return new DialAttempt.Again(connect, NoSlotReason.AT_CAPACITY);
            }
            case WorkerDialer.WorkerDialResult.Preparing() -> {
                return new DialAttempt.Again(connect, NoSlotReason.PREPARING);
            }
            case WorkerDialer.WorkerDialResult.ClientDeadlinePassed() -> {
                return new DialAttempt.Again(connect, NoSlotReason.UNREACHABLE);
            }
            case WorkerDialer.WorkerDialResult.Distrusted(var why) -> {
                session.visit().distrusted(why);
                markDistrusted(lease.worker(), why);
                return new DialAttempt.Again(connect, NoSlotReason.UNREACHABLE);
            }
            case WorkerDialer.WorkerDialResult.NoCdp() -> {
                LOG.atWarn()
                        .addKeyValue("code", "WORKER_WITHOUT_CDP")
                        .addKeyValue("worker", lease.worker())
                        .log("Worker does not know the Chrome DevTools Protocol; update it before the proxies");
                return new DialAttempt.Again(connect, NoSlotReason.NO_CDP);
            }
            case WorkerDialer.WorkerDialResult.Unreachable(var why) -> {
                markUnreachable(lease.worker(), why);
                return new DialAttempt.Again(connect, NoSlotReason.UNREACHABLE);
            }
        }
    }

    private WorkerDialer.WorkerDialResult dial(ClientSession session, Admitted admitted, Lease lease, Connect selected)
            throws InterruptedException {
        var trace = session.visit().dialling(lease.worker(), selected).or(session.client()::trace);
        return workerDialer.dial(
                lease.worker(),
                lease.endpoint(),
                limits(session, admitted)
                        .flatMap(limits -> admitted.request()
                                .cdp()
                                .map(use -> admitted.request().using(use.within(limits))))
                        .orElse(admitted.request()),
                admitted.tenant(),
                trace,
                session.client().eventLoop(),
                remainingAnswerTime(session));
    }

    private static Refusal noVersion(Admitted admitted, List<PlaywrightVersion> available) {
        return admitted.request()
                .version()
                .<Refusal>map(wanted -> new Refusal.NoVersion(wanted, available))
                .orElse(new Refusal.NoSlot(NoSlotReason.UNREACHABLE));
    }

    private void clearSuspicion(WorkerId worker) {
        if (suspects.remove(worker)) {
            registry.clearSuspicion(worker);
        }
    }

    /// Adds a suspect. Removes those that have left the registry, since it has forgotten their ejections.
    private void addSuspect(WorkerId suspect) {
        try {
            var known = registry.workers().stream().map(WorkerRecord::worker).collect(Collectors.toSet());
            suspects.retainAll(known);
        } catch (RegistryUnavailableException e) {
            LOG.atDebug()
                    .addKeyValue("code", "could-not-look-which-suspects-have-left")
                    .addKeyValue("cause", e.getMessage())
                    .log("Suspects not pruned");
        }
        suspects.add(suspect);
    }

    private void markDistrusted(WorkerId worker, ExclusionReason why) {
        LOG.atWarn()
                .addKeyValue("code", "WORKER_DISTRUSTED")
                .addKeyValue("worker", worker)
                .addKeyValue("cause", why.words())
                .log("Worker not authenticated; it gets no sessions for a while");
        addSuspect(worker);
        registry.suspect(worker);
    }

    /// A worker whose connections end without a close frame may have been killed. If nothing listens at
    /// its address, it is deregistered; of several proxies that notice, one logs it.
    private void deregisterIfDead(WorkerId worker, WorkerEndpoint endpoint) {
        try {
            if (workerDialer.isDead(endpoint) && registry.deregister(worker)) {
                LOG.atWarn()
                        .addKeyValue("code", "WORKER_LOST")
                        .addKeyValue("worker", worker)
                        .addKeyValue("address", endpoint.authority())
                        .log(
                                "Worker lost: its sessions ended without a close frame and nothing listens at its address");
            }
        } catch (RegistryUnavailableException e) {
            LOG.atDebug()
                    .addKeyValue("code", "could-not-take-a-lost-worker-out-of-the-registry")
                    .addKeyValue("cause", e.getMessage())
                    .log("Lost worker not deregistered");
        } catch (InterruptedException _) {
            // The session is over, so nothing waits for this.
            Thread.currentThread().interrupt();
        }
    }

    private void markUnreachable(WorkerId worker, String why) {
        LOG.atWarn()
                .addKeyValue("code", "WORKER_UNREACHABLE")
                .addKeyValue("worker", worker)
                .addKeyValue("cause", why)
                .log("Worker unreachable; it gets no sessions for a while");
        addSuspect(worker);
        registry.suspect(worker);
    }

    private Cause relay(
            ClientSession session, Admitted admitted, Lease lease, Connect connect, OutboundConnection worker)
            throws InterruptedException {
        LOG.atDebug().log("Backend connection established");
        var client = session.client();
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
            if (session.route().isPresent()) {
                lease.addBrowser(client.cdp().orElseThrow().id());
            }
            var relay = client.protocol() == ClientProtocol.CDP
                    ? relayStarter.joinWithoutPings(
                            client.connection(),
                            worker,
                            headers,
                            admitted.request().upgrade())
                    : relayStarter.join(client.connection(), worker, headers);
            relay.spareWhile(() -> workerDialer.isAwaited(lease.worker(), lease.endpoint(), client.session()));
            session.visit().connected(lease.worker(), connect, since(session));
            LOG.atDebug().log("Client connection upgraded");
            LOG.atDebug().log("Starting message relay");
            RelayResult result;
            try (var _ = activeRelays.track(client.session(), relay)) {
                if (lease.isEndRequested()) {
                    // The order came before the relay was registered.
                    activeRelays.end(client.session(), Cause.OPERATOR);
                }
                result = relay.await();
            }
            var limits = limits(session, admitted).orElse(CdpLimits.NONE);
            if (session.route().isPresent() && !limits.after(result.ending()).isZero()) {
                result = new RelayResult(hold(session, admitted, lease, limits, result.ending()), result.traffic());
            }
            var relayed = new Timed<>(result, since(session));
            sessionLog.ended(client, admitted.request(), lease.worker(), connect, relayed);
            history.add(client, admitted.request(), lease.worker(), connect, relayed.value());
            session.visit().ended(relayed.value(), relayed.nanos());
            return relayed.value().ending().cause();
        }
    }

    /// How long the browser of a client of CDP stays without it; empty for clients of Playwright.
    private Optional<CdpLimits> limits(ClientSession session, Admitted admitted) {
        return admitted.request()
                .cdp()
                .map(use -> session.route().isEmpty()
                        ? new CdpLimits(Duration.ZERO, Duration.ZERO, relaySettings.idleTimeout())
                        : new CdpLimits(
                                use.limits().keepAlive(), cdpSettings.reconnectGrace(), relaySettings.idleTimeout()));
    }

    /// Holds the lease of a session whose client is away, while its worker keeps the browser. Blocks until then.
    ///
    /// @param first how its first connection ended
    /// @return how the session ended
    private SessionEnding hold(
            ClientSession session, Admitted admitted, Lease lease, CdpLimits limits, SessionEnding first)
            throws InterruptedException {
        var client = session.client();
        var dialled = workerDialer.dial(
                lease.worker(),
                lease.endpoint(),
                admitted.request().using(admitted.request().cdp().orElseThrow().holding()),
                admitted.tenant(),
                client.trace(),
                client.eventLoop(),
                answerTimeout);
        if (!(dialled instanceof WorkerDialer.WorkerDialResult.Connected(var worker))) {
            return first;
        }
        var said = new AtomicReference<>(Hold.Word.IDLE);
        var ended = new AtomicReference<Optional<Cause>>(Optional.empty());
        try (worker;
                var hold = Hold.of(worker, said::set);
                var _ = activeRelays.trackHold(client.session(), cause -> {
                    ended.compareAndSet(Optional.empty(), Optional.of(cause));
                    hold.hangUp();
                })) {
            LOG.atDebug().addKeyValue("code", "CDP_BROWSER_KEPT").log("Client away; its browser is kept");
            while (!hold.awaitClosed(limits.isOnlyGrace() ? GRACE_CHECK : HOLD_CHECK)) {
                if (lease.isEndRequested()) {
                    activeRelays.end(client.session(), Cause.OPERATOR);
                } else if (relaySettings
                        .sessionTimeout()
                        .filter(most -> since(session) >= most.toNanos())
                        .isPresent()) {
                    activeRelays.end(client.session(), Cause.TIME_LIMIT);
                } else if (limits.isOnlyGrace()
                        && said.get() == Hold.Word.IDLE
                        && slotFinder.isSlotWanted(admitted.browser())) {
                    hold.say(Hold.Word.SLOT_WANTED);
                }
            }
        }
        return ended.get()
                .map(SessionEnding::of)
                .orElse(said.get() == Hold.Word.ENDED ? first : SessionEnding.of(Cause.WORKER_LOST));
    }

    /// The outcome of trying one worker.
    sealed interface DialAttempt {
        /// The session is over, or the client was refused.
        ///
        /// @param lost whether its worker disappeared without a close frame
        record Done(boolean lost) implements DialAttempt {}

        /// This worker did not take the session; another may.
        ///
        /// @param spent time spent on the connect so far
        /// @param why the reason in the refusal if no other worker takes it
        record Again(Connect spent, NoSlotReason why) implements DialAttempt {
            /// Whether the worker is healthy and only had no free slot, or no browser of this version
            /// yet.
            boolean wasBusy() {
                return why == NoSlotReason.AT_CAPACITY || why == NoSlotReason.PREPARING;
            }
        }
    }
}
