package dev.greenroom.proxy.client;

import dev.greenroom.net.http.HttpResponse;
import dev.greenroom.net.http.RequestHead;
import dev.greenroom.net.http.UpgradeRequest;
import dev.greenroom.net.server.InboundConnection;
import dev.greenroom.net.server.RefusalResponses;
import dev.greenroom.playwright.LaunchOverridesReader;
import dev.greenroom.session.BrowserType;
import dev.greenroom.session.LaunchOverrides;
import dev.greenroom.session.PlaywrightVersion;
import dev.greenroom.session.Refusal;
import dev.greenroom.session.SessionId;
import dev.greenroom.session.Tenant;
import dev.greenroom.session.TraceContext;
import io.netty.channel.EventLoop;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// A client that asks for a session. Its methods may be called on any thread.
public final class ClientConnection {
    private static final Pattern PLAYWRIGHT_AGENT = Pattern.compile("Playwright/[\\d.]++\\S*+ \\(.+\\) \\S++");
    private static final String PLAYWRIGHT_OFFER = "permessage-deflate; client_no_context_takeover";

    private final InboundConnection connection;
    private final Optional<String> ownRequestId;
    private final Optional<TraceContext> trace;
    private final SessionPath path;
    private volatile @Nullable ReadRequest read;
    private volatile @Nullable Refusal dismissal;
    private volatile @Nullable String tenant;

    private ClientConnection(InboundConnection connection, SessionPath path) {
        this.connection = connection;
        this.path = path;
        this.ownRequestId = connection.head().requestId();
        this.trace = TraceContext.of(
                connection.head().values(TraceContext.PARENT_HEADER),
                connection.head().values(TraceContext.STATE_HEADER));
    }

    /// The client of a connection; empty where it asks for something else than a session.
    public static Optional<ClientConnection> of(InboundConnection connection) {
        return connection.head().isUpgrade()
                ? SessionPath.of(connection.head().path()).map(path -> new ClientConnection(connection, path))
                : Optional.empty();
    }

    /// What came of reading a client's request.
    public sealed interface ReadRequest {
        /// A wish that can be considered.
        record Request(ClientRequest request) implements ReadRequest {}

        /// One that cannot.
        record Refused(Refusal why) implements ReadRequest {}
    }

    /// What the client wants. Its head is read once, by whoever asks first.
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
            case UpgradeRequest.CheckedUpgrade.Valid(var upgrade) ->
                isConnectOverCdp(head, upgrade)
                        ? new ReadRequest.Refused(new Refusal.BadRequest(
                                "connectOverCDP() was called, but this address speaks Playwright's own protocol: use"
                                        + connection
                                                .address()
                                                .map(" connect(\"%s\")"::formatted)
                                                .orElse(" connect()")
                                        + " instead"))
                        : request(head, upgrade);
        };
    }

    /// Whether Playwright's `connectOverCDP` calls. Its `connect` sends the same `User-Agent` and the same
    /// offer of compression, but always with fields of its own. Clients that speak by hand do not send all
    /// of this. Neither do older versions of Playwright; their driver tells them.
    private static boolean isConnectOverCdp(RequestHead head, UpgradeRequest upgrade) {
        return head.header("User-Agent")
                        .filter(agent -> PLAYWRIGHT_AGENT.matcher(agent).matches())
                        .isPresent()
                && upgrade.extensions()
                        .filter(offer -> offer.startsWith(PLAYWRIGHT_OFFER))
                        .isPresent()
                && head.headers().stream()
                        .noneMatch(
                                header -> header.name().toLowerCase(Locale.ROOT).startsWith("x-playwright-"));
    }

    private ReadRequest request(RequestHead head, UpgradeRequest upgrade) {
        var agent = head.header("User-Agent");
        var ownVersion = agent.flatMap(PlaywrightVersion::ofUserAgent);
        var version = ownVersion.or(path::version);
        // This field alone tells a worker the version.
        var toldAgent = ownVersion.isEmpty()
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
        return switch (LaunchOverridesReader.read(head)) {
            case LaunchOverridesReader.OverridesResult.Refused(var why) -> new ReadRequest.Refused(why);
            case LaunchOverridesReader.OverridesResult.Checked(var overrides, var ignored) ->
                new ReadRequest.Request(
                        new ClientRequest(session(), browser, version, overrides, ignored, toldAgent, upgrade));
        };
    }

    /// The id that everything about this client carries.
    public SessionId session() {
        return connection.id();
    }

    /// The correlation id that the client sent itself, where it is a harmless one.
    public Optional<String> ownRequestId() {
        return ownRequestId;
    }

    /// The trace that the client's request is part of, where it named one as it should.
    public Optional<TraceContext> trace() {
        return trace;
    }

    /// Says on whose behalf it asks.
    public void actFor(Tenant whom) {
        tenant = whom.equals(Tenant.EVERYBODY) ? null : whom.name();
    }

    /// The name of its token; empty until that is known, and where there are no tokens.
    public Optional<String> tenant() {
        return Optional.ofNullable(tenant);
    }

    /// Who connected.
    public InetSocketAddress remote() {
        return connection.remote();
    }

    /// The loop on which the worker must be dialled.
    public EventLoop eventLoop() {
        return connection.eventLoop();
    }

    /// Answers with a refusal and closes.
    public HttpResponse refuse(Refusal why) {
        var answer = RefusalResponses.answer(why);
        connection.answer(answer);
        return answer;
    }

    /// Refuses a client that still waits, and interrupts its wait; a session that has begun goes on.
    public void releaseThread(Refusal why) {
        dismissal = why;
        connection.releaseThread(RefusalResponses.answer(why));
    }

    /// Why its wait was interrupted; empty when the client itself hung up.
    public Optional<Refusal> dismissal() {
        return Optional.ofNullable(dismissal);
    }

    /// The connection itself, for the relay.
    public InboundConnection connection() {
        return connection;
    }

    /// A well-formed wish for a session.
    ///
    /// @param browser empty when the client named none
    /// @param version empty when the client is not Playwright or hides it
    /// @param overrides what is to be otherwise with the browser
    /// @param ignored names of launch options that the grid ignores
    /// @param userAgent passed on to the worker, whose driver checks it
    public record ClientRequest(
            SessionId session,
            Optional<BrowserType> browser,
            Optional<PlaywrightVersion> version,
            LaunchOverrides overrides,
            List<String> ignored,
            Optional<String> userAgent,
            UpgradeRequest upgrade) {}
}
