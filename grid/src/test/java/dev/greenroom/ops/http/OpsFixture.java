package dev.greenroom.ops.http;

import dev.greenroom.config.CommandSettings.LogSettings.LogLevel;
import dev.greenroom.config.ProxySections.AccessSettings;
import dev.greenroom.config.Secret;
import dev.greenroom.config.TokenList.AuthTokens;
import dev.greenroom.net.server.HttpListener;
import dev.greenroom.net.server.HttpListener.ConnectionLimits;
import dev.greenroom.net.server.HttpListener.PortInUseException;
import dev.greenroom.net.server.Transport;
import dev.greenroom.ops.http.OpsRoutes.GridView;
import dev.greenroom.ops.log.ProcessLog.LogLevelControl;
import dev.greenroom.ops.metrics.MetricsRegistry;
import dev.greenroom.proxy.access.AccessControl;
import dev.greenroom.registry.Registry;
import dev.greenroom.registry.Registry.Heartbeat;
import dev.greenroom.registry.Registry.Heartbeat.HeartbeatReply;
import dev.greenroom.registry.Registry.RegistryLimits;
import dev.greenroom.registry.Registry.SlotRequest;
import dev.greenroom.registry.WorkerRecord.WorkerStatus;
import dev.greenroom.registry.memory.MemoryRegistry;
import dev.greenroom.session.BrowserType;
import dev.greenroom.session.PlaywrightVersion.SupportedVersions;
import dev.greenroom.session.SessionCall.SessionCaller;
import dev.greenroom.session.SessionId;
import dev.greenroom.session.SessionId.SessionIdGenerator;
import dev.greenroom.session.WorkerEndpoint;
import dev.greenroom.session.WorkerId;
import dev.greenroom.testkit.UnreliableRegistry;
import io.netty.channel.EventLoopGroup;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiFunction;
import java.util.function.LongSupplier;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// The routes on a real port, above a registry that fails on demand and clocks that the test moves.
final class OpsFixture implements AutoCloseable {
    static final int MAX_LIFETIME = 50;

    static final RegistryLimits LIMITS =
            new RegistryLimits(5, MAX_LIFETIME, Duration.ofDays(1), Duration.ofSeconds(60));

    private static final Instant START = Instant.parse("2026-11-20T10:00:00Z");
    private static final JsonMapper JSON = new JsonMapper();

    final AtomicInteger liveSessions = new AtomicInteger();
    final AtomicBoolean draining = new AtomicBoolean();
    final Map<BrowserType, Integer> waiting = new EnumMap<>(BrowserType.class);
    final UnreliableRegistry registry;

    /// The workers of sessions; none answers.
    volatile SessionCaller workers = (_, _, _, _) -> {
        throw new IOException("nothing listens");
    };

    private final AtomicLong nanos = new AtomicLong();
    final SessionIdGenerator ids = new SessionIdGenerator(InstantSource.system(), new SecureRandom());
    final MetricsRegistry metrics = MetricsRegistry.on();
    final OpsRoutes routes;
    private final EventLoopGroup loops;
    private final HttpListener server;

    /// Whether what stands between the client and this server is believed.
    volatile boolean trustsLoadBalancers;

    final int port;
    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    OpsFixture() throws PortInUseException, InterruptedException {
        this((clock, nanoTime) -> new MemoryRegistry(LIMITS, clock, nanoTime));
    }

    /// @param made the registry, given the clocks
    OpsFixture(BiFunction<InstantSource, LongSupplier, Registry> made) throws PortInUseException, InterruptedException {
        this(made, Optional.empty());
    }

    /// A grid that wants tokens.
    static OpsFixture withTokens(String tokens) throws PortInUseException, InterruptedException {
        return new OpsFixture(
                (clock, nanoTime) -> new MemoryRegistry(LIMITS, clock, nanoTime),
                Optional.of(new AuthTokens(new Secret(tokens), Optional.empty())));
    }

    private OpsFixture(BiFunction<InstantSource, LongSupplier, Registry> made, Optional<AuthTokens> tokens)
            throws PortInUseException, InterruptedException {
        InstantSource clock = () -> START.plusNanos(nanos.get());
        registry = new UnreliableRegistry(made.apply(clock, nanos::get));
        var view = new GridView(
                registry,
                liveSessions::get,
                browser -> waiting.getOrDefault(browser, 0),
                draining::get,
                (worker, endpoint, call, query) -> workers.ask(worker, endpoint, call, query),
                new GridView.ProxyLimits(1000, false, true, true));
        routes = new OpsRoutes(view, metrics, new LogLevelControl(LogLevel.WARN, System::nanoTime), clock, nanos::get);
        var access = new AccessControl(new AccessSettings(tokens, List.of(), List.of()), nanos::get);
        var transport = Transport.best();
        loops = transport.newLoops("ops-test", 1);
        server = new HttpListener(transport, loops, ids, new ConnectionLimits(100, 100), access.guarding(routes))
                .trusting(_ -> trustsLoadBalancers);
        port = server.listen(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    }

    void start() {
        routes.start();
    }

    void pass(Duration time) {
        nanos.addAndGet(time.toNanos());
    }

    HeartbeatReply beat(BrowserType browser, String name, WorkerStatus status) {
        return registry.heartbeat(new Heartbeat(
                new WorkerId(browser, name),
                "incarnation-of-" + name,
                new WorkerEndpoint("10.1.2.3", 3131, "/playwright/" + browser + "/unguessable"),
                status,
                START,
                new SupportedVersions.Any(),
                5,
                Duration.ofSeconds(10),
                Duration.ofDays(1),
                "greenroom/test"));
    }

    SessionId lease(BrowserType browser) {
        var session = ids.next();
        registry.acquire(new SlotRequest(session, browser, Optional.empty(), Set.of()));
        return session;
    }

    HttpResponse<String> get(String path, String... headers) throws IOException, InterruptedException {
        return send("GET", path, headers);
    }

    HttpResponse<String> send(String method, String path, String... headers) throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                .timeout(Duration.ofSeconds(10))
                .method(method, HttpRequest.BodyPublishers.noBody());
        if (headers.length > 0) {
            request.headers(headers);
        }
        return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    JsonNode json(String path, String... headers) throws IOException, InterruptedException {
        return JSON.readTree(get(path, headers).body());
    }

    /// The whole answer as bytes on the wire.
    String raw(String method, String path) throws IOException {
        return rawAs("grid", method, path);
    }

    /// The same from somebody who calls the grid by another name.
    String rawAs(String host, String method, String path) throws IOException {
        try (var socket = ask(host, method, path)) {
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    /// A connection whose answer is still to be read.
    Socket ask(String method, String path) throws IOException {
        return ask("grid", method, path);
    }

    private Socket ask(String host, String method, String path) throws IOException {
        var socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setSoTimeout(10_000);
        var head = method + " " + path + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n";
        socket.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));
        return socket;
    }

    @Override
    public void close() {
        server.close();
        routes.close();
        metrics.close();
        loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
        registry.close();
        http.close();
    }
}
