package dev.greenroom.proxy;

import dev.greenroom.config.settings.ListenSettings;
import dev.greenroom.config.settings.ProxySections;
import dev.greenroom.net.relay.ActiveRelays;
import dev.greenroom.net.relay.Dialer;
import dev.greenroom.net.relay.RelayStarter;
import dev.greenroom.net.relay.RelayStarter.UpstreamKind;
import dev.greenroom.net.relay.RelayTotals;
import dev.greenroom.net.server.ConnectionHandler;
import dev.greenroom.net.server.ConnectionLimits;
import dev.greenroom.net.server.DirectMemory;
import dev.greenroom.net.server.EventLoopLag;
import dev.greenroom.net.server.FileDescriptorLimit;
import dev.greenroom.net.server.HttpListener;
import dev.greenroom.net.server.InboundConnection;
import dev.greenroom.net.server.PortInUseException;
import dev.greenroom.net.server.Transport;
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
import dev.greenroom.session.SessionEnding.Cause;
import dev.greenroom.session.SessionIdGenerator;
import dev.greenroom.session.SessionScope;
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

/// One proxy: its parts, in the order of dependence.
public final class ProxyServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ProxyServer.class);
    private static final Path KERNEL_HOST_NAME = Path.of("/proc/sys/kernel/hostname");
    private static final int FEW_CONNECTIONS = 1_000;
    private static final Duration LONGEST_LAG = Duration.ofMillis(500);
    private static final Duration LAST_WORDS = Duration.ofSeconds(3);

    private final ProxySections settings;
    private final SessionIdGenerator ids;
    private final AccessControl access;
    private final Admission admission;
    private final LeaseKeeper leaseKeeper;
    private final SlotFinder slotFinder;
    private final WorkerDialer workerDialer;
    private final ActiveRelays live = new ActiveRelays();
    private final ActiveSessions underWay = new ActiveSessions();
    private final EventLoopLag lag;
    private final SessionRunner sessionRunner;
    private final Transport transport;
    private final EventLoopGroup loops;
    private final LongSupplier nanoTime;
    private @Nullable HttpListener server;
    private final CountDownLatch closed = new CountDownLatch(1);
    private volatile boolean leaving;
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
        this.sessionRunner = new SessionRunner(
                admission,
                slotFinder,
                registry,
                workerDialer,
                new RelayStarter(settings.relay(), nanoTime, UpstreamKind.WORKER, totals),
                live,
                new SessionLog(),
                observer,
                settings.queue().selectTimeout(),
                settings.answerTimeout(),
                nanoTime);
    }

    /// Begins to serve.
    ///
    /// @param otherRequests serves everything that is not a session
    /// @return the port
    public int start(ConnectionHandler otherRequests) throws PortInUseException, InterruptedException {
        var guarded = access.guarding(otherRequests);
        server = new HttpListener(transport, loops, ids, limits(), connection -> serve(connection, guarded));
        access.start();
        logTrustedProxies();
        lag.start();
        slotFinder.start();
        var port = listen(server, settings.listen());
        leaseKeeper.start(hostName() + ":" + port, session -> live.end(session, Cause.OPERATOR));
        leaseKeeper.reportCalls(live::sinceLastCalls, nanoTime);
        return port;
    }

    private void logTrustedProxies() {
        if (settings.secret().secret().isPresent()) {
            LOG.atInfo()
                    .addKeyValue("code", "WORKER_SECRET_SET")
                    .log("Only workers that know WORKER_SECRET are used, none that writes only the documented keys");
        }
    }

    /// Where the kernel tells it, nobody else is asked: a resolver takes its time, and may have to ask a
    /// server.
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

    private int listen(HttpListener server, ListenSettings listen) throws PortInUseException, InterruptedException {
        var address = new InetSocketAddress(listen.bindAddress(), listen.port());
        if (listen.tlsCertFile().isEmpty() || listen.tlsKeyFile().isEmpty()) {
            return server.listen(address);
        }
        tls = ServerTls.load(
                listen.tlsCertFile().get(), listen.tlsKeyFile().get(), InstantSource.system(), ServerTls.LOOK);
        tls.start();
        return server.listen(address, tls);
    }

    private ConnectionLimits limits() {
        var wanted = settings.connections().maxConnections();
        var possible = FileDescriptorLimit.connections();
        if (possible < wanted) {
            LOG.atLevel(possible < FEW_CONNECTIONS ? Level.WARN : Level.DEBUG)
                    .addKeyValue("code", "DESCRIPTORS_SCARCE")
                    .addKeyValue("maxConnections", wanted)
                    .addKeyValue("possible", possible)
                    .log("This process may open too few files for MAX_CONNECTIONS; raise its limit (ulimit -n)");
        }
        return new ConnectionLimits(
                Math.min(wanted, possible),
                settings.connections().maxConnectionsPerAddress(),
                AccessControl::asksForHealth);
    }

    private void serve(InboundConnection connection, ConnectionHandler otherRequests) throws InterruptedException {
        var asking = ClientConnection.of(connection);
        if (asking.isPresent()) {
            var client = asking.get();
            SessionScope.where(client.session(), () -> {
                try (var _ = underWay.add(client)) {
                    sessionRunner.run(client);
                }
                return client.session();
            });
        } else {
            otherRequests.serve(connection);
        }
    }

    /// Sessions that this proxy relays now.
    public int liveSessions() {
        return live.count();
    }

    /// Clients that wait, are being connected, or are relayed.
    public int clients() {
        return underWay.count();
    }

    /// Clients of this proxy that wait for a slot.
    public int waiting(BrowserType browser) {
        return slotFinder.waiting(browser);
    }

    /// Clients of this proxy that wait for a slot, of whatever browser.
    public int waiting() {
        return Arrays.stream(BrowserType.values()).mapToInt(slotFinder::waiting).sum();
    }

    /// How far the event loop that is furthest behind is behind.
    public Duration loopLag() {
        return lag.current();
    }

    private boolean isOverloaded() {
        return lag.current().compareTo(LONGEST_LAG) > 0 || DirectMemory.isHardlyAnyLeft();
    }

    /// Whether no newcomer should be sent here any more.
    public boolean isDraining() {
        return leaving || admission.isDraining();
    }

    /// Says that it is not ready, and refuses newcomers after the delay. Blocks until then, or until
    /// [#close]; once is enough.
    public void refuseNewClients() throws InterruptedException {
        var delay = settings.shutdown().delay();
        if (delay.isPositive() && !admission.isDraining()) {
            leaving = true;
            closed.await(delay.toNanos(), TimeUnit.NANOSECONDS);
        }
        admission.drain();
    }

    /// Refuses newcomers, and lets what has begun finish within the grace period: sessions, and clients
    /// that wait for one. What is left then is closed with 1001, or refused. Blocks until that is done.
    public void drain() throws InterruptedException {
        refuseNewClients();
        if (!underWay.awaitNone(settings.shutdown().gracePeriod())) {
            underWay.endAll(new Refusal.Draining());
            live.endAll(Cause.PROXY_SHUTDOWN);
            underWay.awaitNone(LAST_WORDS);
        }
    }

    @Override
    public void close() {
        closed.countDown();
        if (server != null) {
            server.close();
        }
        lag.close();
        if (tls != null) {
            tls.close();
        }
        access.close();
        slotFinder.close();
        workerDialer.close();
        leaseKeeper.close();
    }
}
