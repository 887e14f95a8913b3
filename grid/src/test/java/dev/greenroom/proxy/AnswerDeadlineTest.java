package dev.greenroom.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.config.ProxySections.DialSettings;
import dev.greenroom.config.RedisSettings.GridSecretSettings;
import dev.greenroom.net.http.HttpResponse;
import dev.greenroom.net.http.UpgradeRequest;
import dev.greenroom.net.relay.Dialer;
import dev.greenroom.net.relay.RelayStarter.RelayTotals;
import dev.greenroom.net.server.Transport;
import dev.greenroom.proxy.client.ClientConnection.ClientRequest;
import dev.greenroom.proxy.client.SessionObserver;
import dev.greenroom.registry.Registry.RegistryLimits;
import dev.greenroom.registry.memory.MemoryRegistry;
import dev.greenroom.session.LaunchOverrides;
import dev.greenroom.session.PlaywrightVersion.SupportedVersions;
import dev.greenroom.session.RecordingChoice;
import dev.greenroom.session.SessionId.SessionIdGenerator;
import dev.greenroom.session.SessionLabels;
import dev.greenroom.session.Tenant;
import dev.greenroom.testkit.FakeWorker;
import dev.greenroom.testkit.RawClient;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// One deadline bounds an answer, however many workers are tried. Time passes here when a worker is
/// dialled.
@Timeout(30)
class AnswerDeadlineTest {
    private static final Duration WAIT = Duration.ofSeconds(20);
    private static final int WORKERS = 10;

    private final Transport transport = Transport.best();
    private final AtomicLong passed = new AtomicLong();
    private final AtomicInteger dialled = new AtomicInteger();
    private final MemoryRegistry registry = new MemoryRegistry(
            new RegistryLimits(2, 1_000, Duration.ofSeconds(15), Duration.ofSeconds(60)),
            InstantSource.system(),
            System::nanoTime);

    private void pass(Duration time) {
        passed.addAndGet(time.toNanos());
    }

    private String refusalOf(FakeWorker.Script script) throws Exception {
        var loops = transport.newLoops("test", 1);
        List<FakeWorker> workers = new ArrayList<>();
        try (registry;
                var proxy = new ProxyServer(
                        ProxyFixture.settings(WAIT),
                        registry,
                        new SessionIdGenerator(InstantSource.system(), new SecureRandom()),
                        transport,
                        loops,
                        () -> System.nanoTime() + passed.get(),
                        SessionObserver.NONE,
                        new RelayTotals())) {
            for (var n = 0; n < WORKERS; n++) {
                var worker = FakeWorker.start(script);
                workers.add(worker);
                registry.heartbeat(ProxyFixture.heartbeat("w" + n, worker.port(), new SupportedVersions.Any()));
            }
            var port = proxy.start(connection -> connection.answer(HttpResponse.json(404, "{}")));
            try (var client = RawClient.connect(port).send(RawClient.upgrade("/", ""))) {
                return client.readAll();
            }
        } finally {
            for (var worker : workers) {
                worker.close();
            }
            loops.shutdownGracefully(0, 1, TimeUnit.SECONDS);
        }
    }

    @Test
    void workers_are_tried_within_the_queue_timeout_one_handshake_and_three_seconds() throws Exception {
        // 20 s of waiting, 5 s for a handshake, and 3 s: the fifth ends at 25 s, and a sixth could not end in time.
        var answer = refusalOf(peer -> {
            dialled.incrementAndGet();
            pass(Duration.ofMillis(5_200));
        });

        assertThat(answer).startsWith("HTTP/1.1 503 ").contains("no worker could be reached");
        assertThat(dialled).hasValue(5);
    }

    @Test
    void a_worker_that_is_silent_at_the_clients_deadline_is_not_called_unreachable() throws Exception {
        var loops = transport.newLoops("test", 1);
        var patience = Duration.ofSeconds(60);
        var settings = new DialSettings(patience, patience, List.of());
        var silent = FakeWorker.start(FakeWorker.Peer::readToEnd);
        try (silent;
                var workerDialer = new WorkerDialer(new Dialer(transport), settings, GridSecretSettings.none())) {
            var heartbeat = ProxyFixture.heartbeat("silent", silent.port(), new SupportedVersions.Any());
            var request = new ClientRequest(
                    new SessionIdGenerator(InstantSource.system(), new SecureRandom()).next(),
                    Optional.empty(),
                    Optional.empty(),
                    LaunchOverrides.NONE,
                    List.of(),
                    Optional.empty(),
                    new UpgradeRequest("dGhlIHNhbXBsZSBub25jZQ==", Optional.empty()),
                    Optional.empty(),
                    SessionLabels.NONE,
                    true,
                    RecordingChoice.USUAL);

            var outcome = workerDialer.dial(
                    heartbeat.worker(),
                    heartbeat.endpoint(),
                    request,
                    Tenant.EVERYBODY,
                    Optional.empty(),
                    loops.next(),
                    Duration.ofMillis(100));

            assertThat(outcome).isEqualTo(new WorkerDialer.WorkerDialResult.ClientDeadlinePassed());
        } finally {
            loops.shutdownGracefully(0, 1, TimeUnit.SECONDS);
        }
    }
}
