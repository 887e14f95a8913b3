package dev.greenroom.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.greenroom.config.DriverSettings;
import dev.greenroom.registry.memory.MemoryRegistry;
import dev.greenroom.session.PlaywrightVersion;
import dev.greenroom.session.VersionOffer;
import dev.greenroom.testkit.FakeNpmRegistry;
import dev.greenroom.testkit.RawClient;
import dev.greenroom.wire.Transport;
import dev.greenroom.worker.driver.DriverStore;
import dev.greenroom.worker.driver.Resolution;
import io.netty.channel.EventLoopGroup;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// What a worker tells who waits for a driver that it has to fetch: here the npm registry is slow.
@Timeout(60)
final class FetchIT {
    private static final Duration PATIENCE = Duration.ofSeconds(3);

    @TempDir
    private Path folder;

    private final Transport transport = Transport.best();
    private final MemoryRegistry registry =
            new MemoryRegistry(Timing.limits(5, 100), InstantSource.system(), System::nanoTime);
    private FakeNpmRegistry npm;
    private EventLoopGroup loops;
    private EchoWorker worker;

    @BeforeEach
    void begin() throws Exception {
        npm = FakeNpmRegistry.start().publish("1.52.0").publish("1.40.1");
        loops = transport.newLoops("test", 1);
        var settings = new DriverSettings(new VersionOffer.Any(), folder, Duration.ofSeconds(20));
        var store = new DriverStore(settings, Map.of("NPM_CONFIG_REGISTRY", npm.url()), InstantSource.system());
        // So that the worker has one to prove itself with.
        assertThat(store.resolve(new PlaywrightVersion(1, 52), Duration.ofSeconds(20)))
                .isInstanceOf(Resolution.Stored.class);
        worker = EchoWorker.start(Timing.impatientWorker(PATIENCE), store, registry, transport, loops);
        npm.holdBack();
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
        return RawClient.connect(worker.port())
                .send(RawClient.upgrade(worker.path(), "User-Agent: Playwright/" + version + " (x64)\r\n"));
    }

    @Test
    void who_waits_for_a_driver_hears_that_it_is_on_its_way_and_is_served_when_it_is_there() throws Exception {
        try (var client = ask("1.40.1")) {
            assertThat(client.readHead()).startsWith("HTTP/1.1 102 ");
            await().until(() -> npm.downloads() == 2);

            npm.letGo();

            assertThat(client.readHead()).startsWith("HTTP/1.1 101 ");
        }
    }

    @Test
    void who_waited_long_enough_is_told_to_try_again_and_the_next_one_is_served() throws Exception {
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
    void who_asks_for_a_driver_that_is_not_to_be_had_is_told_which_ones_are() throws Exception {
        try (var client = ask("1.41.0")) {
            assertThat(client.readHead()).startsWith("HTTP/1.1 102 ");
            assertThat(client.readHead()).startsWith("HTTP/1.1 428 ");
            assertThat(client.readAll()).contains("1.41", "1.52");
        }
    }
}
