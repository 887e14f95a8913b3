package dev.greenroom.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.net.http.HttpResponse;
import dev.greenroom.net.relay.RelayStarter.RelayTotals;
import dev.greenroom.net.server.Transport;
import dev.greenroom.proxy.client.SessionObserver;
import dev.greenroom.registry.Registry;
import dev.greenroom.registry.Registry.RegistryLimits;
import dev.greenroom.registry.memory.MemoryRegistry;
import dev.greenroom.session.PlaywrightVersion.SupportedVersions;
import dev.greenroom.session.SessionId.SessionIdGenerator;
import dev.greenroom.testkit.FakeWorker;
import dev.greenroom.testkit.RawClient;
import java.lang.reflect.Proxy;
import java.net.ServerSocket;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// What a proxy remembers of workers that failed.
@Timeout(30)
class SuspectsTest {
    private static final Duration WAIT = Duration.ofSeconds(1);

    private final Transport transport = Transport.best();
    private final List<String> trusted = new CopyOnWriteArrayList<>();
    private final MemoryRegistry registry = new MemoryRegistry(
            new RegistryLimits(2, 1_000, Duration.ofSeconds(15), Duration.ofSeconds(60)),
            InstantSource.system(),
            System::nanoTime);

    private Registry heard() {
        return (Registry) Proxy.newProxyInstance(
                Registry.class.getClassLoader(), new Class<?>[] {Registry.class}, (_, method, arguments) -> {
                    if (method.getName().equals("clearSuspicion")) {
                        trusted.add(arguments[0].toString());
                    }
                    return method.invoke(registry, arguments);
                });
    }

    private static int unusedPort() throws Exception {
        try (var unused = new ServerSocket(0)) {
            return unused.getLocalPort();
        }
    }

    private void register(String name, int port) {
        registry.heartbeat(ProxyFixture.heartbeat(name, port, new SupportedVersions.Any()));
    }

    private void leave(String name) {
        var heartbeat = ProxyFixture.heartbeat(name, 1, new SupportedVersions.Any());
        registry.deregister(heartbeat.worker(), heartbeat.incarnation());
    }

    private static String answer(int port) throws Exception {
        try (var client = RawClient.connect(port).send(RawClient.upgrade("/", ""))) {
            return client.readHead();
        }
    }

    @Test
    void a_suspect_that_left_the_registry_is_forgotten_and_others_are_not() throws Exception {
        var loops = transport.newLoops("test", 1);
        try (registry;
                var well = FakeWorker.start(FakeWorker.echo());
                var proxy = new ProxyServer(
                        ProxyFixture.settings(WAIT),
                        heard(),
                        new SessionIdGenerator(InstantSource.system(), new SecureRandom()),
                        transport,
                        loops,
                        System::nanoTime,
                        SessionObserver.NONE,
                        new RelayTotals())) {
            var port = proxy.start(connection -> connection.answer(HttpResponse.json(404, "{}")));
            register("gone", unusedPort());
            assertThat(answer(port)).startsWith("HTTP/1.1 503 ");
            leave("gone");
            register("here", unusedPort());
            assertThat(answer(port)).startsWith("HTTP/1.1 503 ");
            leave("here");

            register("gone", well.port());
            assertThat(answer(port)).startsWith("HTTP/1.1 101 ");
            leave("gone");
            register("here", well.port());
            assertThat(answer(port)).startsWith("HTTP/1.1 101 ");

            assertThat(trusted).containsExactly("chromium:here");
        } finally {
            loops.shutdownGracefully(0, 1, TimeUnit.SECONDS);
        }
    }
}
