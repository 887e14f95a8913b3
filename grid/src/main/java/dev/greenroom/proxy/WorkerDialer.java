package dev.greenroom.proxy;

import dev.greenroom.net.http.RequestHead;
import dev.greenroom.config.settings.ProxySections.DialSettings;
import dev.greenroom.config.settings.RedisSettings.GridSecretSettings;
import dev.greenroom.net.http.HttpHeader;
import dev.greenroom.net.http.ResponseHead;
import dev.greenroom.net.relay.Dialer;
import dev.greenroom.net.relay.Dialer.ConnectResult;
import dev.greenroom.net.relay.OutboundConnection;
import dev.greenroom.net.server.RefusalResponses;
import dev.greenroom.playwright.LaunchOverridesReader;
import dev.greenroom.proxy.client.ClientConnection.ClientRequest;
import dev.greenroom.session.PlaywrightVersion;
import dev.greenroom.session.Refusal;
import dev.greenroom.session.Refusal.ExclusionReason;
import dev.greenroom.session.SupportedVersions;
import dev.greenroom.session.TraceContext;
import dev.greenroom.session.WorkerEndpoint;
import dev.greenroom.session.WorkerId;
import dev.greenroom.trust.GridSecret;
import io.netty.channel.EventLoop;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Reaches workers. Safe for use by many threads.
final class WorkerDialer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(WorkerDialer.class);

    /// A worker that lives says nothing to who says nothing.
    private static final int HANGS_UP_WITHIN_MILLIS = 250;

    private final Dialer dialer;
    private final DialSettings settings;
    private final DnsCache dnsCache = new DnsCache(name -> List.of(InetAddress.getAllByName(name)), System::nanoTime);
    private final Optional<GridSecret> secret;
    private final RandomGenerator random = new SecureRandom();

    /// @param secret what workers have to prove that they know, if there is one
    public WorkerDialer(Dialer dialer, DialSettings settings, GridSecretSettings secret) {
        this.dialer = dialer;
        this.settings = settings;
        this.secret = secret.secret().map(text -> new GridSecret(text.value()));
    }

    /// What came of dialling a worker.
    public sealed interface WorkerDialResult {
        /// The worker has answered 101.
        record Connected(OutboundConnection connection) implements WorkerDialResult {}

        /// The worker is there and has no room: its own cap, or it drains.
        record NoRoom() implements WorkerDialResult {}

        /// The worker is there and was still preparing a browser when the time was up.
        record Preparing() implements WorkerDialResult {}

        /// The client's time was up before the worker's: that is nothing to suspect the worker for.
        record TimeIsUp() implements WorkerDialResult {}

        /// The worker cannot grant a wish of the client, and no other of its kind could.
        record Refused(Refusal why) implements WorkerDialResult {}

        /// The worker has no driver for the client's version.
        record NoVersion(List<PlaywrightVersion> available) implements WorkerDialResult {}

        /// The worker did not answer as a worker does.
        ///
        /// @param why for the log
        record Unreachable(String why) implements WorkerDialResult {}

        /// What is registered is not to be trusted; the client is with nobody yet.
        record Distrusted(ExclusionReason why) implements WorkerDialResult {}
    }

    /// Dials a worker on a client's behalf. Blocks; called on a virtual thread. Interruption leaves nothing
    /// behind.
    ///
    /// @param registered where the registry says that the worker is
    /// @param trace what the worker's own spans would belong to
    /// @param loop the client's
    /// @param atMost how long all of it may take, whatever the settings allow one address of the worker
    public WorkerDialResult dial(
            WorkerId worker,
            WorkerEndpoint registered,
            ClientRequest request,
            Optional<TraceContext> trace,
            EventLoop loop,
            Duration atMost)
            throws InterruptedException {
        var until = System.nanoTime() + atMost.toNanos();
        List<HttpHeader> more = new ArrayList<>();
        trace.ifPresent(context -> {
            more.add(new HttpHeader(TraceContext.PARENT_HEADER, context.parent()));
            context.state().ifPresent(state -> more.add(new HttpHeader(TraceContext.STATE_HEADER, state)));
        });
        if (secret.isEmpty()) {
            return dial(registered, request, more, loop, until);
        }
        var verified = secret.get().verified(worker, registered);
        if (verified.isEmpty()) {
            return new WorkerDialResult.Distrusted(ExclusionReason.SIGNATURE);
        }
        var attempt = GridSecret.newTry(request.session(), verified.get().path(), random);
        more.add(new HttpHeader(GridSecret.HEADER, secret.get().proxyProof(attempt)));
        return proven(dial(verified.get(), request, more, loop, until), attempt);
    }

    /// Whether a worker that a session was lost with is gone: its machine answers that nothing listens
    /// there. What does not answer at all may be the network. Blocks; called on a virtual thread.
    public boolean isGone(WorkerEndpoint registered) throws InterruptedException {
        var addresses = dnsCache.resolve(registered.host());
        return !addresses.isEmpty()
                && addresses.stream()
                        .allMatch(address ->
                                settings.allows(address) && refuses(new InetSocketAddress(address, registered.port())));
    }

    /// Whether nothing listens. Of a process that is ending the connections may be closed before the
    /// listeners: whoever is hung up on looks once more.
    private boolean refuses(InetSocketAddress address) {
        for (var look = 0; look < 2; look++) {
            try (var socket = new Socket()) {
                socket.connect(address, Math.toIntExact(settings.dialTimeout().toMillis()));
                socket.setSoTimeout(HANGS_UP_WITHIN_MILLIS);
                if (socket.getInputStream().read() >= 0) {
                    return false;
                }
            } catch (ConnectException _) {
                return true;
            } catch (SocketTimeoutException _) {
                return false;
            } catch (IOException e) {
                LOG.atDebug().addKeyValue("cause", e.getMessage()).log("Lost worker hung up");
            }
        }
        return false;
    }

    private WorkerDialResult proven(WorkerDialResult outcome, GridSecret.Try attempt) {
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
            WorkerEndpoint endpoint, ClientRequest request, List<HttpHeader> more, EventLoop loop, long until)
            throws InterruptedException {
        List<HttpHeader> headers = new ArrayList<>();
        request.userAgent().ifPresent(agent -> headers.add(new HttpHeader("User-Agent", agent)));
        headers.add(new HttpHeader(RequestHead.REQUEST_ID_HEADER, request.session().toString()));
        headers.addAll(more);
        headers.addAll(LaunchOverridesReader.fields(request.overrides()));
        var target = new Dialer.Target(endpoint.authority(), endpoint.path(), request.upgrade(), headers);
        WorkerDialResult last = new WorkerDialResult.Unreachable("its name " + endpoint.host() + " does not resolve");
        for (var address : dnsCache.resolve(endpoint.host())) {
            if (!settings.allows(address)) {
                last = new WorkerDialResult.Distrusted(ExclusionReason.ADDRESS);
                continue;
            }
            var left = Duration.ofNanos(until - System.nanoTime());
            if (!left.isPositive()) {
                return new WorkerDialResult.TimeIsUp();
            }
            last = outcome(dialer.dial(
                    loop,
                    new InetSocketAddress(address, endpoint.port()),
                    target,
                    shorter(settings.dialTimeout(), left),
                    shorter(settings.handshakeTimeout(), left)));
            if (!(last instanceof WorkerDialResult.Unreachable)) {
                return last;
            }
            if (System.nanoTime() - until >= 0) {
                return new WorkerDialResult.TimeIsUp();
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
            case ConnectResult.Preparing() -> new WorkerDialResult.Preparing();
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
