package dev.greenroom.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import dev.greenroom.config.ProxySections;
import dev.greenroom.config.RedisSettings;
import dev.greenroom.config.WorkerSections;
import dev.greenroom.net.http.HttpResponse;
import dev.greenroom.net.relay.RelayStarter.RelayTotals;
import dev.greenroom.net.server.Transport;
import dev.greenroom.proxy.ProxyServer;
import dev.greenroom.proxy.client.SessionObserver;
import dev.greenroom.registry.Registry;
import dev.greenroom.registry.Registry.Heartbeat;
import dev.greenroom.registry.Registry.RegistryLimits;
import dev.greenroom.registry.WorkerRecord.WorkerStatus;
import dev.greenroom.registry.redis.RedisRegistry;
import dev.greenroom.session.BrowserType;
import dev.greenroom.session.PlaywrightVersion.SupportedVersions;
import dev.greenroom.session.SessionId.SessionIdGenerator;
import dev.greenroom.session.WorkerEndpoint;
import dev.greenroom.session.WorkerId;
import dev.greenroom.testkit.FaultProxy;
import dev.greenroom.testkit.RedisServer;
import io.netty.channel.EventLoopGroup;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import java.util.random.RandomGenerator;
import org.slf4j.LoggerFactory;

/// A grid in this process, with a Redis of its own: proxies and workers as they are, browsers that are
/// echoes, and a network between them wherever a test wants one.
final class FaultGrid implements AutoCloseable {
    private static final Duration POLL = Duration.ofMillis(50);
    private static final Duration CONNECT = Duration.ofSeconds(10);

    private final RedisServer redis = RedisServer.start();
    private final Transport transport = Transport.best().withUserTimeout(Timing.UNACKNOWLEDGED);

    private final EventLoopGroup loops = transport.newLoops("faults", 2);
    private final List<AutoCloseable> open = new ArrayList<>();
    private final List<Front> fronts = new ArrayList<>();
    private final List<EchoWorker> workers = new ArrayList<>();
    private final RegistryLimits limits;

    /// A proxy.
    ///
    /// @param port where clients connect
    record Front(ProxyServer proxy, int port, RedisRegistry registry) implements AutoCloseable {
        FaultClient session() throws IOException {
            return FaultClient.open(port);
        }

        @Override
        public void close() {
            proxy.close();
            registry.close();
        }
    }

    /// @param slots per worker
    /// @param lifetime per worker
    FaultGrid(int slots, int lifetime) {
        this.limits = Timing.limits(slots, lifetime);
        // Lettuce writes several lines per command at debug.
        if (LoggerFactory.getLogger(Logger.ROOT_LOGGER_NAME) instanceof Logger root) {
            root.setLevel(Level.INFO);
        }
    }

    RedisServer redis() {
        return redis;
    }

    /// Closed with the grid, before what was opened earlier.
    <T extends AutoCloseable> T closing(T each) {
        open.add(each);
        return each;
    }

    FaultProxy networkBefore(int port) throws IOException {
        return closing(FaultProxy.before(port, 1));
    }

    RedisRegistry registry(int redisPort) throws InterruptedException {
        return RedisRegistry.connect(settings("127.0.0.1", redisPort), limits, CONNECT);
    }

    static RedisSettings settings(String redisHost, int redisPort) {
        return new RedisSettings(
                Optional.empty(), Optional.of(redisHost), redisPort, Optional.empty(), Optional.empty());
    }

    Front front() throws Exception {
        return front(Timing.proxy(), redis.port(), InstantSource.system());
    }

    /// @param redisPort where it finds Redis
    /// @param clock on its wall
    Front front(ProxySections settings, int redisPort, InstantSource clock) throws Exception {
        return front(settings, registry(redisPort), clock, UnaryOperator.identity());
    }

    /// @param listener stands between the proxy and its registry
    Front front(ProxySections settings, UnaryOperator<Registry> listener) throws Exception {
        return front(settings, registry(redis.port()), InstantSource.system(), listener);
    }

    private Front front(
            ProxySections settings, RedisRegistry registry, InstantSource clock, UnaryOperator<Registry> listener)
            throws Exception {
        var ids = new SessionIdGenerator(
                clock, (RandomGenerator) () -> ThreadLocalRandom.current().nextLong());
        var proxy = new ProxyServer(
                settings,
                listener.apply(registry),
                ids,
                transport,
                loops,
                System::nanoTime,
                SessionObserver.NONE,
                new RelayTotals());
        var port = proxy.start(connection -> connection.answer(HttpResponse.json(404, "{}")));
        var front = closing(new Front(proxy, port, registry));
        fronts.add(front);
        return front;
    }

    EchoWorker worker() throws Exception {
        return worker(redis.port(), InstantSource.system());
    }

