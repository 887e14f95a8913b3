package dev.greenroom.proxy.client;

import dev.greenroom.config.DurationText;
import dev.greenroom.net.http.HttpResponse;
import dev.greenroom.net.http.RequestHead;
import dev.greenroom.net.http.UpgradeRequest;
import dev.greenroom.net.server.InboundConnection;
import dev.greenroom.net.server.RefusalResponses;
import dev.greenroom.playwright.LaunchOverridesReader;
import dev.greenroom.proxy.client.SessionObserver.TraceContext;
import dev.greenroom.session.BrowserType;
import dev.greenroom.session.CdpBrowserId.CdpLimits;
import dev.greenroom.session.ClientProtocol;
import dev.greenroom.session.LaunchOverrides;
import dev.greenroom.session.PlaywrightVersion;
import dev.greenroom.session.RecordingChoice;
import dev.greenroom.session.Refusal;
import dev.greenroom.session.SessionCall;
import dev.greenroom.session.SessionId;
import dev.greenroom.session.SessionLabels;
import dev.greenroom.session.Tenant;
import io.netty.channel.EventLoop;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// A client that asks for a session. Thread-safe.
public final class ClientConnection {
    /// The parameter that says how long a browser is kept for a client of CDP.
    private static final String KEEP_ALIVE = "keepAlive";

    private static final Pattern PLAYWRIGHT_AGENT = Pattern.compile("Playwright/[\\d.]++\\S*+ \\(.+\\) \\S++");
    private static final String PLAYWRIGHT_OFFER = "permessage-deflate; client_no_context_takeover";

    private static final Set<String> VIEWS = Set.of("", "on", SessionCall.VIEW_OFF);

    private final InboundConnection connection;
    private final Optional<String> ownRequestId;
    private final Optional<TraceContext> trace;
    private final SessionPath path;
    private final boolean isOverCdp;
    private final Optional<CdpUse> cdp;
    private volatile @Nullable ReadRequest read;
    private volatile @Nullable Refusal dismissal;
    private volatile @Nullable String tenant;

    /// @param cdp empty for an address that names no browser
    private ClientConnection(InboundConnection connection, Optional<CdpUse> cdp) {
        this(connection, SessionPath.ROOT, true, cdp);
    }

    private ClientConnection(InboundConnection connection, SessionPath path) {
        this(connection, path, false, Optional.empty());
    }

    private ClientConnection(InboundConnection connection, SessionPath path, boolean isOverCdp, Optional<CdpUse> cdp) {
        this.connection = connection;
        this.path = path;
        this.isOverCdp = isOverCdp;
        this.cdp = cdp;
        this.ownRequestId = connection.head().requestId();
        this.trace = TraceContext.of(
                connection.head().values(TraceContext.PARENT_HEADER),
                connection.head().values(TraceContext.STATE_HEADER));
    }

    /// The client of a connection; empty if the request does not ask for a session.
    public static Optional<ClientConnection> of(InboundConnection connection) {
        var head = connection.head();
        if (!head.isUpgrade()) {
            return Optional.empty();
        }
        if (CdpUse.isPath(head.path())) {
            return Optional.of(new ClientConnection(connection, CdpUse.of(head)));
        }
        return SessionPath.of(head.path())
                .map(path -> path.equals(SessionPath.ROOT) && speaksCdp(head)
                        ? new ClientConnection(connection, Optional.of(CdpUse.ofNewBrowser()))
                        : new ClientConnection(connection, path));
    }

    /// The protocol that it speaks.
    public ClientProtocol protocol() {
        return isOverCdp ? ClientProtocol.CDP : ClientProtocol.PLAYWRIGHT;
    }

    /// Which browser it asks for, if it speaks CDP.
    public Optional<CdpUse> cdp() {
        return cdp;
    }

    /// The outcome of reading a client's request.
    public sealed interface ReadRequest {
        /// The request is valid.
        record Request(ClientRequest request) implements ReadRequest {}

        /// The request is refused.
        record Refused(Refusal why) implements ReadRequest {}
    }

    /// The client's request. The head is read at the first call only.
    public ReadRequest request() {
        var known = read;
        if (known == null) {
            known = read(connection.head());
            read = known;
        }
        return known;
    }

    private ReadRequest read(RequestHead head) {
        return switch (UpgradeRequest.check(head)) {
            case UpgradeRequest.CheckedUpgrade.Invalid(var detail) ->
                new ReadRequest.Refused(new Refusal.BadRequest(detail));
            case UpgradeRequest.CheckedUpgrade.Valid _
            when isOverCdp && cdp.isEmpty() -> new ReadRequest.Refused(new Refusal.UnknownTarget());
            case UpgradeRequest.CheckedUpgrade.Valid(var upgrade) -> request(head, upgrade);
        };
    }

