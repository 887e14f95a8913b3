package dev.greenroom.worker.gateway;

import dev.greenroom.config.WorkerSections;
import dev.greenroom.config.WorkerSections.PoolSettings;
import dev.greenroom.net.http.HttpHeader;
import dev.greenroom.net.http.HttpResponse;
import dev.greenroom.net.http.RequestHead;
import dev.greenroom.net.http.UpgradeRequest;
import dev.greenroom.net.relay.Dialer;
import dev.greenroom.net.relay.Dialer.ConnectResult;
import dev.greenroom.net.relay.Hold;
import dev.greenroom.net.relay.OutboundConnection;
import dev.greenroom.net.relay.Relay.RelayResult;
import dev.greenroom.net.relay.RelayStarter;
import dev.greenroom.net.relay.RelayStarter.ActiveRelays;
import dev.greenroom.net.relay.RelayStarter.UpstreamKind;
import dev.greenroom.net.server.InboundConnection;
import dev.greenroom.net.server.RefusalResponses;
import dev.greenroom.net.server.RefusalResponses.ClientLog;
import dev.greenroom.net.server.Transport;
import dev.greenroom.playwright.LaunchOverridesReader;
import dev.greenroom.registry.Registry;
import dev.greenroom.registry.Registry.RegistryUnavailableException;
import dev.greenroom.session.BrowserType;
import dev.greenroom.session.CdpBrowserId;
import dev.greenroom.session.CdpBrowserId.CdpLimits;
import dev.greenroom.session.ClientProtocol;
import dev.greenroom.session.LaunchOverrides;
import dev.greenroom.session.PlaywrightVersion;
import dev.greenroom.session.RecordingChoice;
import dev.greenroom.session.Refusal;
import dev.greenroom.session.Refusal.NoSlotReason;
import dev.greenroom.session.SessionCall;
import dev.greenroom.session.SessionEnding;
import dev.greenroom.session.SessionEnding.Cause;
import dev.greenroom.session.SessionId;
import dev.greenroom.session.SessionId.SessionScope;
import dev.greenroom.worker.gateway.ProxyAuthenticator.AuthenticatedRequest;
import dev.greenroom.worker.pool.BrowserPool;
import dev.greenroom.worker.pool.BrowserPool.TakeResult;
import dev.greenroom.worker.pool.PooledBrowser;
import dev.greenroom.worker.recording.Recordings;
import io.netty.channel.EventLoopGroup;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/// Serves the sessions of one worker run. They arrive at the process's [WorkerPort], on the run's own path.
///
/// One session is one call of [#serve] on one virtual thread: authenticate the proxy, read the launch
/// options, take a slot, take a browser, connect to its driver, relay. Slot and browser are held exactly as
/// long as that call lasts.
public final class Gateway implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Gateway.class);
    private static final Duration DRIVER_HANDSHAKE = Duration.ofSeconds(5);

    /// How long closed sessions may take to end.
    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(3);

    private final String path;
    private final BrowserPool pool;
    private final ProcessSlots.RunSlots slots;
    private final Registry registry;
    private final Level sessionLogLevel;
    private final Duration launchTimeout;
    private final BrowserType type;
    private final boolean shared;
    private final ProxyAuthenticator proxyAuthenticator;
    private final Dialer dialer;
    private final PreconnectedDrivers preconnected;
    private final RelayStarter relayStarter;
    private final ActiveRelays activeRelays = new ActiveRelays();
    private final CdpSessions cdpSessions = new CdpSessions();
    private final SessionViews sessionViews = new SessionViews();
    private final Recordings recordings;
    private final ProxyAuthenticator callAuthenticator;

    /// @param path of the run's upgrades; unguessable
    /// @param slots of this run, closed with the gateway
    /// @param loops closed by their owner
    /// @param sessionLogLevel the level of the log line that each session leaves
    /// @param recordings closed by their owner
    public Gateway(
            String path,
            WorkerSections settings,
            BrowserPool pool,
            ProcessSlots.RunSlots slots,
            Registry registry,
            Transport transport,
            EventLoopGroup loops,
            Level sessionLogLevel,
            Recordings recordings) {
        this.recordings = recordings;
        this.path = path;
        this.pool = pool;
        this.slots = slots;
        this.registry = registry;
        this.sessionLogLevel = sessionLogLevel;
        this.launchTimeout = settings.pool().launchTimeout();
        this.type = settings.browser().type();
        this.shared = settings.pool().isolation() == PoolSettings.Isolation.SHARED;
        this.proxyAuthenticator = new ProxyAuthenticator(settings.secret(), path);
        this.callAuthenticator = new ProxyAuthenticator(settings.secret(), path + SessionCall.PATH);
        this.dialer = new Dialer(transport);
        this.preconnected = new PreconnectedDrivers(dialer, loops, type);
        this.relayStarter = new RelayStarter(settings.relay(), System::nanoTime, UpstreamKind.BROWSER);
        pool.onWaiting(preconnected::connect);
    }

    /// Whether an upgrade on this path is for this run. Compared in constant time.
    boolean hasPath(String other) {
        return MessageDigest.isEqual(path.getBytes(StandardCharsets.UTF_8), other.getBytes(StandardCharsets.UTF_8));
    }

    /// The path of the run that a question about a session names.
    static String runOf(String path) {
        var call = path.indexOf(SessionCall.PATH + "/");
        return call < 0 ? path : path.substring(0, call);
    }

    /// Answers a question of a proxy about a session; blocks while the answer lasts.
    void serveCall(InboundConnection proxy) throws InterruptedException {
        var call = SessionCall.of(proxy.head().path().substring(path.length()));
        if (call.isEmpty() || !proxy.head().method().equals("GET")) {
            proxy.answer(HttpResponse.json(404, "{\"error\":\"not found\"}"));
            return;
        }
        if (callAuthenticator.authenticate(proxy.head(), call.get().session()).isEmpty()) {
            refuse(proxy, new Refusal.Unauthorized());
            return;
        }
        if (call.get().what().equals("recording")) {
            RecordingDownload.serve(proxy, call.get().session(), recordings);
        } else {
            sessionViews.serve(proxy, call.get().session(), call.get().what());
        }
    }

    /// Serves one session; blocks until it ends. Interrupted when the proxy disconnects before the relay
    /// starts. A request without a session id gets the id of its connection.
    void serve(InboundConnection proxy) throws InterruptedException {
        var session = proxy.head().header("X-Request-Id").flatMap(SessionId::of).orElse(proxy.id());
        SessionScope.where(session, () -> {
            serve(session, proxy);
            return session;
        });
    }

    /// What the client asked for, as far as this worker needs to know.
    ///
    /// @param upgrade without extensions: a compressed message could grow without limit in the driver
    /// @param userAgent the client's, which the driver checks
    /// @param tenant whose the session is; empty when unknown
    /// @param cdp the id of its browser, if the client speaks CDP
    /// @param viewable whether people may look at its pages
    /// @param limits how long a CDP session lasts without a client
    /// @param recording the client's wish
    /// @param responseHeaders of the 101, for the proxy
    private record RequestedBrowser(
            UpgradeRequest upgrade,
            Optional<String> userAgent,
            LaunchOverrides overrides,
            Optional<String> tenant,
            Optional<CdpBrowserId> cdp,
            boolean viewable,
            CdpLimits limits,
            RecordingChoice recording,
            List<HttpHeader> responseHeaders) {
        /// Any will do for a client of CDP, whatever it calls itself.
        Optional<PlaywrightVersion> version() {
            return cdp.isPresent() ? Optional.empty() : userAgent.flatMap(PlaywrightVersion::ofUserAgent);
        }

        ClientProtocol protocol() {
            return cdp.isPresent() ? ClientProtocol.CDP : ClientProtocol.PLAYWRIGHT;
        }
    }

    private void serve(SessionId session, InboundConnection proxy) throws InterruptedException {
        var authenticated = proxyAuthenticator.authenticate(proxy.head(), session);
        if (authenticated.isEmpty()) {
            refuse(proxy, new Refusal.Unauthorized());
            return;
        }
        switch (UpgradeRequest.check(proxy.head())) {
            case UpgradeRequest.CheckedUpgrade.Invalid(var detail) -> refuse(proxy, new Refusal.BadRequest(detail));
            case UpgradeRequest.CheckedUpgrade.Valid(var upgrade)
            when proxy.head().header(CdpBrowserId.HOLD_HEADER).isPresent() -> hold(proxy, upgrade, authenticated.get());
            case UpgradeRequest.CheckedUpgrade.Valid(var upgrade)
            when isJoining(proxy.head()) -> join(proxy, upgrade.withoutExtensions(), authenticated.get());
            case UpgradeRequest.CheckedUpgrade.Valid(var upgrade) -> {
                switch (LaunchOverridesReader.read(proxy.head())) {
                    case LaunchOverridesReader.OverridesResult.Refused(var why) -> refuse(proxy, why);
                    case LaunchOverridesReader.OverridesResult.Checked(var overrides, var _) -> {
                        var applicable = pool.applicable(overrides);
                        List<HttpHeader> responseHeaders =
                                new ArrayList<>(authenticated.get().proof());
                        ClientLog.ignoredByWorker(applicable.ignored()).ifPresent(responseHeaders::add);
                        var cdp = proxy.head().header(CdpBrowserId.HEADER).flatMap(CdpBrowserId::of);
                        cdp.ifPresent(_ ->
                                responseHeaders.add(new HttpHeader(CdpBrowserId.SESSION_HEADER, session.toString())));
                        withSlot(
                                session,
                                proxy,
                                new RequestedBrowser(
                                        upgrade.withoutExtensions(),
                                        proxy.head().header("User-Agent"),
                                        applicable.overrides(),
                                        authenticated.get().tenant(),
                                        cdp,
                                        SessionCall.isViewable(proxy.head().header(SessionCall.VIEW_HEADER)),
                                        proxy.head()
                                                .header(CdpLimits.HEADER)
                                                .map(CdpLimits::of)
                                                .orElse(CdpLimits.NONE),
                                        RecordingChoice.ofHeader(proxy.head().header(RecordingChoice.HEADER)),
                                        responseHeaders));
                    }
                }
            }
        }
    }

    /// Serves a proxy that holds a session while its client is away. It ends with the session, and the session
    /// with it.
    private void hold(InboundConnection proxy, UpgradeRequest upgrade, AuthenticatedRequest authenticated)
            throws InterruptedException {
        var session = proxy.head()
                .header(CdpBrowserId.JOIN_HEADER)
                .flatMap(CdpBrowserId::of)
                .flatMap(cdpSessions::find);
        if (session.isEmpty()) {
            refuse(proxy, new Refusal.SessionEnded());
            return;
        }
        var held = session.get();
        var hold = Hold.accept(
                proxy,
                upgrade,
                joinedHeaders(authenticated, held),
                word -> {
                    if (word == Hold.Word.SLOT_WANTED) {
                        held.slotWanted();
                    }
                },
                () -> held.end(SessionEnding.of(Cause.CLIENT_LOST)));
        held.heldBy(hold);
        hold.awaitClosed();
    }

    private static List<HttpHeader> joinedHeaders(
            AuthenticatedRequest authenticated, CdpSessions.JoinableSession session) {
        List<HttpHeader> headers = new ArrayList<>(authenticated.proof());
        headers.add(
                new HttpHeader(CdpBrowserId.SESSION_HEADER, session.session().toString()));
        return headers;
    }

    private static boolean isJoining(RequestHead head) {
        return head.header(CdpBrowserId.JOIN_HEADER).isPresent()
                || head.header(CdpBrowserId.TARGET_HEADER).isPresent();
    }

    /// Serves one more connection to the browser of a CDP session. It needs no slot, and ends with the
    /// session.
    private void join(InboundConnection proxy, UpgradeRequest upgrade, AuthenticatedRequest authenticated)
            throws InterruptedException {
        var id = proxy.head().header(CdpBrowserId.JOIN_HEADER);
        var target = proxy.head().header(CdpBrowserId.TARGET_HEADER);
        var sessions = id.isPresent()
                ? id.flatMap(CdpBrowserId::of).flatMap(cdpSessions::find).stream()
                        .toList()
                : authenticated.tenant().map(cdpSessions::of).orElse(List.of());
        Refusal refusal = id.isPresent() ? new Refusal.SessionEnded() : new Refusal.UnknownTarget();
        for (var session : sessions) {
            if (session.isFull()) {
                refusal = new Refusal.NoSlot(NoSlotReason.AT_CAPACITY);
                continue;
            }
            var path = session.browser().wsPath()
                    + target.map(page -> "/page/" + page).orElse("");
            var driver = new Dialer.Target("localhost", path, upgrade, List.of());
            switch (dialer.dial(proxy.eventLoop(), session.browser().socket(), driver, DRIVER_HANDSHAKE)) {
                case ConnectResult.Upgraded(var connection) -> {
                    relayJoined(proxy, upgrade, authenticated, session, connection);
                    return;
                }
                case ConnectResult.Answered(var answer, var _)
                when answer.status() == 404 -> refusal = new Refusal.UnknownTarget();
                case ConnectResult.Answered _, ConnectResult.StillProcessing _, ConnectResult.Failed _ ->
                    refusal = id.isPresent() ? new Refusal.SessionEnded() : refusal;
            }
        }
        refuse(proxy, refusal);
    }

    private void relayJoined(
            InboundConnection proxy,
            UpgradeRequest upgrade,
            AuthenticatedRequest authenticated,
            CdpSessions.JoinableSession session,
            OutboundConnection driver)
            throws InterruptedException {
        try (driver) {
            var ofPage = proxy.head().header(CdpBrowserId.TARGET_HEADER).isPresent();
            var relay = relayStarter.joinWithoutPings(
                    proxy, driver, joinedHeaders(authenticated, session), upgrade, session.activity());
            session.add(relay);
            relay.spareWhile(session.browser()::isAwaited);
            var ending = SessionEnding.of(Cause.CLIENT_LOST);
            try {
                ending = relay.await().ending();
            } finally {
                session.remove(relay, ending, ofPage);
            }
        }
    }

    private static void refuse(InboundConnection proxy, Refusal why) {
        proxy.answer(RefusalResponses.answer(why));
    }

    private void withSlot(SessionId session, InboundConnection proxy, RequestedBrowser requested)
            throws InterruptedException {
        var unrecordable = requested.recording() == RecordingChoice.USUAL
                ? Optional.<String>empty()
                : recordings.refusal(requested.recording());
        if (unrecordable.isPresent()) {
            refuse(proxy, new Refusal.BadRequest(unrecordable.get()));
            return;
        }
        var slot = slots.take();
        if (slot.isEmpty()) {
            refuse(proxy, slots.isDraining() ? new Refusal.Draining() : new Refusal.NoSlot(NoSlotReason.AT_CAPACITY));
            return;
        }
        try (var _ = slot.get()) {
            proxy.sendProcessing();
            withBrowser(session, proxy, requested);
        }
    }

    private void withBrowser(SessionId session, InboundConnection proxy, RequestedBrowser requested)
            throws InterruptedException {
        var startedNanos = System.nanoTime();
        switch (pool.take(
                requested.version(), requested.protocol(), requested.overrides(), requested.tenant(), launchTimeout)) {
            case TakeResult.NoVersion(var available, var _) ->
                refuse(
                        proxy,
                        requested
                                .version()
                                .<Refusal>map(version -> new Refusal.NoVersion(version, available))
                                .orElse(new Refusal.NoSlot(NoSlotReason.UNREACHABLE)));
            case TakeResult.Fetching _ -> refuse(proxy, new Refusal.NoSlot(NoSlotReason.PREPARING));
            case TakeResult.NoDriver _ -> refuse(proxy, new Refusal.NoSlot(NoSlotReason.AT_CAPACITY));
            case TakeResult.Refused(var option, var why) -> refuse(proxy, new Refusal.RefusedOption(option, why));
            case TakeResult.LaunchFailed(var why) -> {
                LOG.atError()
                        .addKeyValue("code", "BROWSER_LAUNCH_FAILED")
                        .addKeyValue("cause", why)
                        .log("Browser launch failed for a session");
                proxy.answer(HttpResponse.json(500, "{\"error\":\"browser launch failed\"}"));
            }
            case TakeResult.Taken(var browser) -> {
                try (browser) {
                    connect(session, proxy, requested, browser, startedNanos);
                }
            }
        }
    }

    private void connect(
            SessionId session,
            InboundConnection proxy,
            RequestedBrowser requested,
            PooledBrowser browser,
            long startedNanos)
            throws InterruptedException {
        var connection = preconnected.take(browser.wsPath(), requested.upgrade());
        if (connection.isPresent()) {
            relay(session, proxy, requested, browser, connection.get(), startedNanos);
            return;
        }
        var target = new Dialer.Target("localhost", browser.wsPath(), requested.upgrade(), driverHeaders(requested));
        switch (dialer.dial(proxy.eventLoop(), browser.socket(), target, DRIVER_HANDSHAKE)) {
            case ConnectResult.Upgraded(var driver) -> relay(session, proxy, requested, browser, driver, startedNanos);
            case ConnectResult.Answered(var head, var body) ->
                driverRefused(proxy, "the driver responded " + head.status() + " " + body);
            case ConnectResult.StillProcessing() -> driverRefused(proxy, "the driver did not complete its response");
            case ConnectResult.Failed(var why) -> driverRefused(proxy, "the driver's socket: " + why);
        }
    }

    /// The only client headers that the driver gets: the launch options are already part of the browser.
    private List<HttpHeader> driverHeaders(RequestedBrowser requested) {
        List<HttpHeader> headers = new ArrayList<>();
        requested.userAgent().ifPresent(name -> headers.add(new HttpHeader("User-Agent", name)));
        headers.add(new HttpHeader("x-playwright-browser", type.wireName()));
        requested
                .overrides()
                .exposeNetwork()
                .ifPresent(hosts -> headers.add(new HttpHeader("x-playwright-proxy", hosts)));
        return headers;
    }

    private static void driverRefused(InboundConnection proxy, String why) {
        LOG.atError()
                .addKeyValue("code", "DRIVER_REFUSED")
                .addKeyValue("cause", why)
                .log("Driver refused a session");
        proxy.answer(HttpResponse.json(500, "{\"error\":\"driver refused the session\"}"));
    }

    private void relay(
            SessionId session,
            InboundConnection proxy,
            RequestedBrowser requested,
            PooledBrowser browser,
            OutboundConnection driver,
            long startedNanos)
            throws InterruptedException {
        var preparedNanos = System.nanoTime() - startedNanos;
        var joinable = requested
                .cdp()
                .map(id -> cdpSessions.open(id, session, requested.tenant(), requested.limits(), browser));
        try (driver) {
            var relay = joinable.isPresent()
                    ? relayStarter.joinWithoutPings(
                            proxy,
                            driver,
                            requested.responseHeaders(),
                            requested.upgrade(),
                            joinable.get().activity())
                    : relayStarter.join(proxy, driver, requested.responseHeaders());
            browser.serve(session, driver.number(), relay::end);
            relay.spareWhile(browser::isAwaited);
            browser.onDeath(() -> {
                var how = SessionEnding.of(browser.deathCause());
                relay.end(how);
                joinable.ifPresent(it -> it.end(how));
            });
            if (shared && requested.cdp().isEmpty()) {
                preconnected.connectAgain(browser.wsPath());
            }
            try (var _ = sessionViews.open(session, browser, requested.viewable());
                    var recording = recordings.begin(
                            session, requested.tenant(), browser, requested.recording(), requested.viewable())) {
                RelayResult result;
                try (var _ = activeRelays.track(session, relay)) {
                    result = relay.await();
                }
                if (result.ending().isInOrder()) {
                    browser.leftInOrder();
                }
                if (joinable.isPresent()) {
                    result = new RelayResult(joinable.get().keep(result.ending()), result.traffic());
                    joinable.get().endedBy(result.ending());
                }
                recording.endedBy(result.ending());
                log(browser, preparedNanos, result, System.nanoTime() - startedNanos);
                releaseLostLease(session, result);
            }
        } finally {
            joinable.ifPresent(CdpSessions.JoinableSession::close);
        }
    }

    private void log(PooledBrowser browser, long preparedNanos, RelayResult result, long totalNanos) {
        LOG.atLevel(sessionLogLevel)
                .addKeyValue("code", "WORKER_SESSION_ENDED")
                .addKeyValue("protocol", browser.protocol().wireName())
                .addKeyValue("playwright", browser.version())
                .addKeyValue("warm", browser.warm())
                .addKeyValue("origin", browser.origin().word())
                .addKeyValue("browserPid", browser.pid())
                .addKeyValue("ending", result.ending().cause().words())
                .addKeyValue("prepareMs", TimeUnit.NANOSECONDS.toMicros(preparedNanos) / 1_000.0)
                .addKeyValue("totalMs", TimeUnit.NANOSECONDS.toMicros(totalNanos) / 1_000.0)
                .addKeyValue("peakMemoryMiB", browser.peakBytes() >> 20)
                .log("Session ended on this worker");
    }

    /// A proxy that is alive closes its sessions properly. One that does not may have been killed, and then
    /// nobody else releases its leases soon.
    private void releaseLostLease(SessionId session, RelayResult result) {
        if (result.ending().cause() != Cause.CLIENT_LOST) {
            return;
        }
        try {
            registry.release(List.of(session));
        } catch (RegistryUnavailableException e) {
            LOG.atDebug()
                    .addKeyValue("code", "the-lease-of-a-lost-proxy-will-run-out-by-itself")
                    .addKeyValue("cause", e.getMessage())
                    .log("Release failed; the lease of a lost proxy expires by itself");
        }
    }

    /// Sessions that this run serves or prepares now.
    public int sessions() {
        return slots.taken();
    }

    /// Sessions that this run has served or prepared since it started.
    public long served() {
        return slots.served();
    }

    /// Accepts no new sessions.
    public void refuseNew() {
        slots.drain();
    }

    /// Accepts no new sessions, lets the running ones finish, then closes the rest with 1001. Blocks until
    /// then.
    ///
    /// @param timeout how long they may take; empty for no limit
    public void drain(Optional<Duration> timeout) throws InterruptedException {
        slots.drain();
        cdpSessions.drain();
        if (!slots.awaitDrained(timeout)) {
            activeRelays.endAll(Cause.WORKER_DRAINING);
            cdpSessions.endKept(SessionEnding.of(Cause.WORKER_DRAINING));
            slots.awaitNoneTaken(CLOSE_TIMEOUT);
        }
    }

    /// Limits a drain from now on, also one that is under way.
    public void drainWithin(Duration timeout) {
        slots.drainWithin(timeout);
    }

    /// Closes all sessions and waits for their ends, for some seconds at most.
    @Override
    public void close() {
        slots.drain();
        cdpSessions.drain();
        activeRelays.endAll(Cause.WORKER_DRAINING);
        cdpSessions.endKept(SessionEnding.of(Cause.WORKER_DRAINING));
        try {
            slots.awaitNoneTaken(CLOSE_TIMEOUT);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
        preconnected.close();
        slots.close();
    }
}
