package dev.greenroom.proxy.backend;

import dev.greenroom.config.DialSettings;
import dev.greenroom.proxy.client.ClientRequest;
import dev.greenroom.session.Endpoint;
import dev.greenroom.session.PlaywrightVersion;
import dev.greenroom.session.Refusal;
import dev.greenroom.session.VersionOffer;
import dev.greenroom.wire.Dialer;
import dev.greenroom.wire.Dialled;
import dev.greenroom.wire.Header;
import dev.greenroom.wire.OutboundConnection;
import dev.greenroom.wire.Refusals;
import dev.greenroom.wire.ResponseHead;
import dev.greenroom.wire.WishReader;
import io.netty.channel.EventLoop;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Reaches workers. Safe for use by many threads.
public final class Backends implements AutoCloseable {
    private final Dialer dialer;
    private final DialSettings settings;
    private final Names names = new Names(name -> List.of(InetAddress.getAllByName(name)), System::nanoTime);

    public Backends(Dialer dialer, DialSettings settings) {
        this.dialer = dialer;
        this.settings = settings;
    }

    /// What came of dialling a worker.
    public sealed interface Outcome {
        /// The worker has answered 101.
        record Connected(OutboundConnection connection) implements Outcome {}

        /// The worker is there and has no room: its own cap, or it drains.
        record NoRoom() implements Outcome {}

        /// The worker is there and was still preparing a browser when the time was up.
        record Preparing() implements Outcome {}

        /// The worker cannot grant a wish of the client, and no other of its kind could.
        record Refused(Refusal why) implements Outcome {}

        /// The worker has no driver for the client's version.
        record NoVersion(List<PlaywrightVersion> available) implements Outcome {}

        /// The worker did not answer as a worker does.
        ///
        /// @param why for the log
        record Unreachable(String why) implements Outcome {}
    }

    /// Dials a worker on a client's behalf. Blocks; called on a virtual thread. Interruption leaves nothing behind.
    ///
    /// @param loop the client's
    public Outcome dial(Endpoint endpoint, ClientRequest request, EventLoop loop) throws InterruptedException {
        List<Header> headers = new ArrayList<>();
        request.userAgent().ifPresent(agent -> headers.add(new Header("User-Agent", agent)));
        headers.add(new Header("X-Request-Id", request.session().toString()));
        headers.addAll(WishReader.fields(request.wishes()));
        var target = new Dialer.Target(endpoint.authority(), endpoint.path(), request.upgrade(), headers);
        Outcome last = new Outcome.Unreachable("its name " + endpoint.host() + " does not resolve");
        for (var address : names.resolve(endpoint.host())) {
            last = outcome(dialer.dial(
                    loop,
                    new InetSocketAddress(address, endpoint.port()),
                    target,
                    settings.dialTimeout(),
                    settings.handshakeTimeout()));
            if (!(last instanceof Outcome.Unreachable)) {
                return last;
            }
        }
        return last;
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