    /// Whether a client at an address for both protocols certainly speaks CDP.
    ///
    /// Playwright's `connectOverCDP` sends the same `User-Agent` and the same offer of compression as its
    /// `connect`, but that always sends fields of its own. Clients that speak by hand do not send all of
    /// this. Neither do older versions of Playwright; their driver tells them.
    private static boolean speaksCdp(RequestHead head) {
        return CdpUse.isAgent(head) || isConnectOverCdp(head);
    }

    private static boolean isConnectOverCdp(RequestHead head) {
        return head.header("User-Agent")
                        .filter(agent -> PLAYWRIGHT_AGENT.matcher(agent).matches())
                        .isPresent()
                && head.header("Sec-WebSocket-Extensions")
                        .filter(offer -> offer.startsWith(PLAYWRIGHT_OFFER))
                        .isPresent()
                && head.headers().stream()
                        .noneMatch(
                                header -> header.name().toLowerCase(Locale.ROOT).startsWith("x-playwright-"));
    }

    private ReadRequest request(RequestHead head, UpgradeRequest upgrade) {
        var agent = head.header("User-Agent");
        // Over CDP, the version of the driver does not matter.
        var ownVersion =
                cdp.isPresent() ? Optional.<PlaywrightVersion>empty() : agent.flatMap(PlaywrightVersion::ofUserAgent);
        var version = ownVersion.or(path::version);
        // The worker takes the version from this header alone.
        var forwardedAgent = ownVersion.isEmpty()
                ? version.map(wanted -> "Playwright/" + wanted + ".0").or(() -> agent)
                : agent;
        var name = path.browser()
                .or(() -> head.query("browser"))
                .or(() -> head.header("x-playwright-browser"))
                .filter(text -> !text.isEmpty());
        var browser = name.flatMap(BrowserType::of);
        if (name.isPresent() && browser.isEmpty()) {
            return new ReadRequest.Refused(new Refusal.UnknownBrowser());
        }
        if (cdp.isPresent() && browser.orElse(BrowserType.CHROMIUM) != BrowserType.CHROMIUM) {
            return new ReadRequest.Refused(
                    new Refusal.BadRequest("only Chromium speaks the Chrome DevTools Protocol: for "
                            + browser.get().wireName() + ", use Playwright's connect()"));
        }
        if (!VIEWS.contains(given(head, "view"))) {
            return new ReadRequest.Refused(new Refusal.BadRequest(
                    "view is \"off\", for a session that nobody may look at, or \"on\", which is usual"));
        }
        var use = cdp;
        var keepAlive = cdp.flatMap(_ -> head.query(KEEP_ALIVE));
        if (keepAlive.isPresent()) {
            var kept = DurationText.parse(keepAlive.get());
            if (kept.isEmpty()) {
                return new ReadRequest.Refused(new Refusal.BadRequest(
                        "keepAlive must be a duration such as 60s or 5m; it is how long the browser stays after its"
                                + " client has gone"));
            }
            if (cdp.get().kind() == CdpUse.CdpConnectionKind.NEW && kept.get().isPositive()) {
                return new ReadRequest.Refused(new Refusal.BadRequest(
                        "keepAlive needs an address that /json/version gave, since nobody could come back to a browser"
                                + " whose address is unknown: use http://<grid>?keepAlive=60s"));
            }
            use = cdp.map(its -> its.within(new CdpLimits(kept.get(), Duration.ZERO, Optional.empty())));
        }
        SessionLabels labels;
        RecordingChoice recording;
        try {
            recording = RecordingChoice.of(given(head, "record"), given(head, "retain"));
            labels = SessionLabels.of(given(head, "name"), given(head, "labels"));
        } catch (IllegalArgumentException e) {
            return new ReadRequest.Refused(new Refusal.BadRequest(String.valueOf(e.getMessage())));
        }
        return switch (LaunchOverridesReader.read(head)) {
            case LaunchOverridesReader.OverridesResult.Refused(var why) -> new ReadRequest.Refused(why);
            case LaunchOverridesReader.OverridesResult.Checked(var overrides, var ignored) ->
                new ReadRequest.Request(new ClientRequest(
                        session(),
                        cdp.isPresent() ? Optional.of(BrowserType.CHROMIUM) : browser,
                        version,
                        overrides,
                        ignored,
                        forwardedAgent,
                        upgrade,
                        use,
                        labels,
                        !given(head, "view").equals(SessionCall.VIEW_OFF),
                        recording));
        };
    }

