package dev.greenroom.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.greenroom.net.http.HttpResponse;
import dev.greenroom.net.relay.RelayStarter.RelayTotals;
import dev.greenroom.net.server.Transport;
import dev.greenroom.proxy.client.SessionObserver;
import dev.greenroom.registry.Registry;
import dev.greenroom.registry.RegistryLimits;
import dev.greenroom.registry.WorkerRecord;
import dev.greenroom.registry.memory.MemoryRegistry;
import dev.greenroom.session.PlaywrightVersion;
import dev.greenroom.session.SessionId.SessionIdGenerator;
import dev.greenroom.session.PlaywrightVersion.SupportedVersions;
import dev.greenroom.testkit.FakeWorker;
import dev.greenroom.testkit.RawClient;
import io.netty.channel.EventLoopGroup;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Clients of a Playwright version that a worker finds it cannot serve.
@Timeout(30)
class RefusedVersionTest {
    private static final String OLD = "User-Agent: Playwright/1.20.2 (x64; debian 12) node/20.20\r\n";
    private static final String CURRENT = "User-Agent: Playwright/1.62.0 (x64; debian 12) node/20.20\r\n";

    private final Transport transport = Transport.best();
    private final MemoryRegistry registry = new MemoryRegistry(
            new RegistryLimits(2, 1_000, Duration.ofSeconds(15), Duration.ofSeconds(60)),
            InstantSource.system(),
            System::nanoTime);
    private final List<AutoCloseable> open = new ArrayList<>();
    private EventLoopGroup loops;
    private ProxyServer proxy;
    private int port;

    @BeforeEach
    void begin() throws Exception {
        loops = transport.newLoops("test", 1);
        proxy = new ProxyServer(
                ProxyFixture.settings(Duration.ofSeconds(5)),
                registry,
                new SessionIdGenerator(InstantSource.system(), new SecureRandom()),
                transport, loops, System::nanoTime, SessionObserver.NONE, new RelayTotals());
        port = proxy.start(connection -> connection.answer(HttpResponse.json(404, "{}")));
    }

    @AfterEach
    void end() throws Exception {
        for (var each : open) {
            each.close();
        }
        proxy.close();
        registry.close();
        loops.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }

    @Test
    void the_second_one_is_refused_before_it_takes_a_slot_and_the_worker_stays_in_selection() throws Exception {
        var worker = worker("one", refusing());

        var first = answer(OLD);
        var second = answer(OLD);

        assertThat(first).startsWith("HTTP/1.1 428 ").contains("server version: v1.62", "client version: v1.20");
        assertThat(second).isEqualTo(first);
        worker.nextHead();
        assertThat(worker.headsWaiting()).isZero();
        assertThat(registry.workers()).allSatisfy(known -> {
            assertThat(known.suspect()).isFalse();
            assertThat(known.lifetime()).isEqualTo(1);
        });
        assertThat(answer(CURRENT)).startsWith("HTTP/1.1 101 ");
    }

    @Test
    void the_second_one_goes_to_a_worker_that_has_not_refused_yet() throws Exception {
        worker("one", refusing());
        answer(OLD);
        worker("two", FakeWorker.echo());

        assertThat(answer(OLD)).startsWith("HTTP/1.1 101 ");
        assertThat(answer(OLD)).startsWith("HTTP/1.1 101 ");
    }

    @Test
    void a_worker_that_refuses_a_version_has_its_slot_back_and_is_not_suspect_beside_others() throws Exception {
        worker("one", refusing());
        worker("two", refusing());

        answer(OLD);

        await().until(() -> registry.workers().stream().allMatch(known -> known.active() == 0));
        assertThat(registry.workers()).hasSize(2).noneMatch(WorkerRecord::suspect);
    }

    private static FakeWorker.Script refusing() {
        return peer -> {
            if (peer.head().contains(OLD.strip())) {
                peer.send("HTTP/1.1 428 Wrong Version\r\nX-Greenroom-Versions: 1.62\r\nContent-Length: 0\r\n\r\n");
            } else {
                FakeWorker.echo().play(peer);
            }
        };
    }

    @Test
    void nobody_is_refused_for_a_list_of_workers_that_is_some_seconds_old() throws Exception {
        var only = new SupportedVersions.Only(List.of(new PlaywrightVersion(1, 52)));
        registry.heartbeat(ProxyFixture.heartbeat("other", 1, only));
        var before = registry.workers();
        worker("one", FakeWorker.echo());
        var stale = (Registry) Proxy.newProxyInstance(
                Registry.class.getClassLoader(),
                new Class<?>[] {Registry.class},
                (_, method, arguments) ->
                        method.getName().equals("knownWorkers") ? before : method.invoke(registry, arguments));
        try (var other = new ProxyServer(
                ProxyFixture.settings(Duration.ofSeconds(5)),
                stale,
                new SessionIdGenerator(InstantSource.system(), new SecureRandom()),
                transport, loops, System::nanoTime, SessionObserver.NONE, new RelayTotals())) {
            var at = other.start(connection -> connection.answer(HttpResponse.json(404, "{}")));
            try (var client = RawClient.connect(at).send(RawClient.upgrade("/", CURRENT))) {
                assertThat(client.readHead()).startsWith("HTTP/1.1 101 ");
            }
        }
    }

    private FakeWorker worker(String name, FakeWorker.Script script) throws IOException {
        var worker = FakeWorker.start(script);
        open.add(worker);
        registry.heartbeat(ProxyFixture.heartbeat(name, worker.port(), new SupportedVersions.Any()));
        return worker;
    }

    /// The first line of the answer, and its body if it is a refusal.
    private String answer(String agent) throws IOException {
        try (var client = RawClient.connect(port).send(RawClient.upgrade("/", agent))) {
            var status = client.readHead().lines().findFirst().orElseThrow();
            return status.startsWith("HTTP/1.1 101 ") ? status : status + client.readAll();
        }
    }
}
