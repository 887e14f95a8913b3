package dev.greenroom.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.greenroom.config.WorkerSections.DriverSettings;
import dev.greenroom.net.http.HttpResponse;
import dev.greenroom.net.relay.RelayStarter.RelayTotals;
import dev.greenroom.net.server.Transport;
import dev.greenroom.proxy.ProxyServer;
import dev.greenroom.proxy.client.SessionObserver;
import dev.greenroom.registry.Registry.Heartbeat;
import dev.greenroom.registry.Registry.SlotRequest;
import dev.greenroom.registry.WorkerRecord.WorkerStatus;
import dev.greenroom.registry.memory.MemoryRegistry;
import dev.greenroom.session.BrowserType;
import dev.greenroom.session.PlaywrightVersion;
import dev.greenroom.session.PlaywrightVersion.SupportedVersions;
import dev.greenroom.session.SessionId.SessionIdGenerator;
import dev.greenroom.session.WorkerEndpoint;
import dev.greenroom.session.WorkerId;
import dev.greenroom.testkit.FakeNpmRegistry;
import dev.greenroom.testkit.FakeWorker;
import dev.greenroom.testkit.LoggedLines;
import dev.greenroom.testkit.RawClient;
import dev.greenroom.worker.store.DriverSource.DriverResolution;
import dev.greenroom.worker.store.DriverStore;
import io.netty.channel.EventLoopGroup;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// What clients are told while a worker fetches a driver from a slow npm registry.
@Timeout(60)
final class FetchIT {
    private static final Duration PATIENCE = Duration.ofSeconds(3);
    private static final Duration LIMIT = Duration.ofSeconds(10);

    /// For which a proxy waits for the first word of a worker.
    private static final Duration SILENCE = Duration.ofMillis(1_500);

    @TempDir
    private Path folder;

    private final Transport transport = Transport.best();
    private final MemoryRegistry registry =
            new MemoryRegistry(Timing.limits(5, 100), InstantSource.system(), System::nanoTime);
    private FakeNpmRegistry npm;
    private EventLoopGroup loops;
    private DriverStore store;
    private EchoWorker worker;

    @BeforeEach
    void begin() throws Exception {
        npm = FakeNpmRegistry.start().publish("1.52.0").publish("1.40.1");
        loops = transport.newLoops("test", 1);
        var settings = new DriverSettings(
                new SupportedVersions.Any(), folder, Duration.ofSeconds(20), Duration.ofSeconds(10), Optional.empty());
        store = new DriverStore(settings, Map.of("NPM_CONFIG_REGISTRY", npm.url()), InstantSource.system());
        // So that the worker has one to prove itself with.
        assertThat(store.resolve(new PlaywrightVersion(1, 52), Duration.ofSeconds(20)))
                .isInstanceOf(DriverResolution.Stored.class);
        worker = worker(PATIENCE);
        npm.holdBack();
    }

    private EchoWorker worker(Duration patience) throws Exception {
        return EchoWorker.start(Timing.impatientWorker(patience), store, registry, transport, loops);
    }

    @AfterEach
    void end() throws Exception {
        npm.letGo();
        worker.close();
        registry.close();
        loops.shutdownGracefully(0, 1, TimeUnit.SECONDS);
        npm.close();
    }

    private RawClient ask(String version) throws Exception {
        return ask(worker.port(), worker.path(), version);
    }

    private static RawClient ask(int port, String path, String version) throws Exception {
        return RawClient.connect(port)
                .send(RawClient.upgrade(path, "User-Agent: Playwright/" + version + " (x64)\r\n"));
    }

    private ProxyServer proxy() {
        return new ProxyServer(
                Timing.hastyProxy(SILENCE),
                registry,
                new SessionIdGenerator(InstantSource.system(), new SecureRandom()),
                Transport.best(),
                loops,
                System::nanoTime,
                SessionObserver.NONE,
                new RelayTotals());
    }