    /// A parameter, or the header that stands for it; empty where there is neither.
    private static String given(RequestHead head, String name) {
        return head.query(name)
                .or(() -> head.header("x-greenroom-" + name).map(RequestHead::percentDecoded))
                .orElse("");
    }

    /// What the client calls its session.
    public SessionLabels labels() {
        return request() instanceof ReadRequest.Request(var asked) ? asked.labels() : SessionLabels.NONE;
    }

    /// The session's id, which is also the request id.
    public SessionId session() {
        return connection.id();
    }

    /// The `X-Request-Id` that the client sent, if it is short and has no special characters.
    public Optional<String> ownRequestId() {
        return ownRequestId;
    }

    /// The trace context that the client sent, if it is well-formed.
    public Optional<TraceContext> trace() {
        return trace;
    }

    /// Sets the tenant, once the token is known.
    public void setTenant(Tenant owner) {
        tenant = owner.equals(Tenant.EVERYBODY) ? null : owner.name();
    }

    /// The name of its token; empty until that is known, and in a grid without tokens.
    public Optional<String> tenant() {
        return Optional.ofNullable(tenant);
    }

    /// The address of the client.
    public InetSocketAddress remote() {
        return connection.remote();
    }

    /// The client's event loop, on which the connection to the worker must be, too.
    public EventLoop eventLoop() {
        return connection.eventLoop();
    }

    /// Answers with a refusal and closes the connection.
    public HttpResponse refuse(Refusal why) {
        var answer = RefusalResponses.answer(why);
        connection.answer(answer);
        return answer;
    }

    /// Refuses a client that still waits, and interrupts its thread. A session that is relayed goes on.
    public void refuseWhileWaiting(Refusal why) {
        dismissal = why;
        connection.releaseThread(RefusalResponses.answer(why));
    }

    /// Why its thread was interrupted; empty if the client hung up.
    public Optional<Refusal> dismissal() {
        return Optional.ofNullable(dismissal);
    }

    /// The connection, for the relay.
    public InboundConnection connection() {
        return connection;
    }

    /// A valid request for a session.
    ///
    /// @param browser empty if the client named none
    /// @param version empty if the client is not Playwright or does not send its version
    /// @param overrides launch options of the client that the browser gets
    /// @param ignored names of launch options that the grid ignores
    /// @param userAgent forwarded to the worker, whose driver checks it
    /// @param cdp which browser it asks for, if it speaks CDP
    /// @param labels what it calls its session
    /// @param viewable whether people may look at its session
    /// @param recording whether its session is recorded
    public record ClientRequest(
            SessionId session,
            Optional<BrowserType> browser,
            Optional<PlaywrightVersion> version,
            LaunchOverrides overrides,
            List<String> ignored,
            Optional<String> userAgent,
            UpgradeRequest upgrade,
            Optional<CdpUse> cdp,
            SessionLabels labels,
            boolean viewable,
            RecordingChoice recording) {
        /// The same request for a browser that is there.
        public ClientRequest using(CdpUse use) {
            return new ClientRequest(
                    session,
                    browser,
                    version,
                    overrides,
                    ignored,
                    userAgent,
                    upgrade,
                    Optional.of(use),
                    labels,
                    viewable,
                    recording);
        }
    }

    /// The paths that ask for a session: `/`, and the aliases of other grids, `/playwright/{browser}`,
    /// `/playwright/{browser}/{version}` and `/{browser}/playwright`.
    ///
    /// @param browser as written, which may be unknown
    /// @param version the Playwright version in the path, if it has one
    private record SessionPath(Optional<String> browser, Optional<PlaywrightVersion> version) {
        private static final String PLAYWRIGHT = "playwright";

        /// The address for both protocols.
        static final SessionPath ROOT = new SessionPath(Optional.empty(), Optional.empty());

        /// Reads the path of an upgrade; empty if it does not ask for a session.
        static Optional<SessionPath> of(String path) {
            if (path.equals("/")) {
                return Optional.of(ROOT);
            }
            var parts = List.of(path.substring(1).split("/", -1));
            var first = parts.getFirst();
            if (parts.size() == 2 && parts.contains(PLAYWRIGHT)) {
                var browser = first.equals(PLAYWRIGHT) ? parts.get(1) : first;
                return Optional.of(new SessionPath(Optional.of(browser), Optional.empty()));
            }
            if (parts.size() == 3 && first.equals(PLAYWRIGHT)) {
                return PlaywrightVersion.of(parts.get(2))
                        .map(version -> new SessionPath(Optional.of(parts.get(1)), Optional.of(version)));
            }
            return Optional.empty();
        }
    }
}
