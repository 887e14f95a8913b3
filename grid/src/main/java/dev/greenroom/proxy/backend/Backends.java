package dev.greenroom.proxy.backend;

import dev.greenroom.config.DialSettings;
import dev.greenroom.config.GridSecretSettings;
import dev.greenroom.proxy.client.ClientRequest;
import dev.greenroom.session.Distrust;
import dev.greenroom.session.Endpoint;
import dev.greenroom.session.PlaywrightVersion;
import dev.greenroom.session.Refusal;
import dev.greenroom.session.TraceContext;
import dev.greenroom.session.VersionOffer;
import dev.greenroom.session.WorkerId;
import dev.greenroom.trust.GridSecret;
import dev.greenroom.wire.Dialer;
import dev.greenroom.wire.Dialled;
import dev.greenroom.wire.Header;
import dev.greenroom.wire.OutboundConnection;
import dev.greenroom.wire.Refusals;
import dev.greenroom.wire.ResponseHead;
import dev.greenroom.wire.WishReader;
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
public final class Backends implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Backends.class);

    /// A worker that lives says nothing to who says nothing.
    private static final int HANGS_UP_WITHIN_MILLIS = 250;

    private final Dialer dialer;
    private final DialSettings settings;
    private final Names names = new Names(name -> List.of(InetAddress.getAllByName(name)), System::nanoTime);
    private final Optional<GridSecret> secret;
    private final RandomGenerator random = new SecureRandom();

    /// @param secret what workers have to prove that they know, if there is one
    public Backends(Dialer dialer, DialSettings settings, GridSecretSettings secret) {
        this.dialer = dialer;
        this.settings = settings;
        this.secret = secret.secret().map(text -> new GridSecret(text.value()));
    }

    /// What came of dialling a worker.
    public sealed interface Outcome {
        /// The worker has answered 101.
        record Connected(OutboundConnection connection) implements Outcome {}

        /// The worker is there and has no room: its own cap, or it drains.
        record NoRoom() implements Outcome {}

        /// The worker is there and was still preparing a browser when the time was up.
        record Preparing() implements Outcome {}

        /// The client's time was up before the worker's: that is nothing to suspect the worker for.
        record TimeIsUp() implements Outcome {}

        /// The worker cannot grant a wish of the client, and no other of its kind could.
        record Refused(Refusal why) implements Outcome {}

        /// The worker has no driver for the client's version.
        record NoVersion(List<PlaywrightVersion> available) implements Outcome {}

        /// The worker did not answer as a worker does.
        ///
        /// @param why for the log
        record Unreachable(String why) implements Outcome {}

        /// What is registered is not to be trusted; the client is with nobody yet.
        record Distrusted(Distrust why) implements Outcome {}
    }

    /// Dials a worker on a client's behalf. Blocks; called on a virtual thread. Interruption leaves nothing behind.
    ///
    /// @param registered where the registry says that the worker is
    /// @param trace what the worker's own spans would belong to
    /// @param loop the client's
    /// @param atMost how long all of it may take, whatever the settings allow one address of the worker
    public Outcome dial(
            WorkerId worker,
            Endpoint registered,
            ClientRequest request,
            Optional<TraceContext> trace,
            EventLoop loop,
            Duration atMost)
            throws InterruptedException {
        var until = System.nanoTime() + atMost.toNanos();
        List<Header> more = new ArrayList<>();
        trace.ifPresent(context -> {
            more.add(new Header(TraceContext.PARENT_HEADER, context.parent()));
            context.state().ifPresent(state -> more.add(new Header(TraceContext.STATE_HEADER, state)));
        });
        if (secret.isEmpty()) {
            return dial(registered, request, more, loop, until);
        }
        var verified = secret.get().verified(worker, registered);
        if (verified.isEmpty()) {
            return new Outcome.Distrusted(Distrust.SIGNATURE);
        }
        var attempt = GridSecret.newTry(request.session(), verified.get().path(), random);
        more.add(new Header(GridSecret.HEADER, secret.get().proxyProof(attempt)));
        return proven(dial(verified.get(), request, more, loop, until), attempt);
    }

    /// Whether a worker that a session was lost with is gone: its machine answers that nothing listens there. What does
    /// not
    /// answer at all may be the network. Blocks; called on a virtual thread.
    public boolean isGone(Endpoint registered) throws InterruptedException {
        var addresses = names.resolve(registered.host());
        return !addresses.isEmpty()
                && addresses.stream()
                        .allMatch(address ->
                                settings.allows(address) && refuses(new InetSocketAddress(address, registered.port())));
    }

    /// Whether nothing listens. Of a process that is ending the connections may be closed before the listeners: whoever
    /// is
    /// hung up on looks once more.
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

    private Outcome proven(Outcome outcome, GridSecret.Try attempt) {
        if (!(outcome instanceof Outcome.Connected(var connection))) {
            return outcome;
        }
        var proof = connection.answer().header(GridSecret.HEADER);
        if (proof.isPresent() && secret.orElseThrow().isWorkerProof(attempt, proof.get())) {
            return outcome;
        }
        connection.close();
        return new Outcome.Distrusted(Distrust.PROOF);
    }

    private Outcome dial(Endpoint endpoint, ClientRequest request, List<Header> more, EventLoop loop, long until)
            throws InterruptedException {
        List<Header> headers = new ArrayList<>();
        request.userAgent().ifPresent(agent -> headers.add(new Header("User-Agent", agent)));
        headers.add(new Header("X-Request-Id", request.session().toString()));
        headers.addAll(more);
        headers.addAll(WishReader.fields(request.wishes()));
        var target = new Dialer.Target(endpoint.authority(), endpoint.path(), request.upgrade(), headers);
        Outcome last = new Outcome.Unreachable("its name " + endpoint.host() + " does not resolve");
        for (var address : names.resolve(endpoint.host())) {
            if (!settings.allows(address)) {
                last = new Outcome.Distrusted(Distrust.ADDRESS);
                continue;
            }
            var left = Duration.ofNanos(until - System.nanoTime());
            if (!left.isPositive()) {
                return new Outcome.TimeIsUp();
            }
            last = outcome(dialer.dial(
                    loop,
                    new InetSocketAddress(address, endpoint.port()),
                    target,
                    shorter(settings.dialTimeout(), left),
                    shorter(settings.handshakeTimeout(), left)));
            if (!(last instanceof Outcome.Unreachable)) {
                return last;
            }
            if (System.nanoTime() - until >= 0) {
                return new Outcome.TimeIsUp();
            }
        }
        return last;
    }

    private static Duration shorter(Duration one, Duration other) {
        return one.compareTo(other) < 0 ? one : other;
    }

    private static Outcome outcome(Dialled dialled) {
        return switch (dialled) {
            case Dialled.Upgraded(var connection) -> new Outcome.Connected(connection);
            case Dialled.Preparing() -> new Outcome.Preparing();
            case Dialled.Failed(var why) -> new Outcome.Unreachable(why);
            case Dialled.Answered(var head, var body) ->
                Refusals.read(head.status(), body).map(Backends::outcome).orElseGet(() -> outcome(head));
        };
    }

    private static Outcome outcome(Refusal said) {
        return said instanceof Refusal.NoSlot ? new Outcome.Preparing() : new Outcome.Refused(said);
    }

    private static Outcome outcome(ResponseHead head) {
        return switch (head.status()) {
            case 503 -> new Outcome.NoRoom();
            case 428 -> new Outcome.NoVersion(versions(head.header(Refusals.VERSIONS_HEADER)));
            default -> new Outcome.Unreachable("it answered " + head.status() + " to the upgrade");
        };
    }

    private static List<PlaywrightVersion> versions(Optional<String> header) {
        return header.flatMap(VersionOffer::of)
                .map(offer -> offer instanceof VersionOffer.Only only ? only.versions() : List.<PlaywrightVersion>of())
                .orElse(List.of());
    }

    @Override
    public void close() {
        names.close();
    }
}
