package dev.greenroom.proxy;

import dev.greenroom.config.ProxySections.DialSettings;
import dev.greenroom.config.RedisSettings.GridSecretSettings;
import dev.greenroom.data.Json;
import dev.greenroom.net.http.HeadReader;
import dev.greenroom.net.http.HttpHeader;
import dev.greenroom.net.http.HttpResponse;
import dev.greenroom.net.http.RequestHead;
import dev.greenroom.net.http.ResponseHead;
import dev.greenroom.net.relay.Dialer;
import dev.greenroom.net.relay.Dialer.ConnectResult;
import dev.greenroom.net.relay.OutboundConnection;
import dev.greenroom.net.server.RefusalResponses;
import dev.greenroom.playwright.LaunchOverridesReader;
import dev.greenroom.proxy.client.ClientConnection.ClientRequest;
import dev.greenroom.proxy.client.SessionObserver.TraceContext;
import dev.greenroom.session.CdpBrowserId;
import dev.greenroom.session.PlaywrightVersion;
import dev.greenroom.session.PlaywrightVersion.SupportedVersions;
import dev.greenroom.session.RecordingChoice;
import dev.greenroom.session.Refusal;
import dev.greenroom.session.Refusal.ExclusionReason;
import dev.greenroom.session.SessionCall;
import dev.greenroom.session.SessionCall.CallAnswer;
import dev.greenroom.session.SessionId;
import dev.greenroom.session.Tenant;
import dev.greenroom.session.WorkerEndpoint;
import dev.greenroom.session.WorkerId;
import dev.greenroom.trust.GridSecret;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;

