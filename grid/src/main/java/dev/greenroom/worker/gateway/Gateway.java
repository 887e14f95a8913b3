package dev.greenroom.worker.gateway;

import dev.greenroom.config.WorkerSections;
import dev.greenroom.registry.Registry;
import dev.greenroom.session.Ending.Cause;
import dev.greenroom.session.SessionId;
import dev.greenroom.session.SessionIds;
import dev.greenroom.session.SessionScope;
import dev.greenroom.wire.Answer;
import dev.greenroom.wire.ConnectionLimits;
import dev.greenroom.wire.Dialer;
import dev.greenroom.wire.FarSide;
import dev.greenroom.wire.InboundConnection;
import dev.greenroom.wire.LiveRelays;
import dev.greenroom.wire.PortInUseException;
import dev.greenroom.wire.Relays;
import dev.greenroom.wire.Transport;
import dev.greenroom.wire.WireServer;
import dev.greenroom.worker.pool.BrowserPool;
import io.netty.channel.EventLoopGroup;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.function.LongSupplier;
import org.slf4j.event.Level;

/// The worker's port: sessions on one path, words about the worker on a few others, nothing else.
public final class Gateway implements AutoCloseable {
    private static final Duration LAST_WORDS = Duration.ofSeconds(3);

    /// The slots are the limit here; a proxy has one address and many sessions.
    private static final ConnectionLimits NO_LIMITS = new ConnectionLimits(Integer.MAX_VALUE, Integer.MAX_VALUE);

    private final String path;
    private final Slots slots;
    private final LiveRelays live = new LiveRelays();
    private final GatewaySessions sessions;
    private final WireServer server;

    /// What a worker needs of its process.
    ///
    /// @param loops its event loops, closed by their owner
    /// @param nanoTime a clock that only goes forward
    /// @param sessionLines the level of the line that each session leaves; lower where the proxy's is beside it
    public record Surroundings(
            Transport transport, EventLoopGroup loops, SessionIds ids, LongSupplier nanoTime, Level sessionLines) {}

    /// @param path on which sessions are taken; unguessable
    public Gateway(
            String path, WorkerSections settings, BrowserPool pool, Registry registry, Surroundings surroundings) {
        this.path = path;
        this.slots = new Slots(settings.capacity().maxConcurrentSessions());
        var stages = new GatewaySessions.Stages(
                new Proofs(settings.secret(), path, surroundings.nanoTime()),
                slots,
                pool,
                new Dialer(surroundings.transport()),
                new Relays(settings.relay(), surroundings.nanoTime(), FarSide.BROWSER),
                live,
                registry);
        this.sessions = new GatewaySessions(stages, settings, surroundings);
        this.server = new WireServer(
                surroundings.transport(), surroundings.loops(), surroundings.ids(), NO_LIMITS, this::serve);
    }

    /// Begins to accept.
    ///
    /// @return the port
    public int listen(InetSocketAddress address) throws PortInUseException, InterruptedException {
        return server.listen(address);
    }

    private void serve(InboundConnection connection) throws InterruptedException {
        var head = connection.head();
        if (head.header("Origin").isPresent()) {
            connection.answer(Answer.json(403, "{\"error\":\"origin not allowed\"}"));
        } else if (head.isUpgrade() && isOurs(head.path())) {
            var session = head.header("X-Request-Id").flatMap(SessionId::of).orElse(connection.id());
            SessionScope.where(session, () -> {
                sessions.run(session, connection);
                return session;
            });
        } else {
            connection.answer(head.isUpgrade() ? notFound() : words(head.path()));
        }
    }

    /// Compared in constant time: who knows the path may use the worker.
    private boolean isOurs(String other) {
        return MessageDigest.isEqual(path.getBytes(StandardCharsets.UTF_8), other.getBytes(StandardCharsets.UTF_8));
    }

    private Answer words(String requested) {
        return switch (requested) {
            case "/", "/health" -> Answer.json(200, "{\"status\":\"ok\",\"sessions\":" + slots.taken() + "}");
            case "/health/ready" ->
                slots.isDraining()
                        ? Answer.json(503, "{\"status\":\"draining\"}")
                        : Answer.json(200, "{\"status\":\"ready\"}");
            case "/favicon.ico" -> Answer.empty(204);
            default -> notFound();
        };
    }

    private static Answer notFound() {
        return Answer.json(404, "{\"error\":\"not found\"}");
    }

    /// Sessions that this worker serves or prepares now.
    public int sessions() {
        return slots.taken();
    }

    /// Takes no new session, lets those that run finish in time, then closes them with 1001. Blocks until then.
    public void drain(Duration atMost) throws InterruptedException {
        slots.drain();
        if (!slots.awaitNoneTaken(atMost)) {
            live.endAll(Cause.WORKER_DRAINING);
            slots.awaitNoneTaken(LAST_WORDS);
        }
    }

    @Override
    public void close() {
        server.close();
    }
}
