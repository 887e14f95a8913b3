package dev.greenroom.proxy;

import dev.greenroom.config.ProxySections;
import dev.greenroom.config.ProxySections.AccessSettings;
import dev.greenroom.config.ProxySections.ShutdownSettings;
import dev.greenroom.config.RedisSettings.GridSecretSettings;
import dev.greenroom.config.Secret;
import dev.greenroom.config.TokenList.AuthTokens;
import dev.greenroom.net.http.HttpResponse;
import dev.greenroom.net.relay.RelayStarter.RelayTotals;
import dev.greenroom.net.server.Transport;
import dev.greenroom.proxy.client.SessionObserver;
import dev.greenroom.registry.Registry.RegistryLimits;
import dev.greenroom.registry.memory.MemoryRegistry;
import dev.greenroom.session.PlaywrightVersion.SupportedVersions;
import dev.greenroom.session.Refusal.ExclusionReason;
import dev.greenroom.session.SessionId.SessionIdGenerator;
import dev.greenroom.session.WorkerEndpoint;
import dev.greenroom.session.WorkerId;
import dev.greenroom.testkit.FakeWorker;
import dev.greenroom.testkit.RawClient;
import io.netty.channel.EventLoopGroup;
import java.io.IOException;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;

/// A proxy that is closed to some, with the registry in memory. What is not a session is answered with
/// 200 and `served`.
final class ClosedProxy implements AutoCloseable {
    static final Duration SELECT_TIMEOUT = Duration.ofSeconds(1);
    static final String SERVED = "served";

    private final Transport transport = Transport.best();
    private final EventLoopGroup loops = transport.newLoops("test", 1);
    private final MemoryRegistry registry = new MemoryRegistry(
            new RegistryLimits(2, 1_000, Duration.ofSeconds(15), Duration.ofSeconds(60)),
            InstantSource.system(),
            System::nanoTime);
    private final CountedRegistry counted = new CountedRegistry(registry);
    private final List<ExclusionReason> distrusted = new CopyOnWriteArrayList<>();
    private final List<RawClient> clients = new ArrayList<>();
    private final List<FakeWorker> workers = new ArrayList<>();
    private final ProxyServer proxy;
    private final int port;

    private ClosedProxy(ProxySections settings, SessionObserver observer) throws Exception {
        proxy = new ProxyServer(
                settings,
                counted.registry(),
                new SessionIdGenerator(InstantSource.system(), new SecureRandom()),
                transport,
                loops,
                System::nanoTime,
                SessionObserver.of(List.of(observer, _ -> new Counting())),
                new RelayTotals());
        port = proxy.start(connection -> connection.answer(HttpResponse.text(200, "text/plain", SERVED)));
    }

    static ClosedProxy withTokens(String tokens) throws Exception {
        return withTokens(tokens, SessionObserver.NONE);
    }

    /// The same, looked at by somebody.
    static ClosedProxy withTokens(String tokens, SessionObserver observer) throws Exception {
        var given = new AuthTokens(new Secret(tokens), Optional.empty());
        var access = new AccessSettings(Optional.of(given), List.of(), List.of());
        return new ClosedProxy(settings(access, GridSecretSettings.none(), List.of()), observer);
    }

    static ClosedProxy with(AccessSettings access, GridSecretSettings secret, List<String> addresses) throws Exception {
        return new ClosedProxy(settings(access, secret, addresses), SessionObserver.NONE);
    }

    private static ProxySections settings(AccessSettings access, GridSecretSettings secret, List<String> addresses) {
        return ProxyFixture.settings(
                SELECT_TIMEOUT, new ShutdownSettings(Duration.ZERO, Duration.ofMillis(300)), access, secret, addresses);
    }

    /// Starts a worker and registers it.
    ///
    /// @param registered where the registry is told that it is, given its id and where it really is
    FakeWorker worker(
            String name, FakeWorker.Script script, BiFunction<WorkerId, WorkerEndpoint, WorkerEndpoint> registered)
            throws IOException {
        var worker = FakeWorker.start(script);
        workers.add(worker);
        var heartbeat = ProxyFixture.heartbeat(name, worker.port(), new SupportedVersions.Any());
        registry.heartbeat(ProxyFixture.at(heartbeat, registered.apply(heartbeat.worker(), heartbeat.endpoint())));
        return worker;
    }

    FakeWorker worker(FakeWorker.Script script) throws IOException {
        return worker("one", script, (_, endpoint) -> endpoint);
    }

    RawClient upgrade(String target, String moreLines) throws IOException {
        return send(RawClient.upgrade(target, moreLines));
    }

    RawClient send(String head) throws IOException {
        var client = RawClient.connect(port).send(head);
        clients.add(client);
        return client;
    }

    /// The whole answer to a request that is no upgrade.
    String ask(String method, String path, String moreLines) throws IOException {
        return send(method + " " + path + " HTTP/1.1\r\nHost: localhost\r\n" + moreLines + "\r\n")
                .readAll();
    }

    /// Operations of the registry so far.
    int asked() {
        return counted.asked();
    }

    /// Why workers were not trusted, each time.
    List<ExclusionReason> distrusted() {
        return distrusted;
    }

    private final class Counting implements SessionObserver.Visit {
        @Override
        public void distrusted(ExclusionReason why) {
            distrusted.add(why);
        }
    }

    int sessions() {
        return proxy.liveSessions();
    }

    /// Whether a worker is kept out of selection.
    boolean isSuspect(String name) {
        return registry.workers().stream()
                .anyMatch(worker -> worker.worker().name().equals(name) && worker.suspect());
    }

    @Override
    public void close() throws IOException {
        for (var client : clients) {
            client.close();
        }
        for (var worker : workers) {
            worker.close();
        }
        proxy.close();
        registry.close();
        loops.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }
}
