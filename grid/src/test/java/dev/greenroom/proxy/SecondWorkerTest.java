package dev.greenroom.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.net.http.HttpResponse;
import dev.greenroom.net.relay.RelayStarter.RelayTotals;
import dev.greenroom.net.server.Transport;
import dev.greenroom.proxy.client.SessionObserver;
import dev.greenroom.registry.Registry;
import dev.greenroom.registry.Registry.Acquisition;
import dev.greenroom.registry.Registry.RegistryLimits;
import dev.greenroom.registry.Registry.SlotRequest;
import dev.greenroom.registry.memory.MemoryRegistry;
import dev.greenroom.session.BrowserType;
import dev.greenroom.session.PlaywrightVersion.SupportedVersions;
import dev.greenroom.session.SessionId.SessionIdGenerator;
import dev.greenroom.testkit.FakeWorker;
import dev.greenroom.testkit.RawClient;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.net.ServerSocket;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// A session that its first worker did not take, and whose registry is slow to take slots back.
@Timeout(30)
class SecondWorkerTest {
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    /// How long a release waits for another slot to be leased.
    private static final Duration SLOW = Duration.ofMillis(500);

    private final Transport transport = Transport.best();
    private final SessionIdGenerator ids = new SessionIdGenerator(InstantSource.system(), new SecureRandom());
    private final CompletableFuture<Boolean> released = new CompletableFuture<>();
    private final CountDownLatch granted = new CountDownLatch(1);
    private final MemoryRegistry registry = new MemoryRegistry(
            new RegistryLimits(2, 1_000, Duration.ofSeconds(15), Duration.ofSeconds(60)),
            InstantSource.system(),
            System::nanoTime);

    /// A registry that carries out a release after the next grant, if there is one.
    private Registry slow() {
        return (Registry) Proxy.newProxyInstance(
                Registry.class.getClassLoader(),
                new Class<?>[] {Registry.class},
                (_, method, arguments) -> method.getName().equals("release")
                        ? release(method, arguments)
                        : heard(invoke(method, arguments)));
    }

    private @Nullable Object release(Method method, Object[] arguments) throws Throwable {
        var overtaken = granted.await(SLOW.toMillis(), TimeUnit.MILLISECONDS);
        var answer = invoke(method, arguments);
        released.complete(overtaken);
        return answer;
    }

    private @Nullable Object heard(@Nullable Object answer) {
        if (answer instanceof Acquisition.Granted grant && grant.worker().name().equals("well")) {
            granted.countDown();
        }
        return answer;
    }

    private @Nullable Object invoke(Method method, Object[] arguments) throws Throwable {
        try {
            return method.invoke(registry, arguments);
        } catch (InvocationTargetException e) {
            throw e.getCause() == null ? e : e.getCause();
        }
    }

    @Test
    void the_release_of_an_unused_slot_does_not_release_the_next_one() throws Exception {
        var loops = transport.newLoops("test", 1);
        try (registry;
                var worker = FakeWorker.start(FakeWorker.echo());
                var proxy = new ProxyServer(
                        ProxyFixture.settings(Duration.ofSeconds(5)),
                        slow(),
                        ids,
                        transport,
                        loops,
                        System::nanoTime,
                        SessionObserver.NONE,
                        new RelayTotals())) {
            registerDeadWorkerOfFirstChoice();
            registry.heartbeat(ProxyFixture.heartbeat("well", worker.port(), new SupportedVersions.Any()));
            var port = proxy.start(connection -> connection.answer(HttpResponse.json(404, "{}")));

            try (var client = RawClient.connect(port).send(RawClient.upgrade("/", ""))) {
                assertThat(client.readHead()).startsWith("HTTP/1.1 101 ");
                assertThat(released).succeedsWithin(PATIENCE).isEqualTo(false);

                assertThat(registry.workers())
                        .filteredOn(known -> known.worker().name().equals("well"))
                        .allSatisfy(known -> assertThat(known.active()).isEqualTo(1));
            }
        } finally {
            loops.shutdownGracefully(0, 1, TimeUnit.SECONDS);
        }
    }

    /// It has served before, so it is tried first.
    private void registerDeadWorkerOfFirstChoice() throws Exception {
        try (var unused = new ServerSocket(0)) {
            registry.heartbeat(ProxyFixture.heartbeat("dead", unused.getLocalPort(), new SupportedVersions.Any()));
        }
        var session = ids.next();
        var first = registry.acquire(new SlotRequest(session, BrowserType.CHROMIUM, Optional.empty(), Set.of()));
        assertThat(first).isInstanceOf(Acquisition.Granted.class);
        registry.release(List.of(session));
    }
}
