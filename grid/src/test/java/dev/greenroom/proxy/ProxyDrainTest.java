package dev.greenroom.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.greenroom.config.ProxySections.ShutdownSettings;
import dev.greenroom.net.http.HttpResponse;
import dev.greenroom.net.relay.RelayStarter.RelayTotals;
import dev.greenroom.net.server.Transport;
import dev.greenroom.proxy.client.SessionObserver;
import dev.greenroom.registry.Registry.RegistryLimits;
import dev.greenroom.registry.memory.MemoryRegistry;
import dev.greenroom.session.BrowserType;
import dev.greenroom.session.PlaywrightVersion.SupportedVersions;
import dev.greenroom.session.SessionId.SessionIdGenerator;
import dev.greenroom.testkit.FakeWorker;
import dev.greenroom.testkit.RawClient;
import io.netty.channel.EventLoopGroup;
import java.io.IOException;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// A proxy that drains, at every moment of a connect.
@Timeout(60)
class ProxyDrainTest {
    private static final int SLOTS = 2;
    private static final Duration SELECT_TIMEOUT = Duration.ofSeconds(5);
    private static final Duration SOON = Duration.ofSeconds(5);
    private static final int ROUNDS = 200;

    /// Between a connect and the drain.
    private static final int MOST_STEPS = 50_000;

    private final Transport transport = Transport.best();
    private final EventLoopGroup loops = transport.newLoops("test", 1);
    private final MemoryRegistry registry = new MemoryRegistry(
            new RegistryLimits(SLOTS, 100_000, Duration.ofSeconds(15), Duration.ofSeconds(60)),
            InstantSource.system(),
            System::nanoTime);
    private final List<AutoCloseable> open = new ArrayList<>();

    private record Running(ProxyServer proxy, int port) {}

    @AfterEach
    void end() throws Exception {
        for (var each : open.reversed()) {
            each.close();
        }
        assertThat(registry.workers())
                .allSatisfy(worker -> assertThat(worker.active()).isZero());
        registry.close();
        loops.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }

    private Running start(Duration delay, Duration grace) throws Exception {
        var proxy = new ProxyServer(
                ProxyFixture.settings(SELECT_TIMEOUT, new ShutdownSettings(delay, grace)),
                registry,
                new SessionIdGenerator(InstantSource.system(), new SecureRandom()),
                transport,
                loops,
                System::nanoTime,
                SessionObserver.NONE,
                new RelayTotals());
        open.add(proxy);
        return new Running(proxy, proxy.start(connection -> connection.answer(HttpResponse.json(404, "{}"))));
    }

    private void register() throws IOException {
        var worker = FakeWorker.start(FakeWorker.echo());
        open.add(worker);
        registry.heartbeat(ProxyFixture.heartbeat("one", worker.port(), new SupportedVersions.Any()));
    }

    private RawClient client(Running proxy) throws IOException {
        var client = RawClient.connect(proxy.port()).send(RawClient.upgrade("/", ""));
        open.add(client);
        return client;
    }

    private RawClient session(Running proxy) throws IOException {
        var client = client(proxy);
        assertThat(client.readHead()).startsWith("HTTP/1.1 101 ");
        return client;
    }

    private static <T> FutureTask<T> begin(Callable<T> call) {
        var task = new FutureTask<>(call);
        Thread.ofVirtual().start(task);
        return task;
    }

    private static FutureTask<Void> drain(Running running) {
        return begin(() -> {
            running.proxy().drain();
            return null;
        });
    }

    @Test
    void a_client_that_was_queued_before_the_drain_still_gets_its_session() throws Exception {
        register();
        var running = start(Duration.ZERO, SOON);
        var first = session(running);
        session(running);
        var waiting = client(running);
        await().until(() -> running.proxy().waiting(BrowserType.CHROMIUM) == 1);

        var drain = drain(running);
        await().until(running.proxy()::isDraining);
        first.close();

        assertThat(waiting.readHead()).startsWith("HTTP/1.1 101 ");
        assertThat(drain).isNotDone();
    }

    @Test
    void a_client_that_is_still_queued_after_the_grace_period_is_refused_with_draining() throws Exception {
        var running = start(Duration.ZERO, Duration.ofMillis(100));
        var waiting = client(running);
        await().until(() -> running.proxy().waiting(BrowserType.CHROMIUM) == 1);

        drain(running).get(SOON.toSeconds(), TimeUnit.SECONDS);

        assertThat(waiting.readAll()).startsWith("HTTP/1.1 503 ").endsWith("{\"error\":\"draining\"}");
    }

    @Test
    void new_clients_are_served_until_the_shutdown_delay_is_over() throws Exception {
        register();
        var running = start(Duration.ofSeconds(1), Duration.ofMillis(100));

        var drain = drain(running);
        await().until(running.proxy()::isDraining);
        var newcomer = session(running);
        var close = newcomer.readFrame();
        newcomer.close();

        assertThat(close.closeReason()).isEqualTo("disconnected: proxy shutting down");
        drain.get(SOON.toSeconds(), TimeUnit.SECONDS);
    }

    @Test
    void FP16_a_connect_that_meets_the_drain_gets_its_session_or_a_503() throws Exception {
        register();
        var random = new SplittableRandom(16);
        var answers = new TreeMap<String, Integer>();
        for (var round = 0; round < ROUNDS; round++) {
            var running = start(Duration.ZERO, Duration.ofMillis(20));
            try (var client = RawClient.connect(running.port())) {
                var asked = new CompletableFuture<Void>();
                var answer = begin(() -> {
                    client.send(RawClient.upgrade("/", ""));
                    asked.complete(null);
                    var head = client.readHead();
                    if (head.startsWith("HTTP/1.1 101 ")) {
                        assertThat(client.readFrame().closeCode()).isEqualTo(1001);
                        client.send(RawClient.masked(8, RawClient.close(1001, "")));
                    }
                    return head.substring(9, 12);
                });
                asked.join();
                for (var steps = random.nextInt(MOST_STEPS); steps > 0; steps--) {
                    Thread.onSpinWait();
                }
                running.proxy().drain();
                answers.merge(answer.get(SOON.toSeconds(), TimeUnit.SECONDS), 1, Integer::sum);
            }
            running.proxy().close();
        }

        assertThat(answers.keySet()).isNotEmpty().isSubsetOf("101", "503");
    }
}
