package dev.greenroom.proxy;

import dev.greenroom.config.ProxySections;
import dev.greenroom.config.ProxySections.ListenSettings;
import dev.greenroom.net.relay.Dialer;
import dev.greenroom.net.relay.RelayStarter;
import dev.greenroom.net.relay.RelayStarter.ActiveRelays;
import dev.greenroom.net.relay.RelayStarter.RelayTotals;
import dev.greenroom.net.relay.RelayStarter.UpstreamKind;
import dev.greenroom.net.server.DirectMemory;
import dev.greenroom.net.server.HttpListener;
import dev.greenroom.net.server.HttpListener.ConnectionHandler;
import dev.greenroom.net.server.HttpListener.ConnectionLimits;
import dev.greenroom.net.server.HttpListener.ConnectionLimits.FileDescriptorLimit;
import dev.greenroom.net.server.HttpListener.PortInUseException;
import dev.greenroom.net.server.InboundConnection;
import dev.greenroom.net.server.Transport;
import dev.greenroom.net.server.Transport.EventLoopLag;
import dev.greenroom.net.tls.ServerTls;
import dev.greenroom.proxy.access.AccessControl;
import dev.greenroom.proxy.client.ClientConnection;
import dev.greenroom.proxy.client.SessionLog;
import dev.greenroom.proxy.client.SessionObserver;
import dev.greenroom.proxy.queue.LeaseKeeper;
import dev.greenroom.proxy.queue.SlotFinder;
import dev.greenroom.registry.Registry;
import dev.greenroom.session.BrowserType;
import dev.greenroom.session.Refusal;
import dev.greenroom.session.SessionCall.SessionCaller;
import dev.greenroom.session.SessionEnding.Cause;
import dev.greenroom.session.SessionId.SessionIdGenerator;
import dev.greenroom.session.SessionId.SessionScope;
import io.netty.channel.EventLoopGroup;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/// One proxy: creates its parts in order of dependence, opens the port, drains. Methods may be called
/// from any thread.
public final class ProxyServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ProxyServer.class);
    private static final Path KERNEL_HOST_NAME = Path.of("/proc/sys/kernel/hostname");
    private static final int WARN_BELOW_CONNECTIONS = 1_000;
    private static final Duration MAX_EVENT_LOOP_LAG = Duration.ofMillis(500);

    /// How long a drain waits after the grace period for clients to read their answers.
    private static final Duration FINAL_ANSWERS_TIMEOUT = Duration.ofSeconds(3);

    private final ProxySections settings;
    private final SessionIdGenerator ids;
    private final AccessControl access;
    private final Admission admission;
    private final LeaseKeeper leaseKeeper;
    private final SlotFinder slotFinder;
    private final WorkerDialer workerDialer;
    private final ActiveRelays activeRelays = new ActiveRelays();
    private final ActiveSessions activeSessions = new ActiveSessions();
    private final EventLoopLag lag;
    private final SessionHistory history;
    private final SessionRunner sessionRunner;
    private final Transport transport;
    private final EventLoopGroup loops;
    private final LongSupplier nanoTime;
    private @Nullable HttpListener listener;
    private final CountDownLatch closed = new CountDownLatch(1);
    private volatile boolean notReady;
    private @Nullable ServerTls tls;

    /// @param registry closed by its owner
    /// @param ids for sessions
    /// @param loops event loops for clients and workers, closed by their owner
    /// @param nanoTime a monotonic clock
    /// @param observer is told of every client
    /// @param totals counts the bytes and messages that are relayed
    public ProxyServer(
            ProxySections settings,
            Registry registry,
            SessionIdGenerator ids,
            Transport transport,
            EventLoopGroup loops,
            LongSupplier nanoTime,
            SessionObserver observer,
            RelayTotals totals) {
        this.settings = settings;
        this.ids = ids;
        this.transport = transport;
        this.loops = loops;
        this.nanoTime = nanoTime;
        this.lag = new EventLoopLag(loops, nanoTime);
        this.access = new AccessControl(settings.access(), nanoTime);
        this.admission =
                new Admission(access, registry, settings.defaults().browserType(), this::isOverloaded, nanoTime);
        this.leaseKeeper = new LeaseKeeper(registry, settings.lease());
        this.slotFinder = new SlotFinder(
                registry, leaseKeeper, settings.queue(), nanoTime, ids.next().toString());
        this.workerDialer = new WorkerDialer(new Dialer(transport), settings.dial(), settings.secret());
        this.history = new SessionHistory(registry, settings.history(), InstantSource.system());
        this.sessionRunner = new SessionRunner(
                admission,
                slotFinder,
                registry,
                workerDialer,
                new RelayStarter(settings.relay(), nanoTime, UpstreamKind.WORKER, totals),
                activeRelays,
                new SessionLog(),
                history,
                observer,
                settings.queue().selectTimeout(),
                settings.answerTimeout(),
                settings.relay(),
                settings.cdp(),
                nanoTime);
    }

    /// Opens the port.
    ///
    /// @param otherRequests serves every request that does not ask for a session
    /// @return the port's number
    /// @throws PortInUseException if another process listens on the configured port
    public int start(ConnectionHandler otherRequests) throws PortInUseException, InterruptedException {
        var guarded = access.guarding(otherRequests);
        listener = new HttpListener(transport, loops, ids, limits(), connection -> serve(connection, guarded))
                .trusting(settings.connections()::isTrustedProxy);
        access.start();
        logWorkerSecret();
        lag.start();
        slotFinder.start();
        var port = listen(listener, settings.listen());
        var name = hostName() + ":" + port;
        history.start(name);
        leaseKeeper.start(name, session -> activeRelays.end(session, Cause.OPERATOR));
        leaseKeeper.reportCalls(activeRelays::sinceLastCalls, nanoTime);
        return port;
    }

    private void logWorkerSecret() {
        if (settings.secret().secret().isPresent()) {
            LOG.atInfo()
                    .addKeyValue("code", "WORKER_SECRET_SET")
                    .log(
                            "Worker authentication enabled: workers without WORKER_SECRET get no sessions, foreign workers included");
        }
    }

    /// Reads the name from the kernel where it can: a resolver is slower and may use the network.
    private static String hostName() {
        try {
            return Files.readString(KERNEL_HOST_NAME).strip();
        } catch (IOException _) {
            return resolvedHostName();
        }
    }

    private static String resolvedHostName() {
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException _) {
            return "localhost";
        }
    }

    private int listen(HttpListener listener, ListenSettings listen) throws PortInUseException, InterruptedException {
        var address = new InetSocketAddress(listen.bindAddress(), listen.port());
        if (listen.tlsCertFile().isEmpty() || listen.tlsKeyFile().isEmpty()) {
            return listener.listen(address);
        }
        tls = ServerTls.load(
                listen.tlsCertFile().get(),
                listen.tlsKeyFile().get(),
                InstantSource.system(),
                ServerTls.RELOAD_INTERVAL);
        tls.start();
        return listener.listen(address, tls);
    }

    private ConnectionLimits limits() {
        var wanted = settings.connections().maxConnections();
        var possible = FileDescriptorLimit.connections();
        if (possible < wanted) {
            LOG.atLevel(possible < WARN_BELOW_CONNECTIONS ? Level.WARN : Level.DEBUG)
                    .addKeyValue("code", "DESCRIPTORS_SCARCE")
                    .addKeyValue("maxConnections", wanted)
                    .addKeyValue("possible", possible)
                    .log(
                            "Connection limit lowered: the file descriptor limit is too low for MAX_CONNECTIONS; raise it (ulimit -n)");
        }
        return new ConnectionLimits(
                Math.min(wanted, possible),
                settings.connections().maxConnectionsPerAddress(),
                AccessControl::asksForHealth);
    }

    private void serve(InboundConnection connection, ConnectionHandler otherRequests) throws InterruptedException {
        var session = ClientConnection.of(connection);
        if (session.isPresent()) {
            var client = session.get();
            SessionScope.where(client.session(), () -> {
                try (var _ = activeSessions.add(client)) {
                    sessionRunner.run(client);
                }
                return client.session();
            });
        } else {
            otherRequests.serve(connection);
        }
    }

    /// Asks the workers of sessions.
    public SessionCaller sessionCaller() {
        return workerDialer::ask;
    }

    /// Whether people may look at sessions: where there are no tokens, only from this machine.
    public boolean isLiveViewOn() {
        return settings.access().isViewable(settings.listen());
    }

    /// The number of sessions that this proxy relays now.
    public int liveSessions() {
        return activeRelays.count();
    }

    /// The number of clients that are queued, being connected or relayed.
    public int clients() {
        return activeSessions.count();
    }

    /// The number of clients of this proxy that are queued for a browser type.
    public int waiting(BrowserType browser) {
        return slotFinder.waiting(browser);
    }

    /// The number of clients of this proxy that are queued, for any browser type.
    public int waiting() {
        return Arrays.stream(BrowserType.values()).mapToInt(slotFinder::waiting).sum();
    }

    /// The largest scheduling delay of any event loop.
    public Duration loopLag() {
        return lag.current();
    }

    private boolean isOverloaded() {
        return lag.current().compareTo(MAX_EVENT_LOOP_LAG) > 0 || DirectMemory.isCritical();
    }

    /// Whether load balancers should send no new clients here.
    public boolean isDraining() {
        return notReady || admission.isDraining();
    }

    /// Reports not ready, and refuses new clients after `SHUTDOWN_DELAY`. Blocks for that delay, or until
    /// [#close]. A second call does not wait again.
    public void refuseNewClients() throws InterruptedException {
        var delay = settings.shutdown().delay();
        if (delay.isPositive() && !admission.isDraining()) {
            notReady = true;
            closed.await(delay.toNanos(), TimeUnit.NANOSECONDS);
        }
        admission.drain();
    }

    /// Refuses new clients, and lets sessions and queued clients finish within the grace period. Then
    /// closes remaining sessions with 1001 and refuses clients that still wait. Blocks until that is
    /// done.
    public void drain() throws InterruptedException {
        refuseNewClients();
        if (!activeSessions.awaitNone(settings.shutdown().gracePeriod())) {
            activeSessions.refuseWaiting(new Refusal.Draining());
            activeRelays.endAll(Cause.PROXY_SHUTDOWN);
            activeSessions.awaitNone(FINAL_ANSWERS_TIMEOUT);
        }
    }

    @Override
    public void close() {
        closed.countDown();
        if (listener != null) {
            listener.close();
        }
        lag.close();
        if (tls != null) {
            tls.close();
        }
        access.close();
        slotFinder.close();
        workerDialer.close();
        leaseKeeper.close();
        history.close();
    }
}