    /// A worker that takes connections and says nothing. It has served before, so it is tried first.
    private void registerFirst(FakeWorker frozen) {
        registry.heartbeat(new Heartbeat(
                new WorkerId(BrowserType.CHROMIUM, "frozen"),
                "incarnation",
                new WorkerEndpoint("127.0.0.1", frozen.port(), "/playwright/chromium/frozen"),
                WorkerStatus.AVAILABLE,
                Instant.EPOCH,
                new SupportedVersions.Any(),
                5,
                Duration.ofSeconds(20),
                Duration.ofSeconds(60),
                "greenroom/test"));
        var session = new SessionIdGenerator(InstantSource.system(), new SecureRandom()).next();
        registry.acquire(new SlotRequest(session, BrowserType.CHROMIUM, Optional.empty(), Set.of(worker.id())));
        registry.release(List.of(session));
    }

    @Test
    void a_client_that_waits_for_a_driver_is_told_so_and_served_when_it_is_stored() throws Exception {
        try (var client = ask("1.40.1")) {
            assertThat(client.readHead()).startsWith("HTTP/1.1 102 ");
            await().until(() -> npm.downloads() == 2);

            npm.letGo();

            assertThat(client.readHead()).startsWith("HTTP/1.1 101 ");
        }
    }

    @Test
    void a_client_that_waited_too_long_is_told_to_retry_and_the_next_one_is_served() throws Exception {
        try (var client = ask("1.40.1")) {
            assertThat(client.readHead()).startsWith("HTTP/1.1 102 ");
            assertThat(client.readHead()).startsWith("HTTP/1.1 503 ").containsIgnoringCase("\r\nRetry-After: ");
        }

        npm.letGo();

        try (var next = ask("1.40.1")) {
            assertThat(next.readHead()).startsWith("HTTP/1.1 102 ");
            assertThat(next.readHead()).startsWith("HTTP/1.1 101 ");
        }
        assertThat(npm.downloads()).as("of both versions together").isEqualTo(2);
    }

    @Test
    void a_client_of_an_unavailable_version_is_told_the_available_ones() throws Exception {
        try (var client = ask("1.41.0")) {
            assertThat(client.readHead()).startsWith("HTTP/1.1 102 ");
            assertThat(client.readHead()).startsWith("HTTP/1.1 428 ");
            assertThat(client.readAll()).contains("1.41", "1.52");
        }
    }

    @Test
    void a_client_does_not_notice_a_slow_preparation_and_a_frozen_worker_is_detected() throws Exception {
        try (var log = LoggedLines.of("dev.greenroom.proxy.SessionRunner");
                var frozen = FakeWorker.start(FakeWorker.Peer::readToEnd);
                var proxy = proxy()) {
            worker.close();
            worker = worker(LIMIT);
            registerFirst(frozen);
            var port = proxy.start(connection -> connection.answer(HttpResponse.json(404, "{}")));

            try (var client = ask(port, "/", "1.40.1")) {
                await().atMost(LIMIT).until(() -> npm.downloads() == 2);
                await().pollDelay(SILENCE.plusMillis(500)).until(() -> true); // longer than a frozen worker gets
                npm.letGo();

                assertThat(client.readHead()).startsWith("HTTP/1.1 101 ");
            }
            assertThat(frozen.headsWaiting()).isEqualTo(1);
            assertThat(log.withCode("WORKER_UNREACHABLE"))
                    .singleElement()
                    .asString()
                    .contains("chromium:frozen");
        }
    }

    @Test
    void a_client_gets_only_the_refusal_after_the_worker_reported_a_preparation() throws Exception {
        try (var proxy = proxy()) {
            var port = proxy.start(connection -> connection.answer(HttpResponse.json(404, "{}")));

            try (var client = ask(port, "/", "1.41.0")) {
                assertThat(client.readHead()).startsWith("HTTP/1.1 428 ");
                assertThat(client.readAll()).contains("1.41", "1.52");
            }
        }
    }
}