    /// @param redisPort where it finds Redis
    /// @param clock on its wall
    EchoWorker worker(int redisPort, InstantSource clock) throws Exception {
        var registry = closing(registry(redisPort));
        var settings = Timing.worker(
                limits.maxConcurrent().value(), limits.maxLifetime().value());
        var worker = closing(EchoWorker.start(settings, registry, transport, loops, clock));
        workers.add(worker);
        return worker;
    }

    /// A worker process that renews itself.
    EchoWorkerRuns renewingWorker() throws Exception {
        return renewingWorker(EchoWorkerRuns.renewing(
                limits.maxConcurrent().value(), limits.maxLifetime().value()));
    }

    EchoWorkerRuns renewingWorker(WorkerSections settings) throws Exception {
        return closing(EchoWorkerRuns.start(settings, closing(registry(redis.port())), transport, loops));
    }

    /// Registers a worker that never beats again, for a minute.
    ///
    /// @param port where it is
    void register(String name, int port, int slots) throws InterruptedException {
        register(name, "127.0.0.1", port, slots);
    }

    void register(String name, String host, int port, int slots) throws InterruptedException {
        try (var registry = registry(redis.port())) {
            registry.heartbeat(new Heartbeat(
                    new WorkerId(BrowserType.CHROMIUM, name),
                    "incarnation-" + name,
                    new WorkerEndpoint(host, port, "/playwright/chromium/" + name),
                    WorkerStatus.AVAILABLE,
                    Instant.EPOCH,
                    new SupportedVersions.Any(),
                    slots,
                    Duration.ofSeconds(20),
                    Duration.ofSeconds(60),
                    "greenroom/test"));
        }
    }

    /// A worker with the id of one that lives.
    EchoWorker cloneOf(EchoWorker worker) throws Exception {
        var settings = Timing.worker(
                limits.maxConcurrent().value(), limits.maxLifetime().value());
        var registry = closing(registry(redis.port()));
        return closing(worker.startClone(settings, registry, transport, loops));
    }

    int leases() {
        return Integer.parseInt(redis.cli("ZCARD", "grid:leases"));
    }

    /// The sum of `cluster:active_connections`.
    int active() {
        return redis.cli("HVALS", "cluster:active_connections")
                .lines()
                .filter(line -> !line.isBlank())
                .mapToInt(Integer::parseInt)
                .sum();
    }

    void awaitLeases(int count, Duration limit) {
        await(count + " leases")
                .atMost(limit)
                .pollInterval(POLL)
                .ignoreExceptions()
                .untilAsserted(() -> {
                    assertThat(leases()).as("leases").isEqualTo(count);
                    assertThat(active()).as("active connections").isEqualTo(count);
                });
    }

    /// Sessions that a worker serves, by its own word.
    static int sockets(EchoWorker worker) throws IOException {
        var health = URI.create("http://127.0.0.1:" + worker.port() + "/health").toURL();
        try (var body = health.openStream()) {
            var text = new String(body.readAllBytes(), StandardCharsets.UTF_8);
            return Integer.parseInt(text.replaceAll(".*\"sessions\":(\\d+).*", "$1"));
        }
    }

    /// Asserts that nothing is left of any session, after at most one lease TTL and 2 s.
    void assertQuiet() {
        await("a quiet grid")
                .atMost(Timing.QUIET)
                .pollInterval(POLL)
                .ignoreExceptions()
                .untilAsserted(() -> {
                    assertThat(leases()).as("leases").isZero();
                    assertThat(active()).as("active connections").isZero();
                    assertThat(redis.cli("HLEN", "grid:sid")).as("holders").isEqualTo("0");
                    assertThat(redis.cli("ZCARD", "grid:queue:chromium"))
                            .as("places in line")
                            .isEqualTo("0");
                    assertThat(redis.cli("ZCARD", "grid:sessions"))
                            .as("listed sessions")
                            .isEqualTo("0");
                    for (var front : fronts) {
                        assertThat(front.proxy().liveSessions()).as("relays").isZero();
                        assertThat(front.proxy().waiting(BrowserType.CHROMIUM))
                                .as("waiting")
                                .isZero();
                    }
                    for (var worker : workers) {
                        assertThat(worker.end().isDone() ? 0 : sockets(worker))
                                .as("sockets of a worker")
                                .isZero();
                    }
                });
    }

    @Override
    public void close() throws IOException {
        try {
            for (var each : open.reversed()) {
                close(each);
            }
        } finally {
            loops.shutdownGracefully(0, 1, TimeUnit.SECONDS);
            redis.close();
        }
    }

    private static void close(AutoCloseable each) throws IOException {
        try {
            each.close();
        } catch (IOException | RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IllegalStateException("a part of the grid could not be closed", e);
        }
    }
}
