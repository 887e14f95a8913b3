package dev.greenroom.worker.gateway;

import dev.greenroom.net.http.RequestHead;
import dev.greenroom.config.settings.WorkerSections;
import dev.greenroom.net.relay.ActiveRelays;
import dev.greenroom.net.relay.Dialer;
import dev.greenroom.net.relay.RelayStarter;
import dev.greenroom.net.relay.RelayStarter.UpstreamKind;
import dev.greenroom.net.server.InboundConnection;
import dev.greenroom.net.server.Transport;
import dev.greenroom.registry.Registry;
import dev.greenroom.session.SessionEnding.Cause;
import dev.greenroom.session.SessionId;
import dev.greenroom.session.SessionId.SessionIdGenerator;
import dev.greenroom.session.SessionScope;
import dev.greenroom.session.WorkerId;
import dev.greenroom.worker.health.MemoryWatch.MemoryUse;
import dev.greenroom.worker.health.WorkerMetricsSink;
import dev.greenroom.worker.health.WorkerMetricsSink.WorkerHealth;
import dev.greenroom.worker.pool.BrowserPool;
import io.netty.channel.EventLoopGroup;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.slf4j.event.Level;

/// The sessions of one worker run. They come in at the process' [WorkerPort], on a path of the run's own.
public final class Gateway implements AutoCloseable {
    private static final Duration LAST_WORDS = Duration.ofSeconds(3);

    private final Owner owner;
    private final BrowserPool pool;
    private final ProcessSlots.RunSlots slots;
    private final ActiveRelays live = new ActiveRelays();
    private final GatewaySessionRunner sessions;
    private final PreconnectedDrivers ready;
    private volatile Optional<String> unhealthy = Optional.empty();

    /// What a worker needs of its process.
    ///
    /// @param loops its event loops, closed by their owner
    /// @param nanoTime a clock that only goes forward
    /// @param sessionLines the level of the line that each session leaves; lower where the proxy's is
    ///     beside it
    /// @param report takes what can be counted
    /// @param alone whether the process ends with this run
    public record GatewayDependencies(
            Transport transport,
            EventLoopGroup loops,
            SessionIdGenerator ids,
            LongSupplier nanoTime,
            Level sessionLines,
            WorkerMetricsSink report,
            boolean alone) {}

    /// Whose gateway it is.
    ///
    /// @param path on which sessions are taken; unguessable
    /// @param memory what the worker uses
    public record Owner(WorkerId worker, String incarnation, String path, Supplier<MemoryUse> memory) {}

    /// @param slots of this run, closed with the gateway
    public Gateway(
            Owner owner,
            WorkerSections settings,
            BrowserPool pool,
            ProcessSlots.RunSlots slots,
            Registry registry,
            GatewayDependencies surroundings) {
        this.owner = owner;
        this.pool = pool;
        this.slots = slots;
        var dialer = new Dialer(surroundings.transport());
        this.ready = new PreconnectedDrivers(
                dialer, surroundings.loops(), settings.browser().type());
        pool.onWaiting(ready::open);
        var stages = new GatewaySessionRunner.GatewayStages(
                new ProxyAuthenticator(settings.secret(), owner.path(), surroundings.nanoTime()),
                slots,
                pool,
                ready,
                dialer,
                new RelayStarter(settings.relay(), surroundings.nanoTime(), UpstreamKind.BROWSER),
                live,
                registry);
        this.sessions = new GatewaySessionRunner(stages, settings, surroundings);
    }

    /// Serves one session. Whoever names none gets the id of the connection.
    void serve(InboundConnection connection) throws InterruptedException {
        var session =
                connection.head().header(RequestHead.REQUEST_ID_HEADER).flatMap(SessionId::of).orElse(connection.id());
        SessionScope.where(session, () -> {
            sessions.run(session, connection);
            return session;
        });
    }

    /// Whether sessions on this path are for this run. Compared in constant time.
    boolean hasPath(String other) {
        return MessageDigest.isEqual(
                owner.path().getBytes(StandardCharsets.UTF_8), other.getBytes(StandardCharsets.UTF_8));
    }

    /// How the worker is.
    public WorkerHealth numbers() {
        return new WorkerHealth(
                owner.worker(),
                owner.incarnation(),
                slots.taken(),
                slots.allotted(),
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

    /// Sessions that this worker serves or prepares now.
    public int sessions() {
        return slots.taken();
    }

    /// Sessions that it has served or prepared since it began.
    public long served() {
        return slots.served();
    }

    /// Takes no new session, lets those that run finish in time, then closes them with 1001. Blocks until
    /// then.
    ///
    /// @param atMost how long they may take; empty for as long as they take
    public void drain(Optional<Duration> atMost) throws InterruptedException {
        slots.drain();
        if (!slots.awaitDrained(atMost)) {
            live.endAll(Cause.WORKER_DRAINING);
            slots.awaitNoneTaken(LAST_WORDS);
        }
    }

    /// Has a drain take no longer than this from now on.
    public void drainWithin(Duration atMost) {
        slots.drainWithin(atMost);
    }

    @Override
    public void close() {
        slots.drain();
        live.endAll(Cause.WORKER_DRAINING);
        try {
            slots.awaitNoneTaken(LAST_WORDS);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
        ready.close();
        slots.close();
    }
}
