package dev.greenroom.proxy;

import dev.greenroom.net.relay.OutboundConnection;
import dev.greenroom.net.relay.RelayStarter;
import dev.greenroom.net.relay.RelayStarter.ActiveRelays;
import dev.greenroom.proxy.CdpRoutes.CdpRoute;
import dev.greenroom.proxy.access.AccessControl;
import dev.greenroom.proxy.client.CdpUse;
import dev.greenroom.proxy.client.ClientConnection;
import dev.greenroom.proxy.client.ClientConnection.ClientRequest;
import dev.greenroom.registry.Registry;
import dev.greenroom.registry.SessionList;
import dev.greenroom.registry.SessionList.LiveSession;
import dev.greenroom.registry.WorkerRecord;
import dev.greenroom.session.CdpBrowserId;
import dev.greenroom.session.ClientProtocol;
import dev.greenroom.session.Refusal;
import dev.greenroom.session.Refusal.NoSlotReason;
import dev.greenroom.session.SessionId;
import dev.greenroom.session.Tenant;
import dev.greenroom.session.WorkerEndpoint;
import dev.greenroom.session.WorkerId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedSet;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Connections to browsers of CDP sessions that run already, at any proxy of the grid. They are no sessions:
/// they need no slot, and the worker ends them with the session. Thread-safe.
final class CdpJoins {
    private static final Logger LOG = LoggerFactory.getLogger(CdpJoins.class);

    /// Pages of the session list that are read to find a page without the id of its browser.
    private static final int MAX_LIST_READS = 4;

    /// Workers that are asked for such a page.
    private static final int MAX_ASKED_WORKERS = 50;

    private final Admission admission;
    private final Registry registry;
    private final WorkerDialer workerDialer;
    private final RelayStarter relayStarter;
    private final ActiveRelays activeRelays;
    private final Duration answerTimeout;

    /// @param answerTimeout how long a client waits for its answer in all
    CdpJoins(
            Admission admission,
            Registry registry,
            WorkerDialer workerDialer,
            RelayStarter relayStarter,
            ActiveRelays activeRelays,
            Duration answerTimeout) {
        this.admission = admission;
        this.registry = registry;
        this.workerDialer = workerDialer;
        this.relayStarter = relayStarter;
        this.activeRelays = activeRelays;
        this.answerTimeout = answerTimeout;
    }

    /// Serves a connection to a browser, or to one of its pages, until it ends.
    void join(ClientConnection client, CdpUse use, CdpRoute route) throws InterruptedException {
        var refusal = admission.refusalToJoin(client);
        if (refusal.isPresent()) {
            refuse(client, refusal.get());
            return;
        }
        if (!(client.request() instanceof ClientConnection.ReadRequest.Request(var request))) {
            refuse(client, new Refusal.UnknownTarget());
            return;
        }
        switch (dial(client, request.using(use), Tenant.EVERYBODY, route, answerTimeout)) {
            case WorkerDialer.WorkerDialResult.Connected(var worker) -> relay(client, request, worker);
            case WorkerDialer.WorkerDialResult.Refused(var why) -> refuse(client, why);
            default -> refuse(client, new Refusal.NoSlot(NoSlotReason.UNREACHABLE));
        }
    }

    /// Serves a connection to a page whose browser the address does not name. It is served where one of the
    /// client's own sessions has that page: those with the same token, or any in a grid without tokens. The
    /// page's id is unguessable, too.
    void joinPage(ClientConnection client) throws InterruptedException {
        switch (admission.tenantOf(client)) {
            case AccessControl.Verdict.Allowed(var pass) -> {
                client.setTenant(pass.tenant());
                switch (client.request()) {
                    case ClientConnection.ReadRequest.Refused(var why) -> refuse(client, why);
                    case ClientConnection.ReadRequest.Request(var request) -> joinPage(client, request, pass.tenant());
                }
            }
            case AccessControl.Verdict.Refused(var why) -> refuse(client, why);
            case AccessControl.Verdict.OverLimit(var _, var why) -> refuse(client, why);
        }
    }

    private void joinPage(ClientConnection client, ClientRequest request, Tenant tenant) throws InterruptedException {
        var deadline = System.nanoTime() + answerTimeout.toNanos();
        for (var route : routesOf(client.tenant().orElse(""))) {
            var left = Duration.ofNanos(deadline - System.nanoTime());
            if (left.isPositive()
                    && dial(client, request, tenant, route, left)
                            instanceof WorkerDialer.WorkerDialResult.Connected(var worker)) {
                relay(client, request, worker);
                return;
            }
        }
        refuse(client, new Refusal.UnknownTarget());
    }

    /// The workers that have CDP sessions of a tenant, with the newest ones first.
    private List<CdpRoute> routesOf(String tenant) {
        var sessions = new ArrayList<LiveSession>();
        Optional<SessionId> next = Optional.empty();
        for (var reads = 0; reads == 0 || (next.isPresent() && reads < MAX_LIST_READS); reads++) {
            var page = registry.sessions().page(SessionList.MAX_PAGE, next);
            sessions.addAll(page.sessions());
            next = page.next();
        }
        sessions.removeIf(session -> session.client().protocol() != ClientProtocol.CDP
                || !session.client().tenant().equals(tenant));
        var endpoints = endpoints(registry.knownWorkers());
        if (!sessions.stream().map(LiveSession::worker).allMatch(endpoints::containsKey)) {
            // A worker that has registered just now.
            endpoints = endpoints(registry.workers());
        }
        SequencedSet<CdpRoute> routes = new LinkedHashSet<>();
        for (var session : sessions.reversed()) {
            var endpoint = Optional.ofNullable(endpoints.get(session.worker()));
            if (endpoint.isPresent() && routes.size() < MAX_ASKED_WORKERS) {
                routes.add(new CdpRoute(session.worker(), endpoint.get()));
            }
        }
        return List.copyOf(routes);
    }

    private static Map<WorkerId, WorkerEndpoint> endpoints(List<WorkerRecord> workers) {
        return workers.stream()
                .collect(Collectors.toMap(WorkerRecord::worker, WorkerRecord::endpoint, (one, _) -> one));
    }

    private WorkerDialer.WorkerDialResult dial(
            ClientConnection client, ClientRequest request, Tenant tenant, CdpRoute route, Duration timeout)
            throws InterruptedException {
        return workerDialer.dial(
                route.worker(), route.endpoint(), request, tenant, client.trace(), client.eventLoop(), timeout);
    }

    private void relay(ClientConnection client, ClientRequest request, OutboundConnection worker)
            throws InterruptedException {
        try (worker) {
            var session = worker.answer().header(CdpBrowserId.SESSION_HEADER).flatMap(SessionId::of);
            var headers = List.of(client.connection().requestId());
            var relay = relayStarter.joinWithoutPings(client.connection(), worker, headers, request.upgrade());
            try (var _ = activeRelays.trackJoined(session.orElse(client.session()), relay)) {
                var _ = relay.await();
            }
        }
    }

    /// Refuses a connection that is no session.
    void refuse(ClientConnection client, Refusal why) {
        var answer = client.refuse(why);
        LOG.atDebug()
                .addKeyValue("code", "CDP_CONNECTION_REFUSED")
                .addKeyValue("sessionId", client.session())
                .addKeyValue("status", answer.status())
                .addKeyValue("refusal", why.kind())
                .log("Connection to the browser of a session refused");
    }
}