/// Connects to workers: resolves the name, authenticates the worker, sends the upgrade. Thread-safe.
final class WorkerDialer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(WorkerDialer.class);

    /// How long a probe waits to see whether the peer closes the connection. A live worker sends nothing
    /// before it has a request.
    private static final int PROBE_MILLIS = 250;

    /// A worker that answers says something more often.
    private static final int CALL_SILENCE_MILLIS = 10_000;

    private static final int MAX_TIMELINE = 4 << 20;

    private final Dialer dialer;
    private final DialSettings settings;
    private final DnsCache dnsCache = new DnsCache(name -> List.of(InetAddress.getAllByName(name)), System::nanoTime);
    private final Optional<GridSecret> secret;
    private final RandomGenerator random = new SecureRandom();

    /// @param secret `WORKER_SECRET`, which workers must prove to know if it is set
    WorkerDialer(Dialer dialer, DialSettings settings, GridSecretSettings secret) {
        this.dialer = dialer;
        this.settings = settings;
        this.secret = secret.secret().map(text -> new GridSecret(text.value()));
    }

    /// The outcome of dialling a worker.
    sealed interface WorkerDialResult {
        /// The worker has answered 101.
        record Connected(OutboundConnection connection) implements WorkerDialResult {}

        /// The worker answered that it has no free slot, or that it drains.
        record NoRoom() implements WorkerDialResult {}

        /// The worker was still preparing a browser when the time was up.
        record Preparing() implements WorkerDialResult {}

        /// The client's deadline passed before the worker's, so the worker is not suspect.
        record ClientDeadlinePassed() implements WorkerDialResult {}

        /// The worker rejected the client's request; every other worker would, too.
        record Refused(Refusal why) implements WorkerDialResult {}

        /// The worker has no driver for the client's Playwright version.
        record NoVersion(List<PlaywrightVersion> available) implements WorkerDialResult {}

        /// The worker is of a release that does not know the Chrome DevTools Protocol, and would have given the
        /// client a driver of Playwright.
        record NoCdp() implements WorkerDialResult {}

        /// The worker did not answer, or not as a worker does.
        ///
        /// @param why the cause, for the log
        record Unreachable(String why) implements WorkerDialResult {}

        /// The worker failed authentication, or its address is not allowed. It has seen nothing of the
        /// client.
        record Distrusted(ExclusionReason why) implements WorkerDialResult {}
    }

    /// Connects to a worker and sends the client's upgrade. Blocks; called on a virtual thread.
    /// Interruption closes what is open.
    ///
    /// @param registered the worker's address in the registry
    /// @param tenant on whose behalf the client asks
    /// @param trace the parent of the worker's spans
    /// @param loop the client's event loop
    /// @param timeout for all addresses of the worker together
    WorkerDialResult dial(
            WorkerId worker,
            WorkerEndpoint registered,
            ClientRequest request,
            Tenant tenant,
            Optional<TraceContext> trace,
            EventLoop loop,
            Duration timeout)
            throws InterruptedException {
        var until = System.nanoTime() + timeout.toNanos();
        List<HttpHeader> extraHeaders = new ArrayList<>();
        trace.ifPresent(context -> {
            extraHeaders.add(new HttpHeader(TraceContext.PARENT_HEADER, context.parent()));
            context.state().ifPresent(state -> extraHeaders.add(new HttpHeader(TraceContext.STATE_HEADER, state)));
        });
        var tenantName = GridSecret.encodedTenant(tenant.name());
        extraHeaders.add(new HttpHeader(GridSecret.TENANT_HEADER, tenantName));
        if (secret.isEmpty()) {
            return speaking(request, dial(registered, request, extraHeaders, loop, until));
        }
        var verified = secret.get().verified(worker, registered);
        if (verified.isEmpty()) {
            return new WorkerDialResult.Distrusted(ExclusionReason.SIGNATURE);
        }
        var attempt = GridSecret.newTry(request.session(), verified.get().path(), random);
        extraHeaders.add(new HttpHeader(GridSecret.HEADER, secret.get().proxyProof(attempt)));
        extraHeaders.add(
                new HttpHeader(GridSecret.TENANT_PROOF_HEADER, secret.get().tenantProof(attempt, tenantName)));
        return speaking(request, authenticated(dial(verified.get(), request, extraHeaders, loop, until), attempt));
    }

    /// Makes sure that a worker speaks the client's protocol.
    private static WorkerDialResult speaking(ClientRequest request, WorkerDialResult outcome) {
        if (request.cdp().isPresent()
                && outcome instanceof WorkerDialResult.Connected(var connection)
                && connection.answer().header(CdpBrowserId.SESSION_HEADER).isEmpty()) {
            connection.close();
            return new WorkerDialResult.NoCdp();
        }
        return outcome;
    }

    /// Asks the worker of a session about it; see [SessionCall.SessionCaller].
    CallAnswer ask(WorkerId worker, WorkerEndpoint registered, SessionCall call, String query)
            throws IOException, InterruptedException {
        var endpoint = secret.isEmpty()
                ? registered
                : secret.get()
                        .verified(worker, registered)
                        .orElseThrow(() -> new IOException("its address in the registry is not signed"));
        var attempt = GridSecret.newTry(call.session(), endpoint.path() + SessionCall.PATH, random);
        var head = new StringBuilder(256);
        head.append("GET ")
                .append(endpoint.path())
                .append(call.path())
                .append(query)
                .append(" HTTP/1.1\r\n");
        HttpResponse.append(head, new HttpHeader("Host", endpoint.authority()));
        secret.ifPresent(it -> HttpResponse.append(head, new HttpHeader(GridSecret.HEADER, it.proxyProof(attempt))));
        var request = head.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1);
        var last = new IOException("its host name " + endpoint.host() + " does not resolve");
        for (var address : dnsCache.resolve(endpoint.host())) {
            if (!settings.allows(address)) {
                last = new IOException("its address is not in WORKER_ADDRESSES");
                continue;
            }
            try {
                return ask(new InetSocketAddress(address, endpoint.port()), request);
            } catch (IOException e) {
                last = e;
            }
        }
        throw last;
    }

    /// Whether the client of a session waits for the answer to a call, as its worker says; false when it
    /// does not say so. Does not block.
    CompletionStage<Boolean> isAwaited(WorkerId worker, WorkerEndpoint registered, SessionId session) {
        var waits = new CompletableFuture<Boolean>();
        Thread.ofVirtual().name("client-wait").start(() -> {
            try (var answer = ask(worker, registered, new SessionCall(session, "timeline"), "")) {
                var timeline = Json.mapper().readTree(answer.body().readNBytes(MAX_TIMELINE));
                waits.complete(
                        answer.status() == 200 && !timeline.path("running").isEmpty());
            } catch (IOException | JacksonException e) {
                LOG.atDebug()
                        .addKeyValue("code", "client-wait-unknown")
                        .addKeyValue("sessionId", session)
                        .addKeyValue("cause", e.getMessage())
                        .log("Worker did not say whether an idle client waits");
            } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
            } finally {
                waits.complete(false);
            }
        });
        return waits;
    }

    // The answer is closed by the caller, and the socket with it.
    @SuppressWarnings("PMD.CloseResource")
    private CallAnswer ask(InetSocketAddress address, byte[] request) throws IOException {
        var socket = new Socket();
        try {
            socket.connect(address, Math.toIntExact(settings.dialTimeout().toMillis()));
            socket.setSoTimeout(CALL_SILENCE_MILLIS);
            socket.getOutputStream().write(request);
            var in = new BufferedInputStream(socket.getInputStream());
            return new CallAnswer(head(in).status(), in);
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }

    private static ResponseHead head(InputStream in) throws IOException {
        var reader = HeadReader.ofResponse();
        var bytes = Unpooled.buffer(256);
        for (var next = in.read(); next >= 0; next = in.read()) {
            switch (reader.read(bytes.writeByte(next))) {
                case HeadReader.ReadResult.Incomplete<ResponseHead> _ -> {}
                case HeadReader.ReadResult.Complete<ResponseHead>(var head) -> {
                    return head;
                }
                case HeadReader.ReadResult.Refused<ResponseHead>(var error) -> throw new IOException(error.detail());
            }
        }
        throw new IOException("it closed the connection");
    }

    /// Whether a worker is dead: its machine refuses connections to its port. A machine that does not
    /// answer proves nothing, since the network may be down. Blocks; called on a virtual thread.
    boolean isDead(WorkerEndpoint registered) throws InterruptedException {
        var addresses = dnsCache.resolve(registered.host());
        return !addresses.isEmpty()
                && addresses.stream()
                        .allMatch(address -> settings.allows(address)
                                && isRefused(new InetSocketAddress(address, registered.port())));
    }

    /// Whether nothing listens at an address. A process that is exiting may close its connections
    /// before its listener, so a connection that is closed at once is tried a second time.
    private boolean isRefused(InetSocketAddress address) {
        for (var attempt = 0; attempt < 2; attempt++) {
            try (var socket = new Socket()) {
                socket.connect(address, Math.toIntExact(settings.dialTimeout().toMillis()));
                socket.setSoTimeout(PROBE_MILLIS);
                if (socket.getInputStream().read() >= 0) {
                    return false;
                }
            } catch (ConnectException _) {
                return true;
            } catch (SocketTimeoutException _) {
                return false;
            } catch (IOException e) {
                LOG.atDebug()
                        .addKeyValue("code", "lost-worker-hung-up")
                        .addKeyValue("cause", e.getMessage())
                        .log("Probe of a lost worker failed");
            }
        }
        return false;
    }

    private WorkerDialResult authenticated(WorkerDialResult outcome, GridSecret.Try attempt) {
        if (!(outcome instanceof WorkerDialResult.Connected(var connection))) {
            return outcome;
        }
        var proof = connection.answer().header(GridSecret.HEADER);
        if (proof.isPresent() && secret.orElseThrow().isWorkerProof(attempt, proof.get())) {
            return outcome;
        }
        connection.close();
        return new WorkerDialResult.Distrusted(ExclusionReason.PROOF);
    }

    private WorkerDialResult dial(
            WorkerEndpoint endpoint, ClientRequest request, List<HttpHeader> extraHeaders, EventLoop loop, long until)
            throws InterruptedException {
        List<HttpHeader> headers = new ArrayList<>();
        request.userAgent().ifPresent(agent -> headers.add(new HttpHeader("User-Agent", agent)));
        headers.add(
                new HttpHeader(RequestHead.REQUEST_ID_HEADER, request.session().toString()));
        request.cdp().ifPresent(use -> headers.addAll(use.headers()));
        if (!request.viewable()) {
            headers.add(new HttpHeader(SessionCall.VIEW_HEADER, SessionCall.VIEW_OFF));
        }
        if (request.recording() != RecordingChoice.USUAL) {
            headers.add(
                    new HttpHeader(RecordingChoice.HEADER, request.recording().word()));
        }
        headers.addAll(extraHeaders);
        headers.addAll(LaunchOverridesReader.headers(request.overrides()));
        var target = new Dialer.Target(endpoint.authority(), endpoint.path(), request.upgrade(), headers);
        WorkerDialResult last =
                new WorkerDialResult.Unreachable("its host name " + endpoint.host() + " does not resolve");
        for (var address : dnsCache.resolve(endpoint.host())) {
            if (!settings.allows(address)) {
                last = new WorkerDialResult.Distrusted(ExclusionReason.ADDRESS);
                continue;
            }
            var remaining = Duration.ofNanos(until - System.nanoTime());
            if (!remaining.isPositive()) {
                return new WorkerDialResult.ClientDeadlinePassed();
            }
            last = outcome(dialer.dial(
                    loop,
                    new InetSocketAddress(address, endpoint.port()),
                    target,
                    shorter(settings.dialTimeout(), remaining),
                    shorter(settings.handshakeTimeout(), remaining)));
            if (!(last instanceof WorkerDialResult.Unreachable)) {
                return last;
            }
            if (System.nanoTime() - until >= 0) {
                return new WorkerDialResult.ClientDeadlinePassed();
            }
        }
        return last;
    }

    private static Duration shorter(Duration one, Duration other) {
        return one.compareTo(other) < 0 ? one : other;
    }

    private static WorkerDialResult outcome(ConnectResult connectResult) {
        return switch (connectResult) {
            case ConnectResult.Upgraded(var connection) -> new WorkerDialResult.Connected(connection);
            case ConnectResult.StillProcessing() -> new WorkerDialResult.Preparing();
            case ConnectResult.Failed(var why) -> new WorkerDialResult.Unreachable(why);
            case ConnectResult.Answered(var head, var body) ->
                RefusalResponses.read(head.status(), body)
                        .map(WorkerDialer::outcome)
                        .orElseGet(() -> outcome(head));
        };
    }

    private static WorkerDialResult outcome(Refusal said) {
        return said instanceof Refusal.NoSlot ? new WorkerDialResult.Preparing() : new WorkerDialResult.Refused(said);
    }

    private static WorkerDialResult outcome(ResponseHead head) {
        return switch (head.status()) {
            case 503 -> new WorkerDialResult.NoRoom();
            case 428 -> new WorkerDialResult.NoVersion(versions(head.header(RefusalResponses.VERSIONS_HEADER)));
            default -> new WorkerDialResult.Unreachable("it answered " + head.status() + " to the upgrade");
        };
    }

    private static List<PlaywrightVersion> versions(Optional<String> header) {
        return header.flatMap(SupportedVersions::of)
                .map(offer ->
                        offer instanceof SupportedVersions.Only only ? only.versions() : List.<PlaywrightVersion>of())
                .orElse(List.of());
    }

    @Override
    public void close() {
        dnsCache.close();
    }
}
