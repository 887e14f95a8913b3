package dev.greenroom.worker.gateway;

import dev.greenroom.config.WorkerSections;
import dev.greenroom.registry.Registry;
import dev.greenroom.session.Ending.Cause;
import dev.greenroom.session.SessionId;
import dev.greenroom.session.SessionIds;
import dev.greenroom.session.SessionScope;
import dev.greenroom.session.WorkerId;
import dev.greenroom.wire.Answer;
import dev.greenroom.wire.Caller;
import dev.greenroom.wire.ConnectionLimits;
import dev.greenroom.wire.Dialer;
import dev.greenroom.wire.FarSide;
import dev.greenroom.wire.InboundConnection;
import dev.greenroom.wire.LiveRelays;
import dev.greenroom.wire.PortInUseException;
import dev.greenroom.wire.Relays;
import dev.greenroom.wire.RequestHead;
import dev.greenroom.wire.Transport;
import dev.greenroom.wire.WireServer;
import dev.greenroom.worker.health.MemoryUse;
import dev.greenroom.worker.health.WorkerNumbers;
import dev.greenroom.worker.health.WorkerReport;
import dev.greenroom.worker.pool.BrowserPool;
import io.netty.channel.EventLoopGroup;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.slf4j.event.Level;

/// The worker's port: sessions on one path, words about the worker on a few others, nothing else.
public final class Gateway implements AutoCloseable {
    private static final Duration LAST_WORDS = Duration.ofSeconds(3);

    /// The slots are the limit here; a proxy has one address and many sessions.
    private static final ConnectionLimits NO_LIMITS = new ConnectionLimits(Integer.MAX_VALUE, Integer.MAX_VALUE);

    private final Owner owner;
    private final SessionIds ids;
    private final BrowserPool pool;
    private final WorkerReport report;
    private final int cap;
    private final Slots slots;
    private final LiveRelays live = new LiveRelays();
    private final GatewaySessions sessions;
    private final ReadyLines ready;
    private final WireServer server;
    private volatile Optional<String> unhealthy = Optional.empty();

    /// What a worker needs of its process.
    ///
    /// @param loops its event loops, closed by their owner
    /// @param nanoTime a clock that only goes forward
    /// @param sessionLines the level of the line that each session leaves; lower where the proxy's is beside it
    /// @param report takes what can be counted
    /// @param alone whether the process ends with this worker
    public record Surroundings(
            Transport transport,
            EventLoopGroup loops,
            SessionIds ids,
            LongSupplier nanoTime,
            Level sessionLines,
            WorkerReport report,
            boolean alone) {
        /// Where nobody counts.
        public Surroundings(
                Transport transport, EventLoopGroup loops, SessionIds ids, LongSupplier nanoTime, Level sessionLines) {
            this(transport, loops, ids, nanoTime, sessionLines, WorkerReport.NOWHERE, false);
        }
    }

    /// Whose gateway it is.
    ///
    /// @param path on which sessions are taken; unguessable
    /// @param memory what the worker uses
    public record Owner(WorkerId worker, String incarnation, String path, Supplier<MemoryUse> memory) {}

    public Gateway(
            Owner owner, WorkerSections settings, BrowserPool pool, Registry registry, Surroundings surroundings) {
        this.owner = owner;
        this.ids = surroundings.ids();
        this.pool = pool;
        this.report = surroundings.report();
        this.cap = settings.capacity().maxConcurrentSessions();
        this.slots = new Slots(settings.capacity().maxConcurrentSessions());
        var dialer = new Dialer(surroundings.transport());
        this.ready =
                new ReadyLines(dialer, surroundings.loops(), settings.browser().type());
        pool.onWaiting(ready::open);
        var stages = new GatewaySessions.Stages(
                new Proofs(settings.secret(), owner.path(), surroundings.nanoTime()),
                slots,
                pool,
                ready,
                dialer,
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
        var port = server.listen(address);
        if (address.getAddress().isLoopbackAddress()) {
            server.openDoor(new InetSocketAddress(address.getAddress(), port), caller -> serve(caller, ids.next()));
        }
        return port;
    }

    private void serve(InboundConnection connection) throws InterruptedException {
        serve(connection, connection.id());
    }

    /// @param own stands for the session of somebody who names none
    private void serve(Caller connection, SessionId own) throws InterruptedException {
        var head = connection.head();
        if (head.header("Origin").isPresent()) {
            connection.answer(Answer.json(403, "{\"error\":\"origin not allowed\"}"));
        } else if (head.isUpgrade() && isOurs(head.path())) {
            var session = head.header("X-Request-Id").flatMap(SessionId::of).orElse(own);
            SessionScope.where(session, () -> {
                sessions.run(session, connection);
                return session;
            });
        } else {
            connection.answer(head.isUpgrade() ? notFound() : words(head));
        }
    }

    /// Compared in constant time: who knows the path may use the worker.
    private boolean isOurs(String other) {
        return MessageDigest.isEqual(
                owner.path().getBytes(StandardCharsets.UTF_8), other.getBytes(StandardCharsets.UTF_8));
    }

    private Answer words(RequestHead head) {
        return switch (head.path()) {
            case "/", "/health" -> HealthWords.of(numbers());
            case "/health/ready" -> HealthWords.ready(numbers());
            case "/metrics" -> report.metrics(head.header("Accept").orElse(""));
            case "/favicon.ico" -> Answer.empty(204);
            default -> notFound();
        };
    }

    /// How the worker is.
    public WorkerNumbers numbers() {
        return new WorkerNumbers(
                owner.worker(),
                owner.incarnation(),
                slots.taken(),
                cap,
                pool.stats(),
                owner.memory().get(),
                slots.isDraining(),
                unhealthy);
    }

    /// Takes no new session, and says why when it is asked how it is.
    ///
    /// @param cause one sentence
    public void fail(String cause) {
        unhealthy = Optional.of(cause);
        slots.drain();
    }

    private static Answer notFound() {
        return Answer.json(404, "{\"error\":\"not found\"}");
    }

    /// Sessions that this worker serves or prepares now.
    public int sessions() {
        return slots.taken();
    }

    /// Sessions that it has served or prepared since it began.
    public long served() {
        return slots.served();
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
        live.endAll(Cause.WORKER_DRAINING);
        ready.close();
        server.close();
    }
}
